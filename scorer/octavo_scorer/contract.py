"""What a model accepts, read from its MLflow signature, and the check of rows against it.

Pure: no mlflow, no pandas.  A row that passes here is one that the model was made for; anything
else is refused with the column, the row, the value and the limit.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from octavo_scorer.errors import Invalid, TooLarge, Unavailable

MAX_TEXT = 10_000
"""Characters of one text value."""
SHOWN = 60
"""Characters of a refused value that an error quotes."""
MOST_FLOAT = 3.4028234663852886e38
"""Largest number of 32 bits (IEEE 754 binary32)."""
NUMBERS = frozenset({int, float})
NULL = type(None)
WHOLE_LIMITS = {"integer": 2**31, "long": 2**63}
NULLABLE = frozenset({"double", "float", "string", "datetime", "binary"})
"""Types whose null means a missing value, as in pandas."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One input column."""

    name: str
    """Its name, as the model was trained with."""
    type: str
    """MLflow's type: boolean, integer, long, float, double, string, datetime or another."""
    required: bool = True
    """False: a request may leave it out."""


@dataclass(frozen=True, kw_only=True)
class Tensor:
    """The one unnamed tensor of a model that takes no columns."""

    dtype: str
    """numpy's name of the type, such as float32."""
    shape: tuple[int, ...]
    """Its shape; -1 is the number of rows."""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What a request must look like."""

    columns: tuple[Column, ...] = ()
    """The input columns in order; empty for a tensor model."""
    tensor: Tensor | None = None
    """The input tensor; None for a model with columns."""
    max_rows: int = 1_000
    """Most rows of one request."""
    names: frozenset[str] = field(init=False)
    """Names of the columns."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "names", frozenset(column.name for column in self.columns))


Check = Callable[[Any], bool]


def _number(most: float) -> Check:
    def check(value: Any) -> bool:
        return type(value) in NUMBERS and -most <= value <= most

    return check


def _whole(bits: int) -> Check:
    least, most = -(2 ** (bits - 1)), 2 ** (bits - 1) - 1

    def check(value: Any) -> bool:
        return type(value) is int and least <= value <= most

    return check


def _moment(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


CHECKS: dict[str, tuple[str, Check]] = {
    "boolean": ("true or false", lambda value: isinstance(value, bool)),
    "integer": ("a whole number of 32 bits", _whole(32)),
    "long": ("a whole number of 64 bits", _whole(64)),
    "float": ("a number of 32 bits", _number(MOST_FLOAT)),
    "double": ("a number", _number(sys.float_info.max)),
    "string": (
        f"text of at most {MAX_TEXT:,} characters",
        lambda value: isinstance(value, str) and len(value) <= MAX_TEXT,
    ),
    "datetime": ("an ISO 8601 time", _moment),
    "binary": ("base64 text", lambda value: isinstance(value, str)),
}


def read_contract(signature: Mapping[str, Any] | None, max_rows: int = 1_000) -> Contract:
    """Return the contract of an MLmodel file's ``signature``.

    Raises :class:`Unavailable` for a model that can't be served: no signature, or inputs that
    are neither named columns nor one tensor.
    """
    if not signature or not signature.get("inputs"):
        raise Unavailable(
            "The model has no signature, so no request can be checked against it.",
            "Log the model with signature= or input_example=, and register it again.",
        )
    raw = signature["inputs"]
    inputs: list[dict[str, Any]] = json.loads(raw) if isinstance(raw, str) else list(raw)
    if len(inputs) == 1 and inputs[0]["type"] == "tensor" and "name" not in inputs[0]:
        spec = inputs[0]["tensor-spec"]
        shape = tuple(int(size) for size in spec["shape"])
        return Contract(tensor=Tensor(dtype=spec["dtype"], shape=shape), max_rows=max_rows)
    if any("name" not in one or one["type"] not in CHECKS for one in inputs):
        raise Unavailable(
            "The model's inputs are neither plain named columns nor one tensor.",
            "Log it with a DataFrame as input_example=.",
        )
    columns = tuple(
        Column(name=one["name"], type=one["type"], required=bool(one.get("required", True)))
        for one in inputs
    )
    return Contract(columns=columns, max_rows=max_rows)


def check_columns(contract: Contract, columns: Mapping[str, list[Any]], first: int = 0) -> None:
    """Raise :class:`Invalid` unless every value of ``columns`` fits the contract.

    ``first`` is the number of their first row, where they are a part of something longer.
    """
    _check_names(contract, columns)
    for column in contract.columns:
        values = columns.get(column.name)
        if values is None or _surely_fits(column.type, values):
            continue
        for number, value in enumerate(values, first):
            _check_value(column, number, value)


def check_count(contract: Contract, count: int) -> None:
    """Raise unless a request may hold ``count`` rows."""
    if count == 0:
        raise Invalid("The request holds no row.", "Send at least one row.")
    if count > contract.max_rows:
        raise TooLarge(
            f"The request holds {count:,} rows, at most {contract.max_rows:,} are scored at once.",
            "Send them in several requests, or score them in a pipeline.",
        )


def _surely_fits(kind: str, values: list[Any]) -> bool:
    """Tell quickly that all values fit; False: look at each, to find the one that may not.

    Works on whole columns in C: a request of many rows is checked in a tenth of the time.
    """
    kinds = set(map(type, values))
    if NULL in kinds and kind in NULLABLE:
        values = [value for value in values if value is not None]
        kinds.discard(NULL)
        if not values:
            return True
    if kind == "double" and kinds == {float}:
        return all(map(math.isfinite, values))
    if kind in {"double", "float"}:
        most = MOST_FLOAT if kind == "float" else sys.float_info.max
        # A NaN compares as False and hides in min and max.
        return (
            kinds <= NUMBERS
            and -most <= min(values)
            and max(values) <= most
            and not (float in kinds and any(map(math.isnan, values)))
        )
    if kind in WHOLE_LIMITS:
        limit = WHOLE_LIMITS[kind]
        return kinds == {int} and min(values) >= -limit and max(values) < limit
    if kind == "string":
        return kinds == {str} and max(map(len, values)) <= MAX_TEXT
    return kind == "boolean" and kinds == {bool}


def _check_names(contract: Contract, names: Collection[str]) -> None:
    missing = [one.name for one in contract.columns if one.required and one.name not in names]
    if missing:
        raise Invalid(
            f"Column {_quoted(missing)} is missing."
            if len(missing) == 1
            else f"Columns {_quoted(missing)} are missing.",
            f"Send all of: {', '.join(one.name for one in contract.columns)}.",
        )
    extra = [name for name in names if name not in contract.names]
    if extra:
        raise Invalid(
            f"Column {_quoted(extra)} is none of the model's inputs."
            if len(extra) == 1
            else f"Columns {_quoted(extra)} are none of the model's inputs.",
            f"Send only: {', '.join(one.name for one in contract.columns)}.",
        )


def _check_value(column: Column, number: int, value: Any) -> None:
    if value is None:
        if column.type in NULLABLE or not column.required:
            return
        raise Invalid(
            f"Column {column.name!r}, row {number}: null, but {column.type} has no missing value.",
            "Send a value.",
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid(
            f"Column {column.name!r}, row {number}: {value} is not a JSON number.",
            "Send null for a missing value.",
        )
    wanted, check = CHECKS[column.type]
    if not check(value):
        raise Invalid(
            f"Column {column.name!r}, row {number}: {_shown(value)} is not {wanted}.",
            f"The model's signature says {column.type}.",
        )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}... ({len(text):,} characters)"


def _quoted(names: Sequence[str]) -> str:
    shown = ", ".join(_shown(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
