"""Answers lists, details and groups of runs from the index, as fresh as MLflow lets them be."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.errors import NotFound, Unavailable
from octavo_server.experiments.runs import rules, store
from octavo_server.experiments.runs.cost import RunCosts
from octavo_server.experiments.runs.domain import (
    Detail,
    Experiment,
    Freshness,
    LoggedModel,
    Page,
    Run,
)
from octavo_server.experiments.runs.follower import Follower, Watch
from octavo_server.experiments.runs.index.fields import FieldFacts
from octavo_server.experiments.runs.index.project import Question
from octavo_server.experiments.runs.indexes import MOST_RUNS, Indexes
from octavo_server.experiments.runs.lists import GroupPage, Lists, Wanted
from octavo_server.experiments.runs.ports import Tracking
from octavo_server.experiments.runs.suggestions import Completion

__all__ = ["ExperimentsService", "LoggedModel", "Run", "Wanted"]

#: Metrics that are offered as curves, and that MLflow is asked about at a time.
MOST_CURVES: Final = 500
#: Metrics that one run's page shows at a time.
MOST_SHOWN: Final = 500
#: Runs that MLflow is asked about: who compares more looks at parallel coordinates.
MOST_ASKED: Final = 10
#: One run that somebody opens is at most this old: they may have changed it just now.
ONE_AGE: Final = timedelta(seconds=0.2)
MOST_EVENTS: Final = 200
logger = logging.getLogger(__name__)


class ExperimentsService:
    """Runs of MLflow as the project's members see them."""

    def __init__(
        self,
        database: Database,
        tracking: Tracking,
        clock: Callable[[], datetime],
        costs: RunCosts | None = None,
        *,
        followed: bool = False,
        most_indexed: int = MOST_RUNS,
    ) -> None:
        """Take what it stands on; without `costs` no run has a cost.

        `followed`: a thread follows MLflow while somebody looks, so that no question waits for it.
        `most_indexed`: runs that are held in memory, of all projects together.
        """
        self._database = database
        self._tracking = tracking
        self._costs = costs
        self._follower = Follower(database, tracking, clock)
        self._watch = Watch(self._follower) if followed else None
        self._lists = Lists(database, Indexes(database, most_indexed), clock)

    def refresh(self) -> Freshness:
        """Bring the read model up to date now.

        A silent MLflow leaves the model as it was; one that was never reached raises Unavailable.
        """
        return self._follower.refresh()

    def catch_up(self) -> Freshness:
        """Bring the read model up to date, however young it is. Raises as `refresh`."""
        return self._follower.refresh(timedelta())

    def freshness(self) -> Freshness:
        """Return how old the read model is, which is fresh where MLflow answers."""
        return self._watch.freshness() if self._watch else self._follower.refresh()

    def experiments(self, project: str) -> tuple[list[Experiment], Freshness]:
        """The project's experiments, the one with the newest run first, and their age."""
        fresh = self.freshness()
        return self._lists.experiments(project), fresh

    def page(
        self,
        project: str,
        wanted: Wanted | None = None,
        *,
        columns: Sequence[str] = (),
        offset: int = 0,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """A part of the list of the project's runs.

        Raises Invalid for a filter, order, column or cursor that makes no sense, NotFound for an
        experiment that the project doesn't have.
        """
        question = self._question(project, wanted or Wanted())
        fields = rules.columns_from(columns)
        place = rules.place_of(cursor) if cursor else (offset, None)
        fresh = self.freshness()
        found = self._lists.page(project, question, fields, place, limit)
        return replace(
            found,
            fresh=fresh,
            items=tuple(replace(row, run=self.priced(row.run)) for row in found.items),
        )

    def fields(
        self, project: str, wanted: Wanted, search: str, limit: int
    ) -> tuple[list[FieldFacts], int]:
        """Fields that the asked runs have, and how many match `search`. Raises as `page`."""
        question = self._question(project, wanted)
        self.freshness()
        return self._lists.fields(project, question, search, limit)

    def completion(self, project: str, experiment: str | None, text: str, at: int) -> Completion:
        """What may stand at a place of a filter. Raises NotFound for an unknown experiment."""
        question = self._question(project, Wanted(experiment=experiment))
        self.freshness()
        return self._lists.completion(project, question, text, min(at, len(text)))

    def groups(
        self,
        project: str,
        wanted: Wanted,
        by: str,
        metrics: Sequence[str],
        *,
        offset: int,
        limit: int,
    ) -> GroupPage:
        """The asked runs by the value of a field. Raises as `page`."""
        question = self._question(project, wanted)
        field = rules.field_from(by, "by")
        fresh = self.freshness()
        found = self._lists.groups(project, question, field, metrics, offset, limit)
        return replace(found, fresh=fresh)

    def _question(self, project: str, wanted: Wanted) -> Question:
        """Say what is asked for; an experiment that isn't known yet is looked for in MLflow."""
        try:
            return self._lists.question(project, wanted)
        except NotFound:
            self._follower.refresh(ONE_AGE)
            return self._lists.question(project, wanted)

    def run(self, project: str, run_id: str) -> Run:
        """One run of the project, as good as at this moment. Raises NotFound."""
        self._follower.refresh(ONE_AGE)
        with self._database.read() as rows:
            found = store.get_run(rows, project, run_id)
        if found is None:
            raise NotFound(
                f"Project {project} has no run {run_id[:64]!r}.",
                "Check the id; a run in an experiment outside the project isn't shown here.",
            )
        return self.priced(found)

    def runs(self, project: str, run_ids: Sequence[str]) -> list[Run]:
        """Those of some runs that the project has, in their order, as they are in MLflow now."""
        self.catch_up()
        with self._database.read() as rows:
            return [self.priced(run) for run in store.runs_by_id(rows, project, run_ids)]

    def priced(self, run: Run) -> Run:
        """The run with what it cost."""
        cost = self._costs.of(run) if self._costs else None
        return run if cost == run.cost_micro_eur else replace(run, cost_micro_eur=cost)

    def detail(self, project: str, run_id: str, search: str = "") -> Detail:
        """A run with the metrics that are called as `search` says, and the models it logged.

        Of the metrics at most MOST_SHOWN, and those of them that are curves. Raises NotFound.
        """
        run = self.run(project, run_id)
        names = rules.metrics_with(run, search)
        metrics = {name: run.latest[name] for name in names[:MOST_SHOWN]}
        return Detail(
            run=run,
            metrics=metrics,
            found=len(names),
            curves=self.curves([replace(run, latest=metrics)]),
            models=tuple(self.models(run)),
        )

    def models(self, run: Run) -> list[LoggedModel]:
        """The models that `run` logged, newest first."""
        return self._tracking.models(run.experiment_id, run.run_id)

    def revision(self) -> int:
        """Number of the newest refresh that changed something."""
        return self._follower.state().revision

    def changed_since(self, project: str, revision: int) -> tuple[list[Run], datetime]:
        """Runs of the project that changed after `revision`, the removed ones too, and as of when.

        All runs of one revision come together, so that none is lost between two calls.
        """
        fresh = self.freshness()
        with self._database.read() as rows:
            found = store.runs_since(rows, project, revision, MOST_EVENTS)
        return [self.priced(run) for run in found], fresh.as_of

    def curves(self, runs: Sequence[Run]) -> tuple[str, ...]:
        """Metrics that the runs logged more than once, by name; at most MOST_CURVES.

        Of what was never logged with a step MLflow alone knows whether there are more values.
        """
        found = rules.stepped(runs)
        for run in runs[:MOST_ASKED]:
            unknown = sorted(run.latest.keys() - found)[:MOST_CURVES]
            if not unknown:
                continue
            try:
                found |= self._tracking.repeated(run.run_id, unknown)
            except Unavailable as error:
                logger.warning("curves without steps are left out: %s", error.message)
                break
        return tuple(sorted(found)[:MOST_CURVES])
