"""Makes a model's ONNX form where that answers as the model does; prints one JSON object.

Runs code of the model's author: only ever started under a lent account, without secrets.
`python -m octavo_server.adapters.model_onnx_child FOLDER TARGET`.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo_server.adapters import onnx_rows
from octavo_server.adapters.onnx_comparison import (
    ABSOLUTE,
    RELATIVE,
    Differs,
    Match,
    OnnxForm,
    Predict,
    compare,
    speedup,
)
from octavo_server.adapters.onnx_conversion import Form, NotConvertible, sklearn_forms, torch_form

REFUSALS = (NotConvertible, Differs, onnx_rows.NoRows)


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A model as its flavor gives it."""

    model: Any
    """The object itself."""
    predict: Predict
    """Predicts as the scorer would."""
    method: str
    """Which of its methods that is."""
    inputs: list[dict[str, Any]]
    """The signature's inputs."""
    example: Any
    """The input example."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """A form that answers as its model."""

    form: Form
    """The form."""
    match: Match
    """How close it comes."""
    nulls: list[str]
    """Columns whose missing values it was seen to treat the same."""
    speedup: float
    """How many times faster it answers one row."""


def convert(folder: Path, work: Path) -> Made:
    """Return a form that matches. Raises one of REFUSALS, or whatever the model's code raises."""
    import mlflow.pyfunc
    from mlflow.models import Model

    described = Model.load(str(folder))
    signature = described.signature
    if signature is None or signature.params:
        raise NotConvertible("the signature is missing or takes parameters")
    flavors = described.flavors
    inputs = json.loads(signature.to_dict()["inputs"] or "[]")
    load = mlflow.pyfunc.load_model(str(folder))
    loaded = Loaded(
        model=_native(flavors, folder),
        predict=load.predict,
        method=flavors["python_function"].get("predict_fn", "predict"),
        inputs=inputs,
        example=described.load_input_example(str(folder)),
    )
    if "pytorch" in flavors:
        return _torch(loaded, work)
    return _sklearn(loaded)


def _native(flavors: dict[str, Any], folder: Path) -> Any:
    import mlflow

    if "sklearn" in flavors:
        return mlflow.sklearn.load_model(str(folder))
    if "pytorch" in flavors:
        return _torch_module(flavors["pytorch"], folder)
    raise NotConvertible(
        f"only scikit-learn and torch models are converted, not {', '.join(sorted(flavors))[:200]}"
    )


def _torch_module(flavor: dict[str, Any], folder: Path) -> Any:
    """Return the module, or the exported program, whose module can't be converted any more."""
    import mlflow
    import torch

    exported = folder / str(flavor.get("model_data")) / "model.pt2"
    if exported.is_file():
        return torch.export.load(exported)
    return mlflow.pytorch.load_model(str(folder), map_location="cpu")


def _sklearn(loaded: Loaded) -> Made:
    columns = onnx_rows.columns_of(loaded.inputs)
    example = onnx_rows.typed(loaded.example, columns)
    beyond = onnx_rows.drawn(example, columns)
    why: Exception | None = None
    for attempt in sklearn_forms(loaded.model, loaded.method, columns):
        try:
            form = attempt()
            session = OnnxForm(form)
            matches = [compare(rows, loaded.predict, session) for rows in (example, beyond)]
        except Exception as error:  # noqa: BLE001 - the converter raises what it likes; the next way may do
            why = error
            continue
        return Made(
            form=form,
            match=_worst(matches),
            nulls=_nulls(example, columns, loaded.predict, session),
            speedup=speedup(example.head(1), loaded.predict, session),
        )
    raise why or NotConvertible("there is no way to convert it")


def _torch(loaded: Loaded, work: Path) -> Made:
    spec = loaded.inputs[0] if len(loaded.inputs) == 1 else {}
    tensor = spec.get("tensor-spec")
    if not tensor:
        raise NotConvertible("a torch model is converted where its signature is one tensor")
    dtype = str(tensor["dtype"])
    rows = onnx_rows.tensors(tensor["shape"], dtype)
    form = torch_form(loaded.model, rows[:2], dtype, work)
    session = OnnxForm(form)
    # One row for itself too: an export may have taken the number of rows for a fact.
    given = (loaded.example, rows, rows[:1])
    matches = [compare(one, loaded.predict, session) for one in given]
    return Made(
        form=form,
        match=_worst(matches),
        nulls=[],
        speedup=speedup(rows[:1], loaded.predict, session),
    )


def _nulls(
    example: Any, columns: Sequence[onnx_rows.ColumnKind], model: Predict, form: OnnxForm
) -> list[str]:
    """Return the columns of real numbers whose missing values both treat the same."""
    found = []
    for one in columns:
        if one.type in onnx_rows.REAL:
            try:
                compare(onnx_rows.without(example, one.name), model, form)
            except Exception:  # noqa: BLE001, S112 - a model that takes no missing value says so in its way
                continue
            found.append(one.name)
    return found


def _worst(matches: Sequence[Match]) -> Match:
    first = matches[0]
    return Match(
        rows=sum(one.rows for one in matches),
        difference=max(one.difference for one in matches),
        answer=first.answer,
        type=first.type,
    )


def write(made: Made, target: Path) -> None:
    """Write the form and what says how to feed it."""
    target.mkdir(mode=0o700)
    (target / "model.onnx").write_bytes(made.form.content)
    contract = {
        "format": 1,
        "inputs": made.form.inputs,
        "output": {
            "name": made.form.output,
            "answer": made.match.answer,
            "type": made.match.type,
        },
        "nulls": made.nulls,
        "tolerance": {"absolute": ABSOLUTE, "relative": RELATIVE},
    }
    (target / "contract.json").write_text(json.dumps(contract, indent=1) + "\n", "utf-8")


def said_of(made: Made) -> dict[str, Any]:
    """Return what the service is told."""
    return {
        "ok": True,
        "rows": made.match.rows,
        "max_difference": float(made.match.difference),
        "speedup": made.speedup,
        "detail": f"{made.match.rows} rows, the example's and drawn ones, differ by at most "
        f"{made.match.difference:.2g}; one row is {made.speedup:g} times as fast.",
    }


def main() -> None:
    """Convert the model in the folder that the command line names."""
    # What the model's own code prints must not be taken for the answer.
    answer_to = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    folder, target = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        made = convert(folder, target.parent)
        write(made, target)
        said = said_of(made)
    except REFUSALS as error:
        said = {"ok": False, "detail": f"It stays as it is: {error}."[:1_500]}
    except Exception as error:  # noqa: BLE001 - a model may raise anything; all of it means: stays
        words = f"It stays as it is: {type(error).__name__}: {error}"
        said = {"ok": False, "detail": words[:1_500]}
    answer_to.write(json.dumps(said) + "\n")
    answer_to.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
