"""Makes ONNX forms of scikit-learn and torch models; imported by the sandbox's child alone.

It is told nothing about what matches: every form that comes out of here is compared with the model
before anybody uses it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo_server.adapters.onnx_rows import REAL, WHOLE, ColumnKind

OPSET = 17
"""Version of ONNX's operators that is written; every runtime since 2022 reads it.

What torch.export made is written in the version that its converter knows, 20 at the time.
"""
ANSWERS = {"predict": 0, "predict_proba": 1}
"""Method of a classifier -> position of what it answers among the converter's outputs."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """One try at an ONNX form."""

    content: bytes
    """The ONNX file."""
    inputs: list[dict[str, Any]]
    """Name, type, and shape of each input, and the column that feeds it."""
    output: str
    """Name of the output that answers."""


class NotConvertible(ValueError):
    """There is no way to an ONNX form; the message says why."""


def sklearn_forms(
    model: Any, method: str, columns: Sequence[ColumnKind]
) -> Iterator[Callable[[], Form]]:
    """Give the ways to a form, the likeliest first. Raises NotConvertible for a method of none.

    Numbers are tried as 32-bit floats: trees that were trained on 64 bits compare as exactly
    with them, while the converter's 64-bit trees take other turns.  An estimator that takes the
    table as one matrix is given its columns side by side.
    """
    if method not in ANSWERS:
        raise NotConvertible(f"the model answers with {method}, which has no ONNX form")
    floats = {one.name: _kind(one, "float32") for one in columns}
    if any(one.type in WHOLE for one in columns):
        kinds = {one.name: _kind(one, "int64") for one in columns}
        yield lambda: _convert_sklearn(model, method, kinds)
    yield lambda: _convert_sklearn(model, method, floats)
    if len(columns) > 1 and set(floats.values()) == {"float32"}:
        yield lambda: _convert_sklearn(_on_columns(model), method, floats)


def _on_columns(model: Any) -> Any:
    """Return the model behind a step that puts columns side by side."""
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import FunctionTransformer

    return Pipeline([("columns", FunctionTransformer()), ("model", model)])


def _kind(column: ColumnKind, whole: str) -> str:
    if column.type in REAL:
        return "float32"
    if column.type in WHOLE:
        return whole
    return {"string": "string", "boolean": "bool"}[column.type]


def _convert_sklearn(model: Any, method: str, kinds: Mapping[str, str]) -> Form:
    import skl2onnx
    from skl2onnx.common.data_types import (
        BooleanTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
    )
    from sklearn.base import is_classifier

    types = {
        "float32": FloatTensorType,
        "int64": Int64TensorType,
        "string": StringTensorType,
        "bool": BooleanTensorType,
    }
    _mend_converter()
    classifier = is_classifier(model)
    if method == "predict_proba" and not classifier:
        raise NotConvertible("the model answers with predict_proba and is no classifier")
    made = skl2onnx.convert_sklearn(
        model,
        initial_types=[(name, types[kind]([None, 1])) for name, kind in kinds.items()],
        options={"zipmap": False} if classifier else None,
        target_opset=OPSET,
    )
    outputs = [one.name for one in made.graph.output]
    fed = {one.name for one in made.graph.input}
    return Form(
        content=made.SerializeToString(),
        inputs=[
            {"name": name, "type": kind, "shape": [None, 1], "column": name}
            for name, kind in kinds.items()
            if name in fed
        ],
        output=outputs[ANSWERS[method] if classifier else 0],
    )


def _mend_converter() -> None:
    """Let the converter write true and false as the numbers that onnx takes.

    skl2onnx 1.20 puts booleans into lists of whole numbers, which onnx 1.23 refuses.
    """
    from skl2onnx.common import _container

    make = _container.make_node
    if getattr(make, "takes_booleans", False):
        return

    def make_node(*given: Any, **attributes: Any) -> Any:
        return make(*given, **{name: _numbers(value) for name, value in attributes.items()})

    make_node.__dict__["takes_booleans"] = True
    _container.make_node = make_node


def _numbers(value: Any) -> Any:
    if isinstance(value, list | tuple) and any(isinstance(one, bool) for one in value):
        return [int(one) if isinstance(one, bool) else one for one in value]
    return value


def torch_form(model: Any, rows: Any, dtype: str, folder: Path) -> Form:
    """Return the form of a torch module, or of an exported one, that takes one tensor of rows."""
    import torch

    given = (torch.from_numpy(rows),)
    if isinstance(model, torch.export.ExportedProgram):
        content = _of_exported(model, given)
    else:
        content = _of_module(model, given, folder / "try.onnx")
    shape = [None, *rows.shape[1:]]
    return Form(
        content=content,
        inputs=[{"name": "rows", "type": dtype, "shape": shape, "column": None}],
        output="answers",
    )


def _of_exported(program: Any, given: tuple[Any, ...]) -> bytes:
    """Return the form of what torch.export made: MLflow's default; it has no pickle in it."""
    import torch

    made = torch.onnx.export(
        program,
        given,
        input_names=["rows"],
        output_names=["answers"],
        dynamo=True,
        external_data=False,
        verbose=False,
    )
    if made is None:
        raise NotConvertible("torch's converter gave nothing")
    content: bytes = made.model_proto.SerializeToString()
    return content


def _of_module(model: Any, given: tuple[Any, ...], path: Path) -> bytes:
    """Return the form of a module that was pickled."""
    import torch

    model.eval()
    with torch.no_grad():
        torch.onnx.export(
            model,
            given,
            str(path),
            input_names=["rows"],
            output_names=["answers"],
            dynamic_axes={"rows": {0: "n"}, "answers": {0: "n"}},
            opset_version=OPSET,
            dynamo=False,
        )
    content = path.read_bytes()
    path.unlink()
    return content
