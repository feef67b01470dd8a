"""Turns a request's body into rows: MLflow's JSON formats and its CSV."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from octavo_scorer.contract import WHOLE_LIMITS, Contract, check_columns, check_count
from octavo_scorer.errors import Invalid

FORMATS = ("dataframe_split", "dataframe_records", "instances", "inputs")
TRUTH = {"true": True, "false": False}
"""How MLflow's CSV writes truth values, in lower case."""


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
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise Invalid(
            f"The body is not JSON: {_why_no_json(body, error)}.",
            "Send a JSON object; null stands for a missing value.",
        ) from error
    if not isinstance(document, dict):
        raise Invalid(
            f"The body is a {type(document).__name__}, not an object.", "Send a JSON object."
        )
    return document


def _why_no_json(body: bytes, error: Exception) -> str:
    """Name NaN and Infinity, which other writers of JSON produce, where they are the fault."""

    def refuse(name: str) -> NoReturn:
        raise ValueError(f"it holds {name}, which is no JSON number")

    try:
        json.loads(body, parse_constant=refuse)
    except (ValueError, RecursionError) as plain:
        return str(plain)
    return str(error)


def read_csv(contract: Contract, body: bytes) -> Batch:
    """Return the checked rows of a CSV with a header line, as MLflow's ``text/csv``."""
    if contract.tensor is not None:
        raise Invalid("The model takes one tensor, not a table.", "Send JSON with inputs.")
    try:
        names, *rows = list(csv.reader(io.StringIO(body.decode("utf-8"), newline=""), strict=True))
    except (ValueError, csv.Error) as error:
        raise Invalid(
            f"The body is no CSV with a header line: {error}.", "Send column names, then rows."
        ) from error
    readers = [cell_reader(contract, name) for name in names]
    # A row of another length keeps its cells: the check of rows names it.
    typed = [[read(cell) for read, cell in zip(readers, row, strict=False)] for row in rows if row]
    for row, cells in zip(typed, filter(None, rows), strict=True):
        row += cells[len(row) :]
    return _by_row(contract, names, typed)


def cell_reader(contract: Contract, name: str) -> Callable[[str], Any]:
    """Return what turns a cell's text into the column's value; what it can't stays text."""
    kind = next((column.type for column in contract.columns if column.name == name), "string")

    def read(cell: str) -> Any:
        if cell == "" and kind != "string":
            return None
        try:
            if kind in WHOLE_LIMITS:
                return int(cell)
            if kind in {"double", "float"}:
                return float(cell)
        except ValueError:
            return cell
        return TRUTH.get(cell.lower(), cell) if kind == "boolean" else cell

    return read


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
    name, value = given[0], document[given[0]]
    if contract.tensor is not None:
        return tensor_batch(contract, name, value)
    if name == "dataframe_split":
        return _split(contract, value)
    if name == "dataframe_records" or (name == "instances" and isinstance(value, list)):
        return _records(contract, name, value)
    return _inputs(contract, name, value)


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
    return _by_row(contract, names, rows)


def _by_row(contract: Contract, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Batch:
    check_count(contract, len(rows))
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Invalid(f"Column {twice[:60]!r} is given twice.", "Send each column once.")
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise Invalid(
                f"Row {number} has {len(row)} values, there are {len(names)} columns.",
                "Give each row one value a column.",
            )
    columns = [list(values) for values in zip(*rows, strict=True)]
    return by_column(contract, dict(zip(names, columns, strict=True)), len(rows))


def _records(contract: Contract, field: str, value: Any) -> Batch:
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise Invalid(f"Field {field!r} is no list of objects.", "Send one object a row.")
    check_count(contract, len(value))
    first = value[0]
    for number, row in enumerate(value):
        if row.keys() != first.keys():
            odd = min(row.keys() ^ first.keys())
            raise Invalid(
                f"Row {number} and row 0 differ in column {odd[:60]!r}.",
                "Give all rows the same columns.",
            )
    columns = {name: [row[name] for row in value] for name in first}
    return by_column(contract, columns, len(value))


def _inputs(contract: Contract, field: str, value: Any) -> Batch:
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return _records(contract, field, value)
    if not isinstance(value, dict):
        raise Invalid(
            f"Field {field!r} is no object of columns.",
            'Send {"column": [values], ...} or records.',
        )
    columns = {
        name: values if isinstance(values, list) else [values] for name, values in value.items()
    }
    return by_column(contract, columns, len(next(iter(columns.values()), [])))


def by_column(
    contract: Contract, columns: Mapping[str, list[Any]], size: int, first: int = 0
) -> Batch:
    """Return the checked rows of values by column, in the model's order.

    ``first`` is the number of the first row, where they are a part of something longer.
    """
    sizes = {name[:60]: len(values) for name, values in list(columns.items())[:20]}
    if any(len(values) != size for values in columns.values()):
        raise Invalid(f"The columns differ in length: {sizes}.", "Send one value a row.")
    check_count(contract, size)
    check_columns(contract, columns, first)
    ordered = {
        column.name: columns[column.name] for column in contract.columns if column.name in columns
    }
    return Batch(columns=ordered, tensor=None, size=size)


def tensor_batch(contract: Contract, name: str, value: Any) -> Batch:
    """Return the checked rows of a model that takes one tensor."""
    if name not in {"inputs", "instances"} or not isinstance(value, list):
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
