"""What the environment of a run is: Python and the packages that decide its results."""

from __future__ import annotations

import hashlib
import platform
from functools import cache
from importlib import metadata

DECIDING = (
    "catboost", "duckdb", "feast", "jax", "keras", "lightgbm", "mlflow", "numpy", "onnxruntime",
    "pandas", "polars", "pyarrow", "scikit-learn", "scipy", "statsmodels", "tensorflow", "torch",
    "transformers", "xgboost",
)  # fmt: skip
"""Distributions whose versions are told apart; looking them up takes some milliseconds, once."""


@cache
def environment_tags() -> dict[str, str]:
    """Python's version, the deciding packages as `name=version ...`, and a digest over both."""
    python = platform.python_version()
    packages = " ".join(f"{name}={found}" for name in DECIDING if (found := _version(name)))
    digest = hashlib.sha256(f"python={python} {packages}".encode()).hexdigest()
    return {
        "octavo.environment.python": python,
        "octavo.environment.packages": packages,
        "octavo.environment.sha256": digest,
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""
