"""All runs of a project as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import numpy as np

from octavo_server.experiments.runs.filters.syntax import Field
from octavo_server.experiments.runs.index.columns import Mask, Numbers, Texts

MOST_DEAD: Final = 10_000
"""Rows of removed runs that are kept before the table is read anew."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexedRun:
    """What the index keeps of a run."""

    run_id: str
    """MLflow's id."""
    experiment_id: str
    """Its experiment."""
    name: str
    """Its name."""
    status: str
    """Where it is."""
    owner: str
    """Who started it."""
    started_at: datetime | None
    """Start, UTC."""
    ended_at: datetime | None
    """End, UTC."""
    metrics: Mapping[str, float]
    """Latest values; NaN and infinities among them."""
    params: Mapping[str, str]
    """Parameters."""
    tags: Mapping[str, str]
    """Tags."""
    models: int
    """How many models it logged."""
    removed: bool
    """True when it was deleted."""
    revision: int
    """Number of the refresh that last changed it."""


BY_TAG: Final = {"notebook": "octavo.notebook.path", "profile": "octavo.profile"}
"""Columns that are tags which Octavo's own SDK writes."""
Held = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""Names of the metrics, parameters and tags that a row has; equal ones are kept once."""
_NONE: Final[Held] = ((), (), ())


class Table:
    """The runs of one project; a row stays a run's own until the table is read anew."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.rows: dict[str, int] = {}
        self.revision = 0
        self.alive: list[bool] = []
        self.revisions: list[int] = []
        self.dead = 0
        self.numbers: dict[str, dict[str, Numbers]] = {"column": {}, "metric": {}}
        self.texts: dict[str, dict[str, Texts]] = {"column": {}, "param": {}, "tag": {}}
        self.titles: Mapping[str, str] = {}
        self._alive: Mask | None = None
        self._held: list[Held] = []
        self._same: dict[Held, Held] = {}

    @property
    def size(self) -> int:
        """How many rows there are, those of removed runs too."""
        return len(self.ids)

    def alive_mask(self) -> Mask:
        """Return which rows hold a run that was not removed."""
        if self._alive is None:
            self._alive = np.array(self.alive, dtype=np.bool_)
        return self._alive

    def take(self, runs: Iterable[IndexedRun]) -> None:
        """Add runs, or put them in place of what was known of them."""
        for run in runs:
            row = self.rows.get(run.run_id)
            if row is None:
                row = self.rows[run.run_id] = len(self.ids)
                self.ids.append(run.run_id)
                self.alive.append(False)
                self.revisions.append(0)
                self._held.append(_NONE)
                self.dead += 1
            self._put(row, run)
            self.revision = max(self.revision, run.revision)
        self._alive = None

    def _put(self, row: int, run: IndexedRun) -> None:
        self.dead += self.alive[row] - (not run.removed)
        self.alive[row] = not run.removed
        self.revisions[row] = run.revision
        columns: dict[str, float | None] = {
            "started": run.started_at.timestamp() if run.started_at else None,
            "ended": run.ended_at.timestamp() if run.ended_at else None,
            "duration": _seconds(run),
            "models": float(run.models),
        }
        words: dict[str, str | None] = {
            "name": run.name,
            "status": run.status,
            "owner": run.owner,
            "experiment": run.experiment_id,
            "run_id": run.run_id,
        }
        _put(self.numbers["column"], Numbers, row, columns, self.size)
        _put(self.texts["column"], Texts, row, words, self.size)
        self._put_named(row, run)

    def _put_named(self, row: int, run: IndexedRun) -> None:
        """Put what has a name of its own, and take away what the run has no more."""
        given = (run.metrics, run.params, run.tags)
        now: Held = _NONE if run.removed else (tuple(given[0]), tuple(given[1]), tuple(given[2]))
        before = self._held[row]
        self._held[row] = self._same.setdefault(now, now)
        places: tuple[Mapping[str, Numbers | Texts], ...] = (
            self.numbers["metric"],
            self.texts["param"],
            self.texts["tag"],
        )
        for place, old, new in zip(places, before, now, strict=True):
            for name in set(old).difference(new) if old != new else ():
                place[name].put(row, None, self.size)
        if not run.removed:
            _put(self.numbers["metric"], Numbers, row, run.metrics, self.size)
            _put(self.texts["param"], Texts, row, run.params, self.size)
            _put(self.texts["tag"], Texts, row, run.tags, self.size)

    def metric_counts(self, rows: Iterable[int]) -> Mapping[str, int]:
        """Return how many of ``rows`` have each metric."""
        alike = Counter(self._held[row][0] for row in rows)
        found: Counter[str] = Counter()
        for names, count in alike.items():
            for name in names:
                found[name] += count
        return found

    def numbers_of(self, field: Field) -> Numbers:
        """Return the column of a field whose values are numbers; an empty one where none has it."""
        return self.numbers[field.kind].get(field.name) or Numbers()

    def texts_of(self, field: Field) -> Texts:
        """Return the column of a field whose values are texts; an empty one where none has it."""
        tag = BY_TAG.get(field.name) if field.kind == "column" else None
        place = self.texts["tag" if tag else field.kind]
        return place.get(tag or field.name) or Texts()


Column = TypeVar("Column", Numbers, Texts)


def _put(
    place: dict[str, Column],
    kind: type[Column],
    row: int,
    values: Mapping[str, Any],
    size: int,
) -> None:
    for name, value in values.items():
        column = place.get(name)
        if column is None:
            column = place[name] = kind()
        column.put(row, value, size)


def _seconds(run: IndexedRun) -> float | None:
    if run.started_at is None or run.ended_at is None:
        return None
    return (run.ended_at - run.started_at).total_seconds()
