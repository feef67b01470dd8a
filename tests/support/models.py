"""Real models for tests, logged by mlflow in a child process, and a catalog that serves them.

- ``make_models``: writes ``good`` (logistic regression on two numbers and a text), ``better``
  (another seed), ``labels`` (no probabilities), ``broken`` (raises on every row), ``exits`` (ends
  its process on a row with number 13), ``unsigned`` (no signature) and ``tensor`` into a folder.
- ``FolderCatalog``: a catalog over such folders; ``spoil`` changes a byte after "registration",
  ``away`` makes it unreachable.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from octavo_scorer.manifest import file_digest
from octavo_server.deployments.rollouts.domain import DeployableModel
from octavo_server.deployments.rollouts.ports import ScorerResources
from octavo_server.errors import NotFound, Unavailable
from octavo_server.identity import Caller

MAKER = """
import os, sys, pathlib, warnings
warnings.simplefilter("ignore")
import mlflow, numpy as np, pandas as pd
from mlflow.models import infer_signature
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

folder = pathlib.Path(sys.argv[1])
PINNED = ["mlflow", "scikit-learn"]  # else mlflow loads each model once more to find out
random = np.random.default_rng(7)
frame = pd.DataFrame({
    "delay": random.normal(10, 30, 400),
    "hour": random.integers(5, 23, 400).astype("int64"),
    "carrier": random.choice(["UA", "AA", "B6"], 400),
})
late = (frame["delay"] + random.normal(0, 10, 400) > 15).astype("int64")

def fitted(share):
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), ["carrier"]), remainder="passthrough")
    return make_pipeline(columns, LogisticRegression(C=share, max_iter=2000)).fit(frame, late)

def save(name, model, function="predict_proba"):
    output = getattr(model, function)(frame)
    mlflow.sklearn.save_model(
        model, folder / name, signature=infer_signature(frame, output),
        input_example=frame.head(2), pyfunc_predict_fn=function, serialization_format="pickle",
        pip_requirements=PINNED)

save("good", fitted(1.0))
save("better", fitted(0.01))
save("labels", fitted(1.0), "predict")
mlflow.sklearn.save_model(
    fitted(1.0), folder / "unsigned", pyfunc_predict_fn="predict_proba",
    serialization_format="pickle", pip_requirements=PINNED)

class Raises(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        raise RuntimeError("the sky is falling")

class Exits(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        if (model_input["hour"] == 13).any():
            os._exit(9)
        return np.full(len(model_input), 0.5)

class Tensor(mlflow.pyfunc.PythonModel):
    def predict(self, context, model_input, params=None):
        return np.asarray(model_input).sum(axis=1)

for name, model in (("broken", Raises()), ("exits", Exits())):
    mlflow.pyfunc.save_model(
        folder / name, python_model=model, signature=infer_signature(frame, np.zeros(3)),
        pip_requirements=PINNED)
numbers = np.zeros((2, 3), dtype="float32")
mlflow.pyfunc.save_model(
    folder / "tensor", python_model=Tensor(), signature=infer_signature(numbers, np.zeros(2)),
    pip_requirements=PINNED)
"""
ROW = {"delay": 40.0, "hour": 18, "carrier": "UA"}
"""A row that fits the models with columns."""


def make_models(folder: Path) -> Path:
    """Write the models into ``folder`` and return it."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "MLFLOW_TRACKING_URI": f"file://{folder}/no",
    }
    done = subprocess.run(
        [sys.executable, "-c", MAKER, str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Return path -> SHA-256 of all files of a model."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


class FolderCatalog:
    """Registered versions as folders: ``versions`` maps (model, version) to one."""

    def __init__(self, versions: Mapping[tuple[str, int], Path]) -> None:
        self.versions = dict(versions)
        self.signed = True
        self.away = False
        self.aliases: dict[str, int] = {}
        self.unusable_because: tuple[str, ...] = ()
        self.spoil: str | None = None
        self.manifests = {key: digests(folder) for key, folder in versions.items()}

    def describe(self, project: str, name: str, version: int) -> DeployableModel:
        """Return a version as the registry would."""
        if (name, version) not in self.versions:
            raise NotFound(f"There is no version {version} of {name!r}.")
        manifest = json.dumps(self.manifests[name, version], sort_keys=True).encode()
        return DeployableModel(
            name=name,
            version=version,
            digest=hashlib.sha256(manifest).hexdigest(),
            run_id="0" * 32,
            signed=self.signed,
            scan_findings=0,
            signature={"inputs": [{"name": "delay", "type": "double", "required": True}]},
            example=ROW,
        )

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return what an alias names."""
        return self.aliases.get(alias)

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say what the test wants said."""
        return self.unusable_because

    def fetch(self, project: str, name: str, version: int, folder: Path) -> Mapping[str, str]:
        """Copy a version's files and return the manifest as signed."""
        if self.away:
            raise Unavailable("The model store does not answer.", "Try again.")
        shutil.copytree(self.versions[name, version], folder)
        if self.spoil is not None:
            with (folder / self.spoil).open("ab") as stream:
                stream.write(b" ")
        return self.manifests[name, version]


class OneProfile:
    """Knows the profile ``cpu-small`` alone."""

    def resources(self, profile: str) -> ScorerResources | None:
        """Return what a small scorer may use."""
        return ScorerResources(cpus=1, memory_mib=4_096) if profile == "cpu-small" else None

    def refusal(self, project: str) -> str | None:
        """Refuse nothing."""
        return None
