"""pandas and polars frames behind one face; neither library is imported here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from octavo.frame_columns import (
    LOOKED_AT,
    Column,
    NoSuchColumn,
    key_texts,
    kind_of,
    time_texts,
)

_PANDAS_KINDS = {"i": "integer", "u": "integer", "f": "number", "M": "time", "U": "text"}


class PandasFrame:
    """A pandas frame; the levels of its index count as columns when they have a name."""

    library = "pandas"

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def rows(self) -> int:
        """Return how many rows it has."""
        return len(self._frame.index)

    def width(self) -> int:
        """Return how many columns it has."""
        return len(self._frame.columns)

    def columns(self, wanted: frozenset[str], first: int) -> Iterator[Column]:
        """Return named levels of the index, then columns."""
        index = self._frame.index
        for level, name in enumerate(index.names):
            if type(name) is str:
                yield self._described(name, index.get_level_values(level), index=True)
        types = self._frame.dtypes.array
        for place, name in enumerate(self._frame.columns.array):
            told = place < first or types[place].kind == "M" or name in wanted
            if type(name) is str and told:
                yield self._typed(place, name, types[place])

    def keys(self, name: str, places: Sequence[int]) -> tuple[str, list[str | None]]:
        """Return a column's kind and its cells at ``places`` as text."""
        return key_texts(name, self._cells(name, places))

    def times(self, name: str, places: Sequence[int]) -> tuple[bool, list[str | None]]:
        """Return whether a column names no zone, and its cells at ``places`` in UTC."""
        return time_texts(name, self._cells(name, places))

    def _typed(self, place: int, name: str, dtype: Any) -> Column:
        kind = _PANDAS_KINDS.get(dtype.kind, "other")
        if kind == "other":
            return self._described(name, self._frame.iloc[:LOOKED_AT, place], index=False)
        naive = kind == "time" and getattr(dtype, "tz", None) is None and "tz=" not in str(dtype)
        return Column(name=name, kind=kind, dtype=str(dtype), naive=naive)

    def _described(self, name: str, values: Any, *, index: bool) -> Column:
        kind, naive = kind_of(values[:LOOKED_AT].tolist())
        return Column(name=name, kind=kind, dtype=str(values.dtype), naive=naive, index=index)

    def _cells(self, name: str, places: Sequence[int]) -> list[Any]:
        levels = [n for n, level in enumerate(self._frame.index.names) if level == name]
        columns = [
            n for n, one in enumerate(self._frame.columns.array) if type(one) is str and one == name
        ]
        if len(levels) + len(columns) != 1:
            raise NoSuchColumn(name)
        taken = (
            self._frame.index.get_level_values(levels[0]).take(list(places))
            if levels
            else self._frame.iloc[list(places), columns[0]]
        )
        cells: list[Any] = taken.tolist()
        return cells


class PolarsFrame:
    """A polars frame; a lazy one is none, for looking at it would run it."""

    library = "polars"

    def __init__(self, frame: Any) -> None:
        self._frame = frame

    def rows(self) -> int:
        """Return how many rows it has."""
        return int(self._frame.height)

    def width(self) -> int:
        """Return how many columns it has."""
        return int(self._frame.width)

    def columns(self, wanted: frozenset[str], first: int) -> Iterator[Column]:
        """Return columns."""
        types = self._frame.dtypes
        for place, name in enumerate(self._frame.columns):
            dtype = types[place]
            kind = _polars_kind(dtype)
            if not (place < first or kind == "time" or name in wanted):
                continue
            naive = kind == "time" and getattr(dtype, "time_zone", None) is None
            yield Column(name=name, kind=kind, dtype=str(dtype), naive=naive)

    def keys(self, name: str, places: Sequence[int]) -> tuple[str, list[str | None]]:
        """Return a column's kind and its cells at ``places`` as text."""
        return key_texts(name, self._cells(name, places))

    def times(self, name: str, places: Sequence[int]) -> tuple[bool, list[str | None]]:
        """Return whether a column names no zone, and its cells at ``places`` in UTC."""
        return time_texts(name, self._cells(name, places))

    def _cells(self, name: str, places: Sequence[int]) -> list[Any]:
        if name not in self._frame.columns:
            raise NoSuchColumn(name)
        cells: list[Any] = self._frame.get_column(name).gather(list(places)).to_list()
        return cells


def _polars_kind(dtype: Any) -> str:
    if dtype.is_integer():
        return "integer"
    if dtype.is_float():
        return "number"
    base = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    named = {"String": "text", "Categorical": "text", "Enum": "text"}
    return named.get(base, "time" if base in {"Datetime", "Date"} else "other")
