"""Reads what an MLflow model's folder says of the model, without loading it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from octavo_scorer.contract import Contract, read_contract
from octavo_scorer.errors import Unavailable


def read_description(folder: Path) -> dict[str, Any]:
    """Return the MLmodel file. Raises Unavailable when there is none that can be read."""
    try:
        described = yaml.safe_load((folder / "MLmodel").read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise Unavailable(
            f"{folder} holds no MLflow model: {str(error)[:200]}.", "Deploy again."
        ) from error
    if not isinstance(described, dict):
        raise Unavailable(f"{folder}/MLmodel describes nothing.", "Deploy again.")
    return described


def read_model_contract(folder: Path, max_rows: int) -> Contract:
    """Return what the model in ``folder`` accepts. Raises Unavailable."""
    return read_contract(read_description(folder).get("signature"), max_rows)
