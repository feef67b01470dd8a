"""Two kinds of columns, one for numbers and one for texts; row numbers are positions in them.

A column that few rows have keeps them in a dictionary, so that ten thousand names that one run
each has cost no more than their values; one that many rows have is an array.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]

Kind = TypeVar("Kind", bound=np.generic)

DENSE_FROM: Final = 8
"""A column is an array once one row in this many has it."""
SPARSE_BELOW: Final = 64
"""So few values stay in a dictionary whatever the number of rows."""
LONGEST_VALUE: Final = 2_000
"""Characters of a text that are kept; a filter is no longer than this."""
NO_CODE: Final = -1


class Numbers:
    """Numbers by row; a row without one reads as NaN."""

    def __init__(self) -> None:
        self._few: dict[int, float] | None = {}
        self._many: Floats = np.empty(0)
        self._nan: set[int] = set()  # rows whose value is NaN, and not missing
        self._held = 0

    def __len__(self) -> int:
        """Return how many rows have a number."""
        return self._held

    def put(self, row: int, value: float | None, size: int) -> None:
        """Set or remove the number of ``row``; ``size`` is how many rows there are."""
        before = self.get(row)
        self._held += (value is not None) - (before is not None)
        if value is not None and math.isnan(value):
            self._nan.add(row)
        else:
            self._nan.discard(row)
        if self._few is not None:
            if value is None:
                self._few.pop(row, None)
            else:
                self._few[row] = value
            if len(self._few) > max(SPARSE_BELOW, size // DENSE_FROM):
                self._spread(size)
            return
        if row >= len(self._many):
            self._many = _grown(self._many, row + 1, np.nan)
        self._many[row] = math.nan if value is None else value

    def get(self, row: int) -> float | None:
        """Return the number of ``row``, None where it has none."""
        if self._few is not None:
            return self._few.get(row)
        value = float(self._many[row]) if row < len(self._many) else math.nan
        return None if math.isnan(value) and row not in self._nan else value

    def _spread(self, size: int) -> None:
        few = self._few or {}
        self._many = _grown(self._many, max(size, max(few, default=0) + 1), np.nan)
        self._many[np.fromiter(few, np.int64, len(few))] = np.fromiter(few.values(), float)
        self._few = None

    def values(self, size: int) -> Floats:
        """Return the numbers of the first ``size`` rows; not to be written to."""
        if self._few is None and len(self._many) >= size:
            return self._many[:size]
        found = np.full(size, np.nan)
        if self._few is not None:
            found[np.fromiter(self._few, np.int64, len(self._few))] = np.fromiter(
                self._few.values(), float, len(self._few)
            )
        else:
            found[: len(self._many)] = self._many
        return found

    def nans(self, size: int) -> Mask:
        """Return which rows have NaN as their value."""
        found = np.zeros(size, dtype=np.bool_)
        found[list(self._nan)] = True
        return found

    def present(self, size: int) -> Mask:
        """Return which rows have a number."""
        return ~np.isnan(self.values(size)) | self.nans(size)


class Texts:
    """Texts by row, each distinct one kept once under a code."""

    def __init__(self) -> None:
        self._few: dict[int, int] | None = {}
        self._many: Codes = np.empty(0, dtype=np.int32)
        self._held = 0
        self.values: list[str] = []
        self._codes: dict[str, int] = {}
        self._numbers: Floats | None = None
        self._lowered: list[str] = []
        self._ranks: Floats | None = None

    def __len__(self) -> int:
        """Return how many rows have a text."""
        return self._held

    def put(self, row: int, value: str | None, size: int) -> None:
        """Set or remove the text of ``row``; ``size`` is how many rows there are."""
        code = NO_CODE if value is None else self._code(value[: LONGEST_VALUE + 1])
        before = self._at(row)
        self._held += (code != NO_CODE) - (before != NO_CODE)
        if self._few is not None:
            if code == NO_CODE:
                self._few.pop(row, None)
            else:
                self._few[row] = code
            if len(self._few) > max(SPARSE_BELOW, size // DENSE_FROM):
                self._spread(size)
        else:
            if row >= len(self._many):
                self._many = _grown(self._many, row + 1, NO_CODE)
            self._many[row] = code
        if len(self.values) > 2 * self._held + 1_000:
            self._forget()

    def get(self, row: int) -> str | None:
        """Return the text of ``row``, None where it has none."""
        code = self._at(row)
        return None if code == NO_CODE else self.values[code]

    def code_of(self, value: str) -> int:
        """Return the code of a text, :data:`NO_CODE` where no row ever had it."""
        return self._codes.get(value, NO_CODE)

    def codes(self, size: int) -> Codes:
        """Return the codes of the first ``size`` rows; not to be written to."""
        if self._few is None and len(self._many) >= size:
            return self._many[:size]
        found = np.full(size, NO_CODE, dtype=np.int32)
        if self._few is not None:
            found[np.fromiter(self._few, np.int64, len(self._few))] = np.fromiter(
                self._few.values(), np.int32, len(self._few)
            )
        else:
            found[: len(self._many)] = self._many
        return found

    def having(self, codes: Iterable[int], size: int) -> Mask:
        """Return which rows have a text with one of ``codes``."""
        wanted = np.zeros(len(self.values) + 1, dtype=np.bool_)  # the last stands for NO_CODE
        wanted[list(codes)] = True
        wanted[NO_CODE] = False
        found: Mask = wanted[self.codes(size)]
        return found

    def numbers(self) -> Floats:
        """Return the number that each distinct text is, by code; NaN for one that is none."""
        if self._numbers is None or len(self._numbers) < len(self.values):
            self._numbers = np.fromiter(map(as_number, self.values), float, len(self.values))
        return self._numbers

    def lowered(self) -> list[str]:
        """Return each distinct text in lower case, by code."""
        for value in self.values[len(self._lowered) :]:
            lower = value.lower()
            self._lowered.append(value if lower == value else lower)
        return self._lowered

    def ranks(self) -> Floats:
        """Return the place of each distinct text among all by code, whatever their case."""
        if self._ranks is None or len(self._ranks) != len(self.values):
            lowered = self.lowered()
            order = sorted(range(len(lowered)), key=lambda code: (lowered[code], self.values[code]))
            self._ranks = np.empty(len(order))
            self._ranks[order] = np.arange(len(order))
        return self._ranks

    def _at(self, row: int) -> int:
        if self._few is not None:
            return self._few.get(row, NO_CODE)
        return int(self._many[row]) if row < len(self._many) else NO_CODE

    def _code(self, value: str) -> int:
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self.values)
            self.values.append(value)
        return code

    def _spread(self, size: int) -> None:
        few = self._few or {}
        self._many = _grown(self._many, max(size, max(few, default=0) + 1), NO_CODE)
        self._many[np.fromiter(few, np.int64, len(few))] = np.fromiter(few.values(), np.int32)
        self._few = None

    def _forget(self) -> None:
        """Drop the texts that no row has any more, such as the old ones of a tag that counts."""
        rows = list(self._few) if self._few is not None else np.flatnonzero(self._many != NO_CODE)
        kept = {int(row): self.values[self._at(int(row))] for row in rows}
        self.values, self._codes, self._numbers, self._lowered = [], {}, None, []
        self._ranks = None
        for row, value in kept.items():
            code = self._code(value)
            if self._few is not None:
                self._few[row] = code
            else:
                self._many[row] = code


def as_number(text: str) -> float:
    """Return the number that a text is, NaN where it is none."""
    if "_" in text or len(text) > 60:
        return math.nan
    try:
        return float(text)
    except ValueError:
        return math.nan


def _grown(array: npt.NDArray[Kind], size: int, filling: float) -> npt.NDArray[Kind]:
    """Return a longer copy with room for more rows to come."""
    longer = np.full(max(size, len(array) * 3 // 2), filling, dtype=array.dtype)
    longer[: len(array)] = array
    return longer
