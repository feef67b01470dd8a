"""Which rows of a table a filter finds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from octavo_server.errors import Invalid
from octavo_server.experiments.runs.filters.syntax import (
    All,
    Any,
    Comparison,
    Field,
    Filter,
    Membership,
    Not,
    Presence,
    Value,
    Words,
)
from octavo_server.experiments.runs.index.columns import Floats, Mask, Texts
from octavo_server.experiments.runs.index.patterns import pattern
from octavo_server.experiments.runs.index.table import Table

NUMERIC: Final = frozenset({"number", "time", "duration"})
LOOKED_INTO: Final = ("name", "owner", "status")
"""Columns that words without a field are looked for in, besides parameters and tags."""
HIDDEN: Final = "mlflow."
"""Tags of MLflow's own bookkeeping begin so; words are not looked for in them."""
LONGEST_S: Final = 3.0
"""Seconds that one filter may take."""
CHECKED_EVERY: Final = 4_096
"""Texts that are looked at between two looks at the clock."""
_COMPARE: Final[Mapping[str, Callable[[Floats, float], Mask]]] = {
    "=": np.equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Matcher:
    """Looks for rows; made for one question at one moment."""

    def __init__(self, table: Table, now: float) -> None:
        self._table = table
        self._size = table.size
        self._now = now
        self._ends = time.monotonic() + LONGEST_S

    def rows(self, tree: Filter) -> Mask:
        """Return which rows a filter finds. Raises Invalid for one that takes too long."""
        if isinstance(tree, All):
            return self._all(tree.parts)
        if isinstance(tree, Any):
            found = np.zeros(self._size, dtype=np.bool_)
            for part in tree.parts:
                found = found | self.rows(part)
            return found
        if isinstance(tree, Not):
            return ~self.rows(tree.inner)
        if isinstance(tree, Presence):
            return self._present(tree.field)
        if isinstance(tree, Membership):
            return self._among(tree)
        return self._words(tree) if isinstance(tree, Words) else self._compared(tree)

    def _all(self, parts: Sequence[Filter]) -> Mask:
        found = np.ones(self._size, dtype=np.bool_)
        for part in parts:
            found = found & self.rows(part)
        return found

    def _present(self, field: Field) -> Mask:
        if field.type in NUMERIC:
            return self._table.numbers_of(field).present(self._size)
        return self._table.texts_of(field).codes(self._size) >= 0

    def _among(self, tree: Membership) -> Mask:
        found = np.zeros(self._size, dtype=np.bool_)
        for value in tree.values:
            found = found | self._equal(tree.field, value)
        return found

    def _compared(self, tree: Comparison) -> Mask:
        if tree.op == "=":
            return self._equal(tree.field, tree.value)
        if tree.op == "!=":
            return self._present(tree.field) & ~self._equal(tree.field, tree.value)
        if tree.field.type in NUMERIC:
            number = self._number(tree.value)
            return _COMPARE[tree.op](self._table.numbers_of(tree.field).values(self._size), number)
        column = self._table.texts_of(tree.field)
        if tree.op in _COMPARE and tree.value.number is not None:
            return self._by_number(column, tree.op, tree.value.number)
        if tree.op == "contains":
            return column.having(self._containing(column, tree.value.text.lower()), self._size)
        return column.having(self._codes(column, self._test(tree)), self._size)

    def _test(self, tree: Comparison) -> Callable[[str], bool]:
        """Return what a text must pass."""
        wanted = tree.value.text
        if tree.op in {"like", "ilike"}:
            return pattern(wanted, folded=tree.op == "ilike")
        return {
            "<": wanted.__gt__,
            "<=": wanted.__ge__,
            ">": wanted.__lt__,
            ">=": wanted.__le__,
        }[tree.op]

    def _equal(self, field: Field, value: Value) -> Mask:
        if field.type in NUMERIC:
            numbers, wanted = self._table.numbers_of(field), self._number(value)
            if np.isnan(wanted):
                return numbers.nans(self._size)
            return np.equal(numbers.values(self._size), wanted)
        column = self._table.texts_of(field)
        if field.kind == "column" and field.name == "experiment":
            return column.having(self._experiments(column, value.text), self._size)
        code = column.code_of(value.text)
        found: Mask = np.equal(column.codes(self._size), code) & (code >= 0)
        if value.number is not None and not np.isnan(value.number):
            found = found | self._by_number(column, "=", value.number)
        return found

    def _experiments(self, column: Texts, wanted: str) -> Iterator[int]:
        for code, key in enumerate(column.values):
            if wanted in (key, self._table.titles.get(key)):
                yield code

    def _by_number(self, column: Texts, op: str, number: float) -> Mask:
        codes = np.flatnonzero(_COMPARE[op](column.numbers(), number))
        return column.having(codes.tolist(), self._size)

    def _number(self, value: Value) -> float:
        number = value.number if value.number is not None else np.nan
        return self._now - number if value.ago else number

    def _words(self, tree: Words) -> Mask:
        wanted = tree.text.lower()
        texts = self._table.texts
        found = np.zeros(self._size, dtype=np.bool_)
        if (experiment := texts["column"].get("experiment")) is not None:
            found = experiment.having(self._experiments_with(wanted), self._size)
        for name in LOOKED_INTO:
            if (column := texts["column"].get(name)) is not None:
                found = found | column.having(self._containing(column, wanted), self._size)
        row = self._table.rows.get(wanted)
        if row is not None:
            found[row] = True
        for name, column in [*texts["param"].items(), *texts["tag"].items()]:
            if not name.startswith(HIDDEN):
                found = found | self._named(name, column, wanted)
        return found

    def _named(self, name: str, column: Texts, wanted: str) -> Mask:
        """Return which rows hold a text in `name=value`, where the column is called so."""
        before = f"{name.lower()}="
        if wanted in before:
            return column.codes(self._size) >= 0
        codes = self._containing(column, wanted)
        for place, sign in enumerate(wanted):
            if sign == "=" and before.endswith(wanted[: place + 1]):
                start = wanted[place + 1 :]
                codes += [n for n, text in enumerate(column.lowered()) if text.startswith(start)]
        return column.having(codes, self._size)

    def _containing(self, column: Texts, lowered: str) -> list[int]:
        """Return the codes of the texts that hold another, whatever their case."""
        self._hurry()
        return [code for code, text in enumerate(column.lowered()) if lowered in text]

    def _hurry(self) -> None:
        """Raise Invalid once the time is up."""
        if time.monotonic() > self._ends:
            raise Invalid(
                f"filter: it took longer than {LONGEST_S:g} s and was given up.",
                "Compare with = or contains in place of like, or look into one experiment.",
            )

    def _experiments_with(self, wanted: str) -> list[int]:
        column = self._table.texts["column"].get("experiment")
        titles = self._table.titles
        values = column.values if column else []
        return [code for code, key in enumerate(values) if wanted in titles.get(key, "").lower()]

    def _codes(self, column: Texts, passes: Callable[[str], bool]) -> list[int]:
        """Return the codes of the texts that pass. Raises Invalid once the time is up."""
        found: list[int] = []
        for start in range(0, len(column.values), CHECKED_EVERY):
            self._hurry()
            some = column.values[start : start + CHECKED_EVERY]
            found += [start + number for number, text in enumerate(some) if passes(text)]
        return found
