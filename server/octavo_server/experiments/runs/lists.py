"""Lists, fields and groups of a project's runs, out of its index and the rows that are shown."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.experiments.runs import rules, store
from octavo_server.experiments.runs.baselines import baselines_of
from octavo_server.experiments.runs.domain import LIVE, Experiment, Freshness, Page
from octavo_server.experiments.runs.filters.cursor import hole_at, problem_of
from octavo_server.experiments.runs.filters.syntax import Field
from octavo_server.experiments.runs.index import fields, groups
from octavo_server.experiments.runs.index.columns import Mask
from octavo_server.experiments.runs.index.project import ProjectIndex, Question
from octavo_server.experiments.runs.index.table import Table
from octavo_server.experiments.runs.indexes import Indexes
from octavo_server.experiments.runs.shelf import Shelf
from octavo_server.experiments.runs.suggestions import Completion, suggested

MOST_METRIC_NAMES: Final = 200
NEVER: Final = Freshness(as_of=datetime.fromtimestamp(0, tz=UTC))


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which runs somebody asks for, as texts."""

    experiment: str | None = None
    """Id or title of an experiment; None for all."""
    filter: str = ""
    """The filter."""
    words: str = ""
    """Words that must all occur."""
    order_by: str = "-started_at"
    """The order."""


@dataclass(frozen=True, kw_only=True)
class GroupPage:
    """Some of the groups of runs."""

    items: tuple[groups.Group, ...]
    """The groups, the largest first."""
    total: int
    """How many groups there are."""
    runs: int
    """How many runs they hold together."""
    fresh: Freshness = NEVER
    """How old it is."""


class Lists:
    """Asks the index."""

    def __init__(self, database: Database, indexes: Indexes, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._indexes = indexes
        self._clock = clock
        self._shelf = Shelf(database)

    def question(self, project: str, wanted: Wanted) -> Question:
        """Return what `wanted` asks for. Raises Invalid, or NotFound for its experiment."""
        order, descending = rules.order_from(wanted.order_by)
        tree = rules.tree_of(wanted.filter, wanted.words)
        experiment = wanted.experiment
        if experiment is not None:
            with self._database.read() as rows:
                experiment = _experiment_id(store.titles(rows, project), experiment)
        return Question(tree=tree, experiment_id=experiment, order=order, descending=descending)

    def page(
        self,
        project: str,
        question: Question,
        columns: Sequence[Field],
        place: tuple[int, str | None],
        limit: int,
    ) -> Page:
        """Return the runs from a place on, with the asked columns."""
        index = self._index(project)
        part = index.ask(question, self._now(), place[0], limit, after=place[1])
        runs = self._shelf.runs(project, part)
        with self._database.read() as rows:
            baselines = baselines_of(rows, project, {run.experiment_id for run in runs})
        more = part.offset + len(part.run_ids) < part.total
        return Page(
            items=tuple(
                rules.row_of(run, columns, baselines.get(run.experiment_id)) for run in runs
            ),
            next_cursor=rules.cursor_of(part.offset + len(part.run_ids), part.run_ids[-1])
            if more and part.run_ids
            else None,
            total=part.total,
            offset=part.offset,
            metrics=index.metric_names(question.experiment_id, MOST_METRIC_NAMES),
            baselines=tuple(baselines.values()),
            nowhere=part.nowhere,
            revision=part.revision,
            fresh=NEVER,
        )

    def fields(
        self, project: str, question: Question, search: str, limit: int
    ) -> tuple[list[fields.FieldFacts], int]:
        """Return facts of the fields that hold ``search``, and how many do."""
        with self._index(project).matching(question, self._now()) as (table, mask):
            found = fields.listed(table, search)
            return [fields.facts(table, one, mask) for one, _ in found[:limit]], len(found)

    def completion(self, project: str, question: Question, text: str, at: int) -> Completion:
        """Return what may stand at the character ``at`` of a filter, and what is wrong with it."""
        hole = hole_at(text, at)
        with self._index(project).matching(question, self._now()) as (table, mask):
            items = suggested(table, mask, hole)
        return Completion(start=hole.start, end=at, items=items, problem=problem_of(text))

    def groups(
        self,
        project: str,
        question: Question,
        by: Field,
        metrics: Sequence[str],
        offset: int,
        limit: int,
    ) -> GroupPage:
        """Return the asked runs by the value of a field."""
        with self._index(project).matching(question, self._now()) as (table, mask):
            items, total = groups.grouped(table, mask, by, metrics, offset, limit)
            return GroupPage(items=tuple(items), total=total, runs=int(np.count_nonzero(mask)))

    def experiments(self, project: str) -> list[Experiment]:
        """Return the project's experiments, the one with the newest run first."""
        with self._database.read() as rows:
            listed = [one for one in store.tracked(rows) if one.project == project]
        with self._index(project).matching(Question(), self._now()) as (table, mask):
            found = [_counted(table, mask, one.experiment_id, one.name, project) for one in listed]
        found.sort(key=lambda one: (one.last_run_at is None, -_stamp(one.last_run_at), one.name))
        return found

    def _index(self, project: str) -> ProjectIndex:
        with self._database.read() as rows:
            revision = store.sync(rows).revision
        return self._indexes.of(project, revision)

    def _now(self) -> float:
        return self._clock().timestamp()


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def _counted(table: Table, mask: Mask, key: str, name: str, project: str) -> Experiment:
    column = table.texts_of(Field(kind="column", name="experiment"))
    here = column.having([column.code_of(key)], table.size) & mask
    states = table.texts_of(groups.STATUS)
    live = states.having([states.code_of(one) for one in LIVE], table.size)
    started = table.numbers_of(groups.STARTED).values(table.size)[here]
    newest = np.nanmax(started) if np.isfinite(started).any() else None
    return Experiment(
        experiment_id=key,
        name=name,
        title=rules.title_of(project, name),
        runs=int(np.count_nonzero(here)),
        live=int(np.count_nonzero(here & live)),
        last_run_at=datetime.fromtimestamp(float(newest), tz=UTC) if newest is not None else None,
    )


def _experiment_id(titles: dict[str, str], experiment: str) -> str:
    if experiment in titles:
        return experiment
    for key, title in titles.items():
        if title == experiment:
            return key
    raise NotFound(
        f"The project has no experiment {experiment[:100]!r}.",
        "See GET experiments for its experiments.",
    )
