"""What the panel of models may see of a kernel, on models in this process."""

from __future__ import annotations

import json
import sys
import types
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import octavo
from octavo import model_kinds, variables

FRAME = pd.DataFrame({"distance": [1.0, 2.0, 3.0, 4.0], "late": [0, 1, 0, 1]})


def look(**names: object) -> dict[str, Any]:
    seen = variables.look("{}", names)
    assert json.dumps(seen.said, allow_nan=False)
    return seen.said


def test_a_fitted_pipeline_tells_its_inputs_and_the_frames_that_have_them() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(FRAME[["distance"]], FRAME["late"])
    seen = look(model=model, X=FRAME[["distance"]], whole=FRAME, other=FRAME[["late"]])
    assert seen["models"] == [
        {
            "name": "model",
            "library": "sklearn",
            "kind": "Pipeline · LogisticRegression",
            "fitted": True,
            "training": False,
            "parameters": None,
            "width": 1,
            "inputs": ["distance"],
            "frames": ["whole", "X"],
        }
    ]
    assert [(one["name"], one["columns"]) for one in seen["frames"]] == [
        ("whole", ["distance", "late"]),
        ("X", ["distance"]),
        ("other", ["late"]),
    ]


def test_a_model_that_is_not_fitted_is_told_as_such() -> None:
    seen = look(a=LinearRegression(), b=make_pipeline(StandardScaler(), KMeans()))
    assert [(one["name"], one["fitted"]) for one in seen["models"]] == [("a", False), ("b", False)]


def test_what_estimates_nothing_or_has_no_name_of_its_own_is_no_model() -> None:
    scaler = StandardScaler().fit(FRAME)
    names = {"_hidden": LinearRegression(), "no name": LinearRegression()}
    seen = look(scaler=scaler, steps=make_pipeline(scaler), kind=LinearRegression, n=3, **names)
    assert seen["models"] == []


def test_a_model_fitted_on_arrays_fits_a_frame_of_its_width() -> None:
    model = LinearRegression().fit(np.zeros((3, 2)), np.zeros(3))
    seen = look(model=model, two=FRAME, one=FRAME[["late"]])
    assert (seen["models"][0]["inputs"], seen["models"][0]["frames"]) == ([], ["two"])


def test_no_code_of_a_model_runs() -> None:
    class Trap(LinearRegression):  # type: ignore[misc]  # scikit-learn has no types
        def __getattribute__(self, name: str) -> object:
            raise AssertionError(f"{name} was asked for")

        def __bool__(self) -> bool:
            raise AssertionError("its truth was asked for")

    assert look(trap=Trap())["models"][0]["kind"] == "Trap"


def test_models_beyond_the_limit_are_counted() -> None:
    seen = look(**{f"m{n:03}": LinearRegression() for n in range(variables.MOST_MODELS + 2)})
    assert (len(seen["models"]), seen["left_out"]) == (variables.MOST_MODELS, 2)


def test_a_frame_that_can_t_be_read_is_told_with_its_reason() -> None:
    def gone(_frame: object) -> None:
        raise RuntimeError("gone")

    broken = type("Broken", (pd.DataFrame,), {"index": property(gone)})

    seen = look(model=LinearRegression().fit(FRAME[["late"]], FRAME["late"]), broken=broken())
    assert seen["frames"][0]["problem"] == "It can't be read: RuntimeError: gone"
    assert seen["models"][0]["frames"] == []


class Registering(types.ModuleType):
    """Stands where the module is that logs models: MLflow takes seconds to import."""

    def __init__(self, answer: object) -> None:
        super().__init__("octavo.registering")
        self.answer = answer
        self.asked: list[dict[str, Any]] = []

    def log(self, model: object, **asked: Any) -> object:
        self.asked.append({"model": model, **asked})
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def registering(monkeypatch: pytest.MonkeyPatch) -> Registering:
    logged = types.SimpleNamespace(run_id="a" * 32, model_id="m-1", experiment="late")
    fake = Registering(logged)
    monkeypatch.setitem(sys.modules, "octavo.registering", fake)
    monkeypatch.setattr(octavo, "registering", fake, raising=False)
    return fake


def log(
    model: str, frame: str | None, /, target: str | None = None, **names: object
) -> dict[str, Any]:
    asked = {"model": model, "frame": frame, "target": target, "name": "late"}
    seen = variables.log(json.dumps(asked), names)
    assert json.dumps(seen.said, allow_nan=False)
    return seen.said


def test_a_model_is_logged_with_the_frame_that_was_picked(registering: Registering) -> None:
    model = LinearRegression()
    told = log("model", "X", target="late", model=model, X=FRAME)
    assert told == {"run_id": "a" * 32, "model_id": "m-1", "experiment": "late"}
    [asked] = registering.asked
    assert asked["model"] is model
    assert asked["frame"] is FRAME
    assert (asked["name"], asked["target"]) == ("late", "late")


def test_a_model_or_a_frame_that_is_gone_is_said_and_nothing_logged(
    registering: Registering,
) -> None:
    assert log("model", None, model="text") == {"refused": "gone", "what": "model"}
    gone = log("model", "X", model=LinearRegression(), X=[1])
    assert gone == {"refused": "frame_gone", "what": "X"}
    assert registering.asked == []


def test_why_a_model_could_not_be_logged_is_said_with_what_to_do(registering: Registering) -> None:
    class NoTracking(RuntimeError):
        message = "MLflow does not answer."
        remedy = "Try again."

    registering.answer = NoTracking()
    told = log("model", None, model=LinearRegression())
    assert told == {"refused": "failed", "what": "MLflow does not answer.", "remedy": "Try again."}
    registering.answer = ValueError("x" * 5_000)
    assert len(log("model", None, model=LinearRegression())["what"]) == variables.LONGEST_FAULT


def _fake_torch(monkeypatch: pytest.MonkeyPatch) -> type:
    """Put a library with torch's shape where torch would be: importing torch takes seconds."""

    class Module:
        def __init__(self, *below: Module) -> None:
            self.training = True
            self._modules = {str(place): one for place, one in enumerate(below)}
            self._parameters = {"weight": Tensor()}

        def __len__(self) -> int:
            raise AssertionError("its length was asked for")

    class Tensor:
        def numel(self) -> int:
            return 10

    Tensor.__module__ = "torch"
    nn = types.ModuleType("torch.nn")
    nn.Module = Module  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "torch.nn", nn)
    return Module


def test_a_torch_module_tells_its_learned_numbers_and_its_mode(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = _fake_torch(monkeypatch)
    shared = module()
    held = model_kinds.held_in(module(shared, shared))
    assert held is not None
    assert (held.library, held.parameters, held.training) == ("torch", 20, True)
