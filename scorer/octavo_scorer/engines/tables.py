"""Makes DataFrames of checked columns; imported by engine processes alone.

``pandas.DataFrame`` of 22 lists takes a quarter of a millisecond, most of it to gather the columns
into one block of memory a type.  :class:`Tabulator` makes the blocks at once, the way pyarrow makes
its frames.  To leave the columns apart (``copy=False``) is no way out: that saves half of the time
and costs the model three times as much, since scikit-learn takes its columns out block by block.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from pandas.core import internals  # type: ignore[attr-defined]  # the stubs leave it out

DTYPES: Mapping[str, Any] = {
    "boolean": np.bool_,
    "integer": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
}
MISSING = frozenset({"double", "float"})
"""Types of numbers in which a missing value is a number too: NaN."""
SAMPLES: Mapping[str, list[Any]] = {
    "boolean": [True, False],
    "integer": [-(2**31), 7],
    "long": [2**62, -7],
    "float": [0.1, None],
    "double": [0.1, None],
    "string": ["sample", None],
}
"""Two values of each type that a :class:`Tabulator` takes."""


def plain_frame(types: Mapping[str, str], columns: Mapping[str, list[Any]]) -> pd.DataFrame:
    """Return any checked columns as a frame, made by pandas itself."""
    return pd.DataFrame({name: _column(types[name], values) for name, values in columns.items()})


def _column(kind: str, values: list[Any]) -> Any:
    if kind == "datetime":
        return pd.to_datetime(pd.Series(values), format="ISO8601")
    if kind in DTYPES and (kind in MISSING or None not in values):
        return np.asarray(values, dtype=DTYPES[kind])
    return np.asarray(values, dtype=object)


class Tabulator:
    """Makes frames that hold all columns of one model."""

    def __init__(self, types: Mapping[str, str]) -> None:
        """``types`` are those of the columns, by name, in order; each is in ``SAMPLES``."""
        self._columns = list(types)
        self._names = pd.Index(self._columns)
        self._solid = [name for name, kind in types.items() if kind in DTYPES.keys() - MISSING]
        places: dict[str, list[int]] = {}
        for place, kind in enumerate(types.values()):
            places.setdefault(kind, []).append(place)
        self._groups = [
            (DTYPES.get(kind, np.object_), found, np.asarray(found, dtype=np.intp))
            for kind, found in places.items()
        ]

    def fits(self, columns: Mapping[str, list[Any]]) -> bool:
        """Tell whether these are all columns, and none holds a null that its type can't."""
        return list(columns) == self._columns and not any(
            None in columns[name] for name in self._solid
        )

    def frame(self, columns: Mapping[str, list[Any]], size: int) -> pd.DataFrame:
        """Return columns that fit as a frame."""
        values = list(columns.values())
        blocks = tuple(
            internals.make_block(
                np.array([values[place] for place in found], dtype=dtype), places, ndim=2
            )
            for dtype, found, places in self._groups
        )
        # A view of the names: what a model does to those of its frame must not meet the next.
        axes = [self._names.view(), pd.RangeIndex(size)]
        blocks_of_all = internals.BlockManager(blocks, axes)
        make: Any = pd.DataFrame._from_mgr  # type: ignore[attr-defined]  # noqa: SLF001 - as pyarrow
        table: pd.DataFrame = make(blocks_of_all, axes)
        return table


def same_frames(left: pd.DataFrame, right: pd.DataFrame) -> bool:
    """Tell whether two frames hold the same values of the same types under the same names."""
    return (
        left.dtypes.equals(right.dtypes)
        and left.columns.identical(right.columns)
        and left.index.identical(right.index)
        and repr(left.to_dict("list")) == repr(right.to_dict("list"))
    )


def sampled(types: Mapping[str, str]) -> dict[str, list[Any]]:
    """Return two rows of columns of these types."""
    return {name: list(SAMPLES[kind]) for name, kind in types.items()}
