"""The template's notebooks run for real, against the loaded project and an own tracking store."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.integration.features.conftest import Loaded
from tests.support.flights import TEMPLATE

pytestmark = pytest.mark.timeout(400)  # several notebooks, each with its own kernel

ROWS = 30_000
RUN = """
import json, sys
import papermill
papermill.execute_notebook(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), progress_bar=False)
"""
LOOK = """
import json, mlflow
from mlflow import MlflowClient
client = MlflowClient()
[experiment] = client.search_experiments(filter_string="name = 'flights/late-arrivals'")
found = {}
for run in client.search_runs([experiment.experiment_id]):
    [output] = run.outputs.model_outputs
    model = client.get_logged_model(output.model_id)
    version = mlflow.register_model(model.model_uri, "flights.late").version
    loaded = mlflow.pyfunc.load_model(f"models:/flights.late/{version}")
    baseline = mlflow.artifacts.load_dict(f"{run.info.artifact_uri}/baseline.json")
    example = loaded.input_example
    found[run.data.tags["candidate"]] = {
        "version": int(version),
        "metrics": run.data.metrics,
        "snapshot": run.data.tags["octavo.feature_snapshot"],
        "inputs": [[one.name, one.type.name] for one in loaded.metadata.get_input_schema()],
        "example": len(loaded.predict(example)),
        "baseline": {"features": list(baseline["features"]), "source": baseline["source"],
                     "rows": baseline["rows"], "scores": baseline["scores"]["rows"]},
    }
print(json.dumps(found))
"""


@dataclass(frozen=True)
class Desk:
    """A working folder with its own MLflow store, on the loaded project."""

    folder: Path
    loaded: Loaded

    def python(self, code: str, *given: str) -> str:
        kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
        environment = {
            **kept,
            "HOME": str(self.folder),
            "IPYTHONDIR": str(self.folder / ".ipython"),
            "OMP_NUM_THREADS": "1",
            "MPLBACKEND": "agg",
            "MLFLOW_TRACKING_URI": f"sqlite:///{self.folder / 'mlflow.sqlite'}",
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "OCTAVO_PROJECT": "flights",
            "OCTAVO_LAKE": str(self.loaded.home / "lake"),
            "OCTAVO_FEATURES": str(self.loaded.home / "features"),
        }
        argv = [sys.executable, "-W", "ignore", "-c", code, *given]
        done = subprocess.run(
            argv, cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-4000:]
        return done.stdout

    def run(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Execute a notebook of the template here and return its output notebook."""
        out = self.folder / f"out-{name}"
        shutil.copyfile(TEMPLATE / name, self.folder / name)
        self.python(RUN, name, str(out), json.dumps(parameters))
        read: dict[str, Any] = json.loads(out.read_text())
        return read


@pytest.fixture(scope="module")
def desk(loaded: Loaded, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk(tmp_path_factory.mktemp("desk"), loaded)


@pytest.fixture(scope="module")
def trained(desk: Desk) -> dict[str, Any]:
    """Train both candidates on a part of the flights, and register them."""
    desk.run("train.ipynb", train_rows=ROWS, epochs=4)
    found: dict[str, Any] = json.loads(desk.python(LOOK).splitlines()[-1])
    return found


def texts(notebook: dict[str, Any]) -> list[str]:
    return [
        "".join(output.get("text", output.get("data", {}).get("text/plain", "")))
        for cell in notebook["cells"]
        for output in cell.get("outputs", [])
    ]


def test_the_features_notebook_catches_its_planted_leak(desk: Desk) -> None:
    said = "\n".join(texts(desk.run("features.ipynb")))
    assert "no leak in" in said
    assert "outcomes more than were known by then" in said


def test_both_candidates_beat_the_base_rate(trained: dict[str, Any]) -> None:
    assert set(trained) == {"gradient boosting", "neural network"}
    for one in trained.values():
        metrics = one["metrics"]
        assert metrics["auc"] > 0.65
        assert metrics["log_loss"] < metrics["base_rate_log_loss"]
        assert metrics["brier"] < metrics["base_rate_brier"]
        assert metrics["pr_auc"] > metrics["base_rate_pr_auc"]
        # A forecast this good on June would mean that it had seen what happened.
        assert metrics["auc"] < 0.9


def test_a_model_takes_what_the_template_says(trained: dict[str, Any]) -> None:
    document = yaml.safe_load((TEMPLATE / "template.yaml").read_text())
    promised = [[one["name"], one["type"]] for one in document["model"]["inputs"]]
    for one in trained.values():
        assert one["inputs"] == promised
        assert one["example"] == 3


def test_a_run_names_its_snapshot_and_its_baseline(trained: dict[str, Any], desk: Desk) -> None:
    current = desk.loaded.platform.services.features.catalog.snapshot("flights").id
    for one in trained.values():
        assert one["snapshot"] == current
        assert one["baseline"]["features"] == [name for name, _ in one["inputs"]]
        assert one["baseline"]["rows"] == one["baseline"]["scores"] == ROWS
        place = desk.loaded.home / "lake" / one["baseline"]["source"]["path"]
        assert (place / "month=2013-12").is_dir()


def test_scoring_a_day_twice_gives_the_same_bytes(trained: dict[str, Any], desk: Desk) -> None:
    """On the day of the clock change, whose 23 hours are not a calendar day in UTC."""
    given = {"day": "2013-03-10", "model": f"models:/flights.late/{version_of(trained)}"}
    first = desk.run("score.ipynb", **given)
    scores = (desk.folder / "scores.parquet").read_bytes()
    again = desk.run("score.ipynb", **given)
    assert (desk.folder / "scores.parquet").read_bytes() == scores
    assert [cell.get("outputs") for cell in first["cells"]] == [
        cell.get("outputs") for cell in again["cells"]
    ]
    summary = json.loads((desk.folder / "summary.json").read_text())
    assert (summary["day"], summary["flights"]) == ("2013-03-10", 908)
    assert 0 < summary["mean_score"] < 1


def version_of(trained: dict[str, Any]) -> int:
    return int(trained["gradient boosting"]["version"])
