"""Columns of a pandas or polars frame, read without importing either and without leaving a trace.

pandas keeps what is asked of a frame by name: an index of all names, a copy of the column. On a
frame with a million columns that alone takes more memory than the frame. Here columns are found by
walking over their names once, and taken by place.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Protocol

LOOKED_AT = 50
"""Cells of an untyped column that are looked at to tell what it holds."""
LONGEST_KEY = 1_000
"""Characters, or bits, of a join key; the platform takes no longer one."""
FIRST_YEAR, LAST_YEAR = 1678, 2261
"""What pandas' nanoseconds can say, and Feast's join with them."""


class NoSuchColumn(LookupError):
    """The frame has no such column any more, or several."""


class FrameRefused(ValueError):
    """A column's values can't be joined; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column, or a level of the index."""

    name: str
    """Its name."""
    kind: str
    """text, integer, number, time or other."""
    dtype: str
    """The library's own name of its type."""
    naive: bool = False
    """Whether its times name no zone."""
    index: bool = False
    """Whether it is a level of the index."""


class Frame(Protocol):
    """One live frame."""

    library: str

    def rows(self) -> int:
        """Return how many rows it has."""

    def width(self) -> int:
        """Return how many columns it has."""

    def columns(self, wanted: frozenset[str], first: int) -> Iterator[Column]:
        """Return the ``first`` columns, those with times and those named in ``wanted``.

        Only those whose name is text.
        """

    def keys(self, name: str, places: Sequence[int]) -> tuple[str, list[str | None]]:
        """Return a column's kind and its cells at ``places`` as text."""

    def times(self, name: str, places: Sequence[int]) -> tuple[bool, list[str | None]]:
        """Return whether a column names no zone, and its cells at ``places`` in UTC."""


def frame_of(value: object) -> Frame | None:
    """Return ``value`` as a frame, or None; its class alone is looked at, none of its code runs."""
    # Imported here, for both build on this module.
    from octavo.frame_libraries import PandasFrame, PolarsFrame

    for library, wrapped in (("pandas", PandasFrame), ("polars", PolarsFrame)):
        kind = getattr(sys.modules.get(library), "DataFrame", None)
        if isinstance(kind, type) and issubclass(type(value), kind):
            return wrapped(value)
    return None


def kind_of(values: Sequence[Any]) -> tuple[str, bool]:
    """Return what untyped cells hold, and whether times among them name no zone."""
    there = [one for one in values if one is not None and one == one]  # NaN
    if not there:
        return "other", False
    if all(type(one) is str for one in there):
        return "text", False
    if all(isinstance(one, datetime) for one in there):
        return "time", any(one.tzinfo is None for one in there)
    if all(isinstance(one, date) for one in there):
        return "time", True
    if all(type(one) is int for one in there):
        return "integer", False
    return "other", False


def key_texts(name: str, cells: Sequence[Any]) -> tuple[str, list[str | None]]:
    """Return the kind and the texts of a key's cells. Raises FrameRefused for what is no key."""
    kinds: set[str] = set()
    texts: list[str | None] = []
    for cell in cells:
        kind, text = _key_text(name, cell)
        texts.append(text)
        if kind:
            kinds.add(kind)
    if len(kinds) > 1:
        raise FrameRefused(f"{name} holds text in some rows and numbers in others")
    return (kinds.pop() if kinds else "none"), texts


def _key_text(name: str, cell: Any) -> tuple[str, str | None]:
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return "", None
    if isinstance(cell, str):
        _check_length(name, "a text", str.__len__(cell), "characters")
        return "text", str.__str__(cell)
    if isinstance(cell, int) and not isinstance(cell, bool):
        _check_length(name, "a number", int.bit_length(cell), "bits")
        return "integer", str(int(cell))
    if isinstance(cell, float) and cell.is_integer():
        return "integer", str(int(cell))
    if isinstance(cell, float):
        raise FrameRefused(f"{name} holds {cell!r}: a key is text or a whole number")
    if type(cell).__name__ in {"NAType", "NaTType"}:
        return "", None
    raise FrameRefused(f"{name} holds a {type(cell).__name__}: a key is text or a whole number")


def _check_length(name: str, what: str, length: int, unit: str) -> None:
    """Raise FrameRefused, before anything is copied, for what no key is as long as."""
    if length > LONGEST_KEY:
        raise FrameRefused(
            f"{name} holds {what} of {length:,} {unit}: a key has at most {LONGEST_KEY:,}"
        )


def time_texts(name: str, cells: Sequence[Any]) -> tuple[bool, list[str | None]]:
    """Return whether zones are missing, and the cells in UTC. Raises FrameRefused for no time."""
    naive = False
    texts: list[str | None] = []
    for cell in cells:
        if cell is None or cell != cell:  # NaT and NaN are unlike themselves
            texts.append(None)
            continue
        moment = _moment(name, cell)
        naive = naive or moment.tzinfo is None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        texts.append(aware.astimezone(UTC).isoformat())
    return naive, texts


def _moment(name: str, cell: Any) -> datetime:
    if not isinstance(cell, date):
        raise FrameRefused(f"{name} holds a {type(cell).__name__}, which is no time")
    if not FIRST_YEAR <= cell.year <= LAST_YEAR:
        raise FrameRefused(
            f"{name} holds a time in the year {cell.year}: "
            f"the join knows the years {FIRST_YEAR} to {LAST_YEAR}"
        )
    if not isinstance(cell, datetime):
        return datetime(cell.year, cell.month, cell.day)  # noqa: DTZ001  # a day names no zone
    return datetime(  # drops a pandas Timestamp's nanoseconds, and its class
        cell.year, cell.month, cell.day, cell.hour, cell.minute, cell.second, cell.microsecond,
        tzinfo=cell.tzinfo, fold=cell.fold,
    )  # fmt: skip
