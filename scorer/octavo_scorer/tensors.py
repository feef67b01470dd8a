"""The Open Inference Protocol v2: tensors in, tensors out, and what a model says of itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from octavo_scorer.contract import Contract
from octavo_scorer.errors import Invalid
from octavo_scorer.formats import Batch, by_column, tensor_batch

V2_TYPES = {
    "boolean": ("BOOL",),
    "integer": ("INT32", "INT16", "INT8", "UINT16", "UINT8"),
    "long": ("INT64", "INT32", "INT16", "INT8", "UINT32", "UINT16", "UINT8"),
    "float": ("FP32", "FP16"),
    "double": ("FP64", "FP32", "FP16"),
    "string": ("BYTES",),
    "datetime": ("BYTES",),
    "binary": ("BYTES",),
}
"""Tensor types of the v2 protocol that each column type takes; the first is the exact one."""
V2_DTYPES = {"float32": "FP32", "float64": "FP64", "int64": "INT64", "int32": "INT32"}


def read_v2(contract: Contract, document: Mapping[str, Any]) -> Batch:
    """Return the checked rows of a v2 inference request: one tensor a column, or one in all."""
    tensors = document.get("inputs")
    if not isinstance(tensors, list) or not all(isinstance(one, dict) for one in tensors):
        raise Invalid("Field 'inputs' is no list of tensors.", "Send a list of input tensors.")
    if contract.tensor is not None:
        return _v2_tensor(contract, tensors)
    types = {column.name: column.type for column in contract.columns}
    columns: dict[str, list[Any]] = {}
    for one in tensors:
        name = _text(one, "name")
        if name in columns:
            raise Invalid(f"Input {name[:60]!r} is given twice.", "Send each input once.")
        columns[name] = _flat(one, name)
        allowed = V2_TYPES.get(types.get(name, ""), ())
        given = one.get("datatype")
        if name in types and given not in allowed:
            raise Invalid(
                f"Input {name!r} has datatype {str(given)[:60]!r}, wanted is {types[name]}.",
                f"Send datatype {allowed[0]}.",
            )
    size = len(next(iter(columns.values()), []))
    return by_column(contract, columns, size)


def _v2_tensor(contract: Contract, tensors: Sequence[Mapping[str, Any]]) -> Batch:
    tensor = contract.tensor
    if tensor is None or len(tensors) != 1:
        raise Invalid(f"The model takes one tensor, {len(tensors)} were sent.", "Send one tensor.")
    wanted = V2_DTYPES.get(tensor.dtype)
    if tensors[0].get("datatype") != wanted:
        raise Invalid(
            f"The tensor has datatype {str(tensors[0].get('datatype'))[:60]!r}.",
            f"Send datatype {wanted}.",
        )
    return tensor_batch(contract, "inputs", _nested(tensors[0], tensor.shape))


def _nested(one: Mapping[str, Any], wanted: Sequence[int]) -> list[Any]:
    """Return a tensor's values as nested lists; the protocol allows them flat too."""
    shape, data = one.get("shape"), one.get("data")
    sizes = shape if isinstance(shape, list) else []
    if (
        len(sizes) != len(wanted)
        or not all(type(size) is int and size > 0 for size in sizes)
        or not isinstance(data, list)
    ):
        raise Invalid(
            f"The tensor's shape is {str(shape)[:60]}.", f"Send a shape like {list(wanted)}."
        )
    if len(sizes) == 1 or any(isinstance(value, list) for value in data):
        return data
    if len(data) != math.prod(sizes):
        raise Invalid(
            f"The tensor has {len(data)} values, its shape {sizes} says {math.prod(sizes)}.",
            "Send as many values as the shape says.",
        )
    for size in reversed(sizes[1:]):
        data = [data[start : start + size] for start in range(0, len(data), size)]
    return data


def _flat(one: Mapping[str, Any], name: str) -> list[Any]:
    shape, data = one.get("shape"), one.get("data")
    if not isinstance(data, list):
        raise Invalid(f"Input {name[:60]!r} has no list 'data'.", "Send its values.")
    if data and all(isinstance(value, list) and len(value) == 1 for value in data):
        data = [value[0] for value in data]
    if shape not in ([len(data)], [len(data), 1]):
        raise Invalid(
            f"Input {name[:60]!r} has shape {str(shape)[:60]} and {len(data)} values.",
            f"Send shape [{len(data)}].",
        )
    return list(data)


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid(f"An input has no {name!r}.", "Name every input.")
    return value


def describe_model(name: str, version: str, contract: Contract, **about: Any) -> dict[str, Any]:
    """Return the v2 metadata of a model."""
    inputs: list[dict[str, Any]] = [
        {"name": column.name, "datatype": V2_TYPES[column.type][0], "shape": [-1]}
        for column in contract.columns
    ]
    if contract.tensor is not None:
        inputs = [
            {
                "name": "input",
                "datatype": contract.tensor.dtype.upper().replace("FLOAT", "FP"),
                "shape": list(contract.tensor.shape),
            }
        ]
    return {
        "name": name,
        "versions": [version],
        "platform": "octavo_scorer",
        "inputs": inputs,
        "outputs": [{"name": "predictions", "datatype": "FP64", "shape": [-1]}],
        "parameters": {**about, "max_rows": contract.max_rows},
    }


def output_tensor(predictions: list[Any]) -> dict[str, Any]:
    """Return predictions as one v2 tensor; rows of equal length are laid out row by row."""
    first = predictions[0]
    if isinstance(first, list):
        flat = [value for row in predictions for value in row]
        shape = [len(predictions), len(first)]
    else:
        flat, shape = predictions, [len(predictions)]
    if all(isinstance(value, bool) for value in flat):
        datatype = "BOOL"
    elif all(isinstance(value, int) and not isinstance(value, bool) for value in flat):
        datatype = "INT64"
    elif all(isinstance(value, int | float) and not isinstance(value, bool) for value in flat):
        datatype = "FP64"
    else:
        datatype = "BYTES"
    return {"name": "predictions", "datatype": datatype, "shape": shape, "data": flat}
