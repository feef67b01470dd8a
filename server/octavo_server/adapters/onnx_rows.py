"""Rows on which a model and its ONNX form are compared; imported by the sandbox's child alone.

The example says what rows look like; drawn rows go where the example doesn't: beyond its numbers,
to categories that nobody has seen, to missing values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

DRAWN = 200
"""Rows that are drawn besides the example's."""
UNSEEN = "octavo-unseen"
"""A category that no model was trained on."""
DTYPES: Mapping[str, Any] = {
    "boolean": np.bool_,
    "integer": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
    "string": np.object_,
}
WHOLE = frozenset({"integer", "long"})
REAL = frozenset({"float", "double"})


@dataclass(frozen=True, kw_only=True)
class ColumnKind:
    """One column of a model's signature."""

    name: str
    """Its name."""
    type: str
    """Its type in MLflow's words."""
    required: bool
    """False where its values may be missing."""


class NoRows(ValueError):
    """No rows can be made for this signature; the message says why."""


def columns_of(inputs: Sequence[Mapping[str, Any]]) -> list[ColumnKind]:
    """Return the columns of a signature's inputs. Raises NoRows for what can't be drawn."""
    found = []
    for one in inputs:
        kind = str(one.get("type"))
        if not one.get("name") or kind not in DTYPES:
            raise NoRows(f"the input {str(one.get('name'))[:80]!r} is of type {kind}")
        required = one.get("required") is not False
        found.append(ColumnKind(name=str(one["name"]), type=kind, required=required))
    return found


def typed(frame: pd.DataFrame, columns: Sequence[ColumnKind]) -> pd.DataFrame:
    """Return the columns in the signature's order and types."""
    return pd.DataFrame(
        {one.name: np.asarray(frame[one.name], dtype=DTYPES[one.type]) for one in columns}
    )


def drawn(example: pd.DataFrame, columns: Sequence[ColumnKind], seed: int = 7) -> pd.DataFrame:
    """Return rows like the example's and beyond; the same for the same seed."""
    random = np.random.default_rng(seed)
    return pd.DataFrame(
        {one.name: _draw(random, np.asarray(example[one.name]), one) for one in columns}
    )


def without(example: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the example with one column's values missing."""
    return example.assign(**{name: np.full(len(example), np.nan)})


def tensors(shape: Sequence[int], dtype: str, seed: int = 7) -> np.ndarray[Any, Any]:
    """Return drawn rows for a model of one tensor, whose first dimension is the rows."""
    if not shape or shape[0] != -1 or any(one == -1 for one in shape[1:]):
        raise NoRows(f"the tensor's shape {tuple(shape)} is not rows of one size")
    random = np.random.default_rng(seed)
    size = (16, *shape[1:])
    if np.dtype(dtype).kind in "iu":
        return random.integers(0, 2, size).astype(dtype)
    return (random.standard_normal(size) * 2).astype(dtype)


def _draw(random: np.random.Generator, seen: Any, column: ColumnKind) -> Any:
    known = seen[
        [value is not None and value == value for value in seen]
    ]  # NaN differs from itself
    if column.type == "string":
        words = [*sorted({str(one) for one in known}), UNSEEN]
        return np.asarray(random.choice(words, DRAWN), dtype=object)
    if column.type == "boolean":
        return random.integers(0, 2, DRAWN).astype(bool)
    numbers = np.asarray(known, dtype=np.float64) if len(known) else np.zeros(1)
    low, high = float(numbers.min()), float(numbers.max())
    width = max(high - low, abs(high), 1.0)
    values = random.uniform(low - width, high + width, DRAWN)
    own = random.random(DRAWN) < 0.5
    values[own] = random.choice(numbers, int(own.sum()))
    whole = column.type in WHOLE or bool(np.all(numbers == np.round(numbers)))
    return (np.round(values) if whole else values).astype(DTYPES[column.type])
