"""The index of one project: its table, the answers it gave lately, and one lock around both."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import numpy as np

from octavo_server.experiments.runs.filters.syntax import (
    All,
    Comparison,
    Field,
    Filter,
    Value,
    moves_with_time,
)
from octavo_server.experiments.runs.index.columns import Mask, Rows
from octavo_server.experiments.runs.index.fields import nowhere
from octavo_server.experiments.runs.index.matching import Matcher
from octavo_server.experiments.runs.index.ordering import ordered
from octavo_server.experiments.runs.index.table import MOST_DEAD, IndexedRun, Table

MOST_ANSWERS: Final = 64
"""Answers that are kept for the next page of the same list."""
STARTED: Final = Field(kind="column", name="started")
EVERYTHING: Final = All()


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which runs are asked for, in which order."""

    tree: Filter = EVERYTHING
    """The filter."""
    experiment_id: str | None = None
    """One experiment; None: all of the project."""
    order: Field = STARTED
    """What they are sorted by."""
    descending: bool = True
    """True: the largest first."""

    @property
    def whole(self) -> Filter:
        """The filter with the experiment in it."""
        if self.experiment_id is None:
            return self.tree
        here = Comparison(
            field=Field(kind="column", name="experiment"),
            op="=",
            value=Value(text=self.experiment_id),
        )
        return All(parts=(here, self.tree))


@dataclass(frozen=True, kw_only=True)
class Slice:
    """A part of the answer to a question."""

    run_ids: tuple[str, ...]
    """The runs, in order."""
    revisions: tuple[int, ...]
    """For each of them the refresh that last changed it."""
    titles: Mapping[str, str]
    """Titles of the project's experiments by id."""
    offset: int
    """How many come before them."""
    total: int
    """How many there are in all."""
    revision: int
    """Revision of the table that was asked."""
    nowhere: tuple[str, ...]
    """Fields that the filter names and no run has."""


class ProjectIndex:
    """Runs of one project in memory; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._table = Table()
        self._names: dict[str | None, tuple[int, tuple[str, ...]]] = {}
        self._answers: OrderedDict[Question, tuple[int, Rows]] = OrderedDict()

    @property
    def revision(self) -> int:
        """Revision of the newest run that was taken in."""
        return self._table.revision

    @property
    def size(self) -> int:
        """How many runs are known."""
        return self._table.size

    @property
    def worn(self) -> bool:
        """True once so many runs were removed that reading the table anew saves memory."""
        return self._table.dead > max(MOST_DEAD, len(self._table.ids) // 2)

    def take(self, runs: Iterable[IndexedRun], titles: Mapping[str, str]) -> None:
        """Add runs or put them in place of what was known, and keep the experiments' titles."""
        with self._lock:
            self._table.take(runs)
            if self._table.titles != titles:
                self._table.titles = dict(titles)
                self._answers.clear()

    def ask(
        self, question: Question, now: float, offset: int, limit: int, after: str | None = None
    ) -> Slice:
        """Return ``limit`` runs from ``offset`` on, or those that follow the run ``after``.

        Raises Invalid for a filter that takes too long.
        """
        with self._lock:
            rows = self._answer(question, now)
            if after is not None:
                offset = self._behind(rows, after, offset)
            table, shown = self._table, rows[offset : offset + limit].tolist()
            return Slice(
                run_ids=tuple(table.ids[row] for row in shown),
                revisions=tuple(table.revisions[row] for row in shown),
                titles=table.titles,
                offset=offset,
                total=len(rows),
                revision=table.revision,
                nowhere=nowhere(table, question.tree),
            )

    @contextmanager
    def matching(self, question: Question, now: float) -> Iterator[tuple[Table, Mask]]:
        """Give the table and which rows are asked for; nothing changes within the block."""
        with self._lock:
            yield self._table, self._mask(question, now)

    def metric_names(self, experiment_id: str | None, most: int) -> tuple[str, ...]:
        """Return names of metrics, those that most runs have first; by name where all have them.

        With an experiment only those that its runs have.
        """
        with self._lock:
            kept = self._names.get(experiment_id)
            if kept is None or kept[0] != self._table.revision:
                kept = (self._table.revision, self._metric_names(experiment_id))
                self._names = {**self._names, experiment_id: kept}
            return kept[1][:most]

    def _metric_names(self, experiment_id: str | None) -> tuple[str, ...]:
        if experiment_id is None:
            columns = self._table.numbers["metric"]
            counts: Mapping[str, int] = {name: len(one) for name, one in columns.items()}
        else:
            here = np.flatnonzero(self._mask(Question(experiment_id=experiment_id), 0.0))
            counts = self._table.metric_counts(here.tolist())
        named = [name for name, count in counts.items() if count]
        return tuple(sorted(named, key=lambda name: (-counts[name], name)))

    def _mask(self, question: Question, now: float) -> Mask:
        return Matcher(self._table, now).rows(question.whole) & self._table.alive_mask()

    def _answer(self, question: Question, now: float) -> Rows:
        kept = self._answers.get(question)
        if kept is not None and kept[0] == self._table.revision:
            self._answers.move_to_end(question)
            return kept[1]
        table, found = self._table, np.flatnonzero(self._mask(question, now))
        rows = ordered(table, found, question.order, descending=question.descending)
        if not moves_with_time(question.tree):
            self._answers[question] = (table.revision, rows)
            if len(self._answers) > MOST_ANSWERS:
                self._answers.popitem(last=False)
        return rows

    def _behind(self, rows: Rows, run_id: str, otherwise: int) -> int:
        """Return the place behind a run, ``otherwise`` where the answer has it no more."""
        row = self._table.rows.get(run_id, -1)
        places = np.flatnonzero(rows == row)
        return int(places[0]) + 1 if len(places) else otherwise
