"""Which fields the runs of a table have, with what a filter bar and column pickers show of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from octavo_server.experiments.runs.filters.syntax import COLUMNS, Field, Filter, fields_in
from octavo_server.experiments.runs.index.columns import Floats, Mask, Texts
from octavo_server.experiments.runs.index.matching import HIDDEN, NUMERIC
from octavo_server.experiments.runs.index.table import Table

EXAMPLES: Final = 5
LONGEST_EXAMPLE: Final = 100


@dataclass(frozen=True, kw_only=True)
class FieldFacts:
    """A field and what its values are."""

    of: Field
    """The field."""
    type: str
    """number, text, time or duration."""
    runs: int
    """How many runs have it."""
    minimum: float | None = None
    """Smallest finite number."""
    maximum: float | None = None
    """Largest finite number."""
    examples: tuple[str, ...] = ()
    """The most frequent values."""

    @property
    def field(self) -> str:
        """The field as it is written."""
        return self.of.written

    @property
    def kind(self) -> str:
        """column, metric, param or tag."""
        return self.of.kind

    @property
    def name(self) -> str:
        """Its bare name."""
        return self.of.name


def listed(table: Table, search: str) -> list[tuple[Field, int]]:
    """Return the fields with the text ``search`` in them and how many rows have each.

    The columns come first; then metrics, parameters and tags, those that most rows have first.
    MLflow's own tags come last.
    """
    wanted = search.lower()
    columns = [(Field(kind="column", name=name), table.size) for name in COLUMNS]
    named = sorted(_named(table), key=lambda one: (_internal(one[0]), -one[1], one[0].written))
    return [one for one in [*columns, *named] if _holds(one[0], wanted)]


def nowhere(table: Table, tree: Filter) -> tuple[str, ...]:
    """Return the metrics, parameters and tags that a filter names and no row has, as written."""
    named = dict.fromkeys(one for one in fields_in(tree) if one.kind != "column")
    return tuple(
        one.written
        for one in named
        if not len(table.numbers_of(one) if one.kind == "metric" else table.texts_of(one))
    )


def _holds(field: Field, wanted: str) -> bool:
    return wanted in field.written.lower() or wanted in f"{field.prefix}{field.name}".lower()


def _internal(field: Field) -> bool:
    return field.kind == "tag" and field.name.startswith(HIDDEN)


def _named(table: Table) -> Iterator[tuple[Field, int]]:
    for name, numbers in table.numbers["metric"].items():
        if len(numbers):
            yield Field(kind="metric", name=name), len(numbers)
    for kind in ("param", "tag"):
        for name, texts in table.texts[kind].items():
            if len(texts):
                yield Field(kind=kind, name=name), len(texts)


def facts(table: Table, field: Field, mask: Mask) -> FieldFacts:
    """Return what the values of a field are in the rows of ``mask``."""
    if field.type in NUMERIC:
        numbers = table.numbers_of(field)
        low, high = _range(numbers.values(table.size)[mask])
        runs = int(np.count_nonzero(numbers.present(table.size) & mask))
        return FieldFacts(of=field, type=field.type, runs=runs, minimum=low, maximum=high)
    column = table.texts_of(field)
    counts = counted(column, mask)
    used = np.flatnonzero(counts)
    low, high = _range(column.numbers()[used])
    all_numbers = len(used) > 0 and not np.isnan(column.numbers()[used]).any()
    return FieldFacts(
        of=field,
        type="number" if field.kind != "column" and all_numbers else "text",
        runs=int(counts.sum()),
        minimum=low,
        maximum=high,
        examples=tuple(
            shown(table, field, column.values[code])[:LONGEST_EXAMPLE]
            for code in most_frequent(counts)[:EXAMPLES]
        ),
    )


def counted(column: Texts, mask: Mask) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return how many rows of ``mask`` have each text, by code."""
    codes = column.codes(len(mask))[mask]
    return np.bincount(codes[codes >= 0], minlength=len(column.values))


def most_frequent(counts: np.ndarray[tuple[int], np.dtype[np.int64]]) -> list[int]:
    """Return the codes that occur, the most frequent first."""
    order = np.argsort(-counts, kind="stable")
    return [int(code) for code in order if counts[code]]


def shown(table: Table, field: Field, value: str) -> str:
    """Return a value as people know it: of an experiment its title."""
    is_experiment = field.kind == "column" and field.name == "experiment"
    return table.titles.get(value, value) if is_experiment else value


def _range(values: Floats) -> tuple[float | None, float | None]:
    finite = values[np.isfinite(values)]
    return (float(finite.min()), float(finite.max())) if len(finite) else (None, None)
