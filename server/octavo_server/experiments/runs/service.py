"""Keeps the read model of MLflow's runs fresh, and answers lists and details."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.errors import NotFound, Unavailable
from octavo_server.experiments.runs import rules, store
from octavo_server.experiments.runs.cost import RunCosts
from octavo_server.experiments.runs.domain import (
    Changes,
    Detail,
    Experiment,
    LoggedModel,
    Page,
    Run,
    Series,
    Sync,
)
from octavo_server.experiments.runs.ports import Tracking

__all__ = ["ExperimentsService", "LoggedModel", "Run", "Series"]

#: A list that somebody looks at is at most this old.
WATCHED_AGE: Final = timedelta(seconds=1)
#: Everything is compared again after this time, in case a change was missed.
SWEEP_EVERY: Final = timedelta(minutes=30)
#: Seconds that a list waits for a refresh under way before it shows what there is.
LONGEST_WAIT_S: Final = 3.0
MOST_POINTS: Final = 500
MOST_CURVES: Final = 20
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
    ) -> None:
        """Take what it stands on; without `costs` no run has a cost."""
        self._database = database
        self._tracking = tracking
        self._clock = clock
        self._costs = costs
        self._refreshing = threading.Lock()

    def refresh(self, max_age: timedelta = WATCHED_AGE) -> datetime:
        """Brings the read model up to date unless it is younger than `max_age`.

        Returns when it last agreed with MLflow.  A silent MLflow leaves the model as it was;
        one that was never reached raises Unavailable.
        """
        if not self._refreshing.acquire(timeout=LONGEST_WAIT_S):
            return self._stale(self._state(), "a long comparison with MLflow is under way")
        try:
            state = self._state()
            if state.synced_at and self._clock() - state.synced_at < max_age:
                return state.synced_at
            return self._catch_up(state)
        except Unavailable as error:
            return self._stale(self._state(), error.message)
        finally:
            self._refreshing.release()

    def experiments(self, project: str) -> tuple[list[Experiment], datetime]:
        """The project's experiments, the one with the newest run first, and their age."""
        as_of = self.refresh()
        with self._database.read() as rows:
            return store.experiments(rows, project), as_of

    def page(
        self,
        project: str,
        *,
        experiment: str | None = None,
        search: str = "",
        order_by: str = "-started_at",
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page:
        """A page of the project's runs; `experiment` is an id or a title.

        Raises Invalid for an order or a cursor that makes no sense, NotFound for an experiment
        that the project doesn't have.
        """
        order = rules.order_from(order_by)
        after = rules.position_from(cursor, order) if cursor else None
        as_of = self.refresh()
        with self._database.read() as rows:
            key = self._experiment_id(store.titles(rows, project), experiment)
            runs = store.RunList(rows, project, key, search, order)
            found, positions = runs.page(after, limit + 1)
            total = runs.total()
            metrics = store.metrics_of(rows, project, key)
        more = len(found) > limit
        return Page(
            items=tuple(self.priced(one) for one in found[:limit]),
            next_cursor=rules.cursor_of(order, positions[limit - 1]) if more else None,
            total=total,
            metrics=metrics,
            as_of=as_of,
        )

    def run(self, project: str, run_id: str) -> Run:
        """One run of the project. Raises NotFound."""
        self.refresh()
        with self._database.read() as rows:
            found = store.get_run(rows, project, run_id)
        if found is None:
            raise NotFound(
                f"Project {project} has no run {run_id[:64]!r}.",
                "Check the id; a run in an experiment outside the project isn't shown here.",
            )
        return self.priced(found)

    def priced(self, run: Run) -> Run:
        """The run with what it cost."""
        return replace(run, cost_micro_eur=self._costs.of(run)) if self._costs else run

    def detail(self, project: str, run_id: str) -> Detail:
        """A run with the histories of its metrics and the models it logged. Raises NotFound."""
        run = self.run(project, run_id)
        curves = self.curves([run])
        series = [
            curves[name][0] if name in curves else _single(run, name) for name in sorted(run.latest)
        ]
        return Detail(run=run, series=tuple(series), models=tuple(self.models(run)))

    def models(self, run: Run) -> list[LoggedModel]:
        """The models that `run` logged, newest first."""
        return self._tracking.models(run.experiment_id, run.run_id)

    def revision(self) -> int:
        """Number of the newest refresh that changed something."""
        return self._state().revision

    def changed_since(self, project: str, revision: int) -> list[Run]:
        """Runs of the project that changed after `revision`, the removed ones too."""
        self.refresh()
        with self._database.read() as rows:
            found = store.runs_since(rows, project, revision, MOST_EVENTS)
        return [self.priced(one) for one in found]

    def _stale(self, state: Sync, why: str) -> datetime:
        if state.synced_at is None:
            raise Unavailable(f"No run was read from MLflow yet: {why}", "Try again in a minute.")
        logger.warning("runs are shown as of %s: %s", state.synced_at, why)
        return state.synced_at

    def _state(self) -> Sync:
        with self._database.read() as rows:
            return store.sync(rows)

    def _catch_up(self, state: Sync) -> datetime:
        at = self._clock()
        changes = self._tracking.changes(state.boot, state.seq)
        due = state.swept_at is None or at - state.swept_at >= SWEEP_EVERY
        sweep = due or not changes.complete
        if sweep or changes.experiments:
            self._take_experiments()
        if sweep or changes.runs:
            self._take_runs(None if sweep else changes.runs)
        self._finish(changes, at, swept=sweep)
        return at

    def _take_experiments(self) -> None:
        found = self._tracking.experiments()
        with self._database.write() as rows:
            state = store.sync(rows)
            if store.save_experiments(rows, found, state.revision + 1):
                store.save_sync(rows, replace(state, revision=state.revision + 1))

    def _take_runs(self, run_ids: Sequence[str] | None) -> None:
        with self._database.read() as rows:
            experiments = store.tracked(rows)
        for page in self._tracking.runs(experiments, run_ids):
            with self._database.write() as rows:
                state = store.sync(rows)
                if store.save_runs(rows, page, state.revision + 1):
                    store.save_sync(rows, replace(state, revision=state.revision + 1))

    def _finish(self, changes: Changes, at: datetime, *, swept: bool) -> None:
        with self._database.write() as rows:
            state = replace(store.sync(rows), boot=changes.boot, seq=changes.seq, synced_at=at)
            store.save_sync(rows, replace(state, swept_at=at) if swept else state)

    @staticmethod
    def _experiment_id(titles: dict[str, str], experiment: str | None) -> str | None:
        if experiment is None or experiment in titles:
            return experiment
        for key, title in titles.items():
            if title == experiment:
                return key
        raise NotFound(
            f"The project has no experiment {experiment[:100]!r}.",
            "See GET experiments for its experiments.",
        )

    def curves(self, runs: Sequence[Run]) -> dict[str, tuple[Series, ...]]:
        """The histories of the runs' metrics by name, one series a run."""
        found = {}
        for name in rules.multi_step(runs)[:MOST_CURVES]:
            ids = [run.run_id for run in runs]
            points = self._tracking.history(ids, name, MOST_POINTS)
            found[name] = tuple(
                Series(
                    name=name,
                    latest=run.metrics.get(name),
                    points=points.get(run.run_id, ()),
                    thinned=len(points.get(run.run_id, ())) >= MOST_POINTS,
                )
                for run in runs
            )
        return found


def _single(run: Run, name: str) -> Series:
    point = run.latest[name]
    return Series(name=name, latest=point.value, points=(point,), thinned=False)
