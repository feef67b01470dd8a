"""Turns a request's body into rows: MLflow's three formats and Open Inference Protocol v2."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from octavo_scorer.contract import Contract, check_count, check_rows
from octavo_scorer.errors import Invalid

FORMATS = ("dataframe_split", "dataframe_records", "inputs")
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


@dataclass(frozen=True, kw_only=True)
class Batch:
    """Checked rows: columns by name, or the nested lists of one tensor."""

    columns: Mapping[str, list[Any]]
    """Values by column, in the model's order; empty for a tensor model."""
    tensor: list[Any] | None
    """The rows of a tensor model."""
    size: int
    """How many rows."""


def parse_json(body: bytes) -> dict[str, Any]:
    """Return the body's object. Raises Invalid for no JSON, no object, NaN or Infinity."""

    def refuse(name: str) -> NoReturn:
        raise Invalid(f"The body holds {name}, which is not JSON.", "Send null for no value.")

    try:
        document = json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Invalid(f"The body is not JSON: {error}.", "Send a JSON object.") from error
    if not isinstance(document, dict):
        raise Invalid(
            f"The body is a {type(document).__name__}, not an object.", "Send a JSON object."
        )
    return document


def read_invocation(contract: Contract, document: Mapping[str, Any]) -> Batch:
    """Return the checked rows of a body in one of MLflow's formats."""
    given = [name for name in FORMATS if document.get(name) is not None]
    unknown = sorted(set(document) - set(FORMATS) - {"params"})
    if unknown:
        raise Invalid(f"Unknown field {unknown[0]!r}.", f"Send one of: {', '.join(FORMATS)}.")
    if document.get("params"):
        raise Invalid("The model takes no params.", "Leave params out.")
    if len(given) != 1:
        raise Invalid(
            f"The body holds {len(given)} of {', '.join(FORMATS)}.", "Send exactly one of them."
        )
    value = document[given[0]]
    if contract.tensor is not None:
        return _tensor_batch(contract, given[0], value)
    if given[0] == "dataframe_split":
        return _split(contract, value)
    if given[0] == "dataframe_records":
        return _records(contract, value)
    return _inputs(contract, value)


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
            raise Invalid(f"Input {name!r} is given twice.", "Send each input once.")
        columns[name] = _flat(one, name)
        allowed = V2_TYPES.get(types.get(name, ""), ())
        if name in types and one.get("datatype") not in allowed:
            raise Invalid(
                f"Input {name!r} has datatype {one.get('datatype')!r}, wanted is {types[name]}.",
                f"Send datatype {allowed[0]}.",
            )
    return _by_column(contract, columns)


def _split(contract: Contract, value: Any) -> Batch:
    if not isinstance(value, dict) or set(value) - {"columns", "data", "index"}:
        raise Invalid(
            "Field 'dataframe_split' is no object of columns and data.",
            'Send {"columns": [...], "data": [[...]]}.',
        )
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Invalid("Field 'dataframe_split.columns' is no list of names.", "Send names.")
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Invalid("Field 'dataframe_split.data' is no list of rows.", "Send lists of values.")
    return _checked(contract, names, rows)


def _records(contract: Contract, value: Any) -> Batch:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Invalid("Field 'dataframe_records' is no list of objects.", "Send one object a row.")
    check_count(contract, len(value))
    names = list(value[0])
    for number, row in enumerate(value):
        if row.keys() != value[0].keys():
            odd = min(row.keys() ^ value[0].keys())
            raise Invalid(
                f"Row {number} and row 0 differ in column {odd!r}.",
                "Give all rows the same columns.",
            )
    return _checked(contract, names, [[row[name] for name in names] for row in value])


def _inputs(contract: Contract, value: Any) -> Batch:
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _records(contract, value)
    if not isinstance(value, dict):
        raise Invalid(
            "Field 'inputs' is no object of columns.", 'Send {"column": [values], ...} or records.'
        )
    columns = {
        name: values if isinstance(values, list) else [values] for name, values in value.items()
    }
    return _by_column(contract, columns)


def _by_column(contract: Contract, columns: Mapping[str, list[Any]]) -> Batch:
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) > 1:
        raise Invalid(f"The columns differ in length: {sizes}.", "Send one value a row.")
    rows = [list(row) for row in zip(*columns.values(), strict=True)]
    return _checked(contract, list(columns), rows)


def _checked(contract: Contract, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Batch:
    check_rows(contract, names, rows)
    place = {name: number for number, name in enumerate(names)}
    columns = {
        column.name: [row[place[column.name]] for row in rows]
        for column in contract.columns
        if column.name in place
    }
    return Batch(columns=columns, tensor=None, size=len(rows))


def _tensor_batch(contract: Contract, name: str, value: Any) -> Batch:
    if name != "inputs" or not isinstance(value, list):
        raise Invalid("The model takes one tensor, not columns.", 'Send {"inputs": [[...], ...]}.')
    check_count(contract, len(value))
    tensor = contract.tensor
    if tensor is None:
        raise AssertionError("only called for tensor models")
    for number, row in enumerate(value):
        _check_shape(row, tensor.shape[1:], f"row {number}")
    return Batch(columns={}, tensor=value, size=len(value))


def _check_shape(value: Any, shape: Sequence[int], where: str) -> None:
    if not shape:
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise Invalid(f"Tensor, {where}: {str(value)[:60]!r} is no number.", "Send numbers.")
        return
    if not isinstance(value, list) or (shape[0] != -1 and len(value) != shape[0]):
        have = len(value) if isinstance(value, list) else "no"
        raise Invalid(f"Tensor, {where}: {have} values.", f"Send {shape[0]} values.")
    for one in value:
        _check_shape(one, shape[1:], where)


def _v2_tensor(contract: Contract, tensors: Sequence[Mapping[str, Any]]) -> Batch:
    tensor = contract.tensor
    if tensor is None or len(tensors) != 1:
        raise Invalid(f"The model takes one tensor, {len(tensors)} were sent.", "Send one tensor.")
    wanted = V2_DTYPES.get(tensor.dtype)
    if tensors[0].get("datatype") != wanted:
        raise Invalid(
            f"The tensor has datatype {tensors[0].get('datatype')!r}.", f"Send datatype {wanted}."
        )
    shape, data = tensors[0].get("shape"), tensors[0].get("data")
    if not isinstance(shape, list) or len(shape) != len(tensor.shape) or not isinstance(data, list):
        raise Invalid(f"The tensor's shape is {shape!r}.", f"Send a shape like {tensor.shape}.")
    if data and not isinstance(data[0], list) and len(shape) == 2:
        width = int(shape[1]) or 1
        data = [data[start : start + width] for start in range(0, len(data), width)]
    return _tensor_batch(contract, "inputs", data)


def _flat(one: Mapping[str, Any], name: str) -> list[Any]:
    shape, data = one.get("shape"), one.get("data")
    if not isinstance(data, list):
        raise Invalid(f"Input {name!r} has no list 'data'.", "Send its values.")
    if data and all(isinstance(value, list) and len(value) == 1 for value in data):
        data = [value[0] for value in data]
    if shape not in ([len(data)], [len(data), 1]):
        raise Invalid(
            f"Input {name!r} has shape {shape!r} and {len(data)} values.",
            f"Send shape [{len(data)}].",
        )
    return list(data)


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    if not isinstance(value, str) or not value:
        raise Invalid(f"An input has no {name!r}.", "Name every input.")
    return value
