"""Models of torch, and estimators on a plain table, get an ONNX form when they are registered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.tracking import Governed, stock_client

MODELS = "/projects/flights/models"

LOG = """
import numpy as np, torch
from torch import nn
torch.manual_seed(1)
mlflow.set_experiment("flights/forms")
rows = np.random.default_rng(1).standard_normal((5, 4)).astype("float32")

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 2))
    def forward(self, rows):
        return torch.softmax(self.layers(rows), dim=1)

class Pair(nn.Module):
    def forward(self, rows):
        return torch.where(rows.sum() > 0, rows * 2, rows * 3)

made = {}
for name, net, form in (
    ("exported", Net(), "pt2"), ("pickled", Net(), "pickle"), ("crowd", Pair(), "pt2")):
    net.eval()
    with torch.no_grad():
        answers = net(torch.from_numpy(rows)).numpy()
    with mlflow.start_run(run_name=name) as run:
        mlflow.pytorch.log_model(
            net, name=name, input_example=rows, serialization_format=form,
            signature=mlflow.models.infer_signature(rows, answers),
            pip_requirements=[f"torch=={torch.__version__}"])
    made[name] = run.info.run_id
print(json.dumps(made))
"""


@pytest.fixture(scope="module")
def logged(governed: Governed) -> dict[str, str]:
    """Log torch modules, each in a run."""
    found: dict[str, str] = stock_client(governed.tracking, "scientist", LOG)
    return found


def _registered(governed: Governed, name: str, run: str) -> Any:
    answer = governed.platform.call(
        "scientist", "POST", f"{MODELS}/{name}/versions", json={"run_id": run}
    )
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize(("name", "scan"), [("exported", "clean"), ("pickled", "notes")])
def test_a_torch_module_gets_a_form_that_answers_the_same(
    governed: Governed, logged: dict[str, str], tmp_path: Path, name: str, scan: str
) -> None:
    made = _registered(governed, name, logged[name])
    assert (made["version"]["scan"], made["version"]["prediction"]) == (scan, "passed")
    assert made["conversion"]["outcome"] == "converted", made["conversion"]
    (form,) = made["derived"]
    assert form["max_difference"] < 1e-5
    assert form["rows"] == 5 + 16 + 1
    services = governed.platform.services
    fetched = services.registry.versions.fetch("flights", name, 1, tmp_path)
    assert "octavo-onnx/model.onnx" in fetched
    contract = json.loads((tmp_path / "octavo-onnx" / "contract.json").read_text())
    assert [(one["shape"], one["column"]) for one in contract["inputs"]] == [([None, 4], None)]


def test_a_module_whose_rows_change_each_other_is_served_all_the_same(
    governed: Governed, logged: dict[str, str]
) -> None:
    made = _registered(governed, "crowd", logged["crowd"])
    assert made["version"]["prediction"] == "passed"
    assert made["conversion"]["detail"]
