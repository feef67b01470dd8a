"""Rows by the value of a field, with what a group's line shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from octavo_server.experiments.runs.domain import LIVE
from octavo_server.experiments.runs.filters.syntax import Field, quoted
from octavo_server.experiments.runs.index.columns import Floats, Mask, Rows
from octavo_server.experiments.runs.index.matching import NUMERIC
from octavo_server.experiments.runs.index.table import Table

DAY_S: Final = 86_400.0
STARTED: Final = Field(kind="column", name="started")
STATUS: Final = Field(kind="column", name="status")
LONGEST_CLAUSE_VALUE: Final = 900


@dataclass(frozen=True, kw_only=True)
class MetricSummary:
    """What the finite values of a metric are in a group."""

    minimum: float
    mean: float
    maximum: float
    newest: float | None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Runs that share a value."""

    value: str | float | None
    """The value; None where they have none."""
    label: str
    """The value as text."""
    filter: str
    """A clause that finds them."""
    runs: int
    """How many."""
    live: int
    """How many are running."""
    last_run_at: datetime | None
    """Start of the newest."""
    metrics: dict[str, MetricSummary]
    """The asked metrics."""


def grouped(
    table: Table, mask: Mask, by: Field, metrics: Sequence[str], offset: int, limit: int
) -> tuple[list[Group], int]:
    """Return some of the groups, the largest first, and how many there are."""
    rows = np.flatnonzero(mask)
    keys = _keys(table, by)[rows]
    distinct, places, counts = np.unique(
        keys, return_inverse=True, return_counts=True, equal_nan=True
    )
    order = np.lexsort([distinct, -counts])
    by_group = np.argsort(places, kind="stable")
    ends = np.cumsum(counts)
    found = []
    for number in order[offset : offset + limit].tolist():
        members = rows[by_group[ends[number] - counts[number] : ends[number]]]
        found.append(_group(table, by, members, _value(table, by, distinct[number]), metrics))
    return found, len(distinct)


def _keys(table: Table, by: Field) -> Floats:
    """Return a number a row that stands for its value: the value itself, the day, or a code."""
    if by.type == "time":
        return np.floor(table.numbers_of(by).values(table.size) / DAY_S)
    if by.type in NUMERIC:
        return table.numbers_of(by).values(table.size)
    codes = table.texts_of(by).codes(table.size).astype(np.float64)
    codes[codes < 0] = np.nan
    return codes


def _value(table: Table, by: Field, key: float) -> str | float | None:
    if np.isnan(key):
        return None
    if by.type == "time":
        return datetime.fromtimestamp(key * DAY_S, tz=UTC).date().isoformat()
    return float(key) if by.type in NUMERIC else table.texts_of(by).values[int(key)]


def _group(
    table: Table, by: Field, rows: Rows, value: str | float | None, metrics: Sequence[str]
) -> Group:
    states = table.texts_of(STATUS)
    live = states.having([states.code_of(one) for one in LIVE], table.size)
    started = table.numbers_of(STARTED).values(table.size)[rows]
    newest = int(rows[np.argmax(np.nan_to_num(started, nan=-np.inf))])
    last = table.numbers_of(STARTED).get(newest)
    finite = value is None or isinstance(value, str) or np.isfinite(value)
    return Group(
        value=value if finite else None,
        label=_label(table, by, value),
        filter=_clause(by, value),
        runs=len(rows),
        live=int(np.count_nonzero(live[rows])),
        last_run_at=datetime.fromtimestamp(last, tz=UTC) if last is not None else None,
        metrics={
            name: found
            for name in metrics
            if (found := _summary(table, name, rows, newest)) is not None
        },
    )


def _label(table: Table, by: Field, value: str | float | None) -> str:
    if value is None:
        return "none"
    if isinstance(value, float):
        return f"{value:g}"
    return table.titles.get(value, value) if by.name == "experiment" else value


def _clause(by: Field, value: str | float | None) -> str:
    if value is None:
        nothing = f"{by.written} is null"
        return f"({nothing} or {by.written} = nan)" if by.kind == "metric" else nothing
    if isinstance(value, float):
        return f"{by.written} = {value!r}"
    if by.type == "time":
        next_day = date.fromisoformat(value) + timedelta(days=1)
        return f"{by.written} >= {value} and {by.written} < {next_day.isoformat()}"
    if len(value) > LONGEST_CLAUSE_VALUE:
        start = value[:LONGEST_CLAUSE_VALUE].replace("%", "_")
        return f"{by.written} like {quoted(start + '%')}"
    return f"{by.written} = {quoted(value)}"


def _summary(table: Table, name: str, rows: Rows, newest: int) -> MetricSummary | None:
    column = table.numbers["metric"].get(name)
    if column is None:
        return None
    values = column.values(table.size)[rows]
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    last = column.get(newest)
    low, high = float(values.min()), float(values.max())
    with np.errstate(over="ignore"):
        mean = float(values.mean())
    return MetricSummary(
        minimum=low,
        # Values near the largest number add up to infinity: their middle is as good a guess.
        mean=mean if np.isfinite(mean) else low / 2 + high / 2,
        maximum=high,
        newest=last if last is not None and np.isfinite(last) else None,
    )
