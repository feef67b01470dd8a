"""Follows MLflow: the change feed again and again, everything now and then."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.errors import Unavailable
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.domain import (
    Changes,
    Freshness,
    Run,
    Sync,
    TrackedExperiment,
)
from octavo_server.experiments.runs.ports import Tracking

#: A list that somebody looks at is at most this old.
WATCHED_AGE: Final = timedelta(seconds=1)
#: Age from which a list says that it may be out of date.
STALE_AGE: Final = timedelta(seconds=30)
#: Everything is compared again after this time, in case a change was missed.
SWEEP_EVERY: Final = timedelta(minutes=30)
#: Seconds that somebody waits for a comparison under way before they see what there is.
LONGEST_WAIT_S: Final = 3.0
#: Seconds that a list waits for news, where nobody looked for a while.
PATIENCE_S: Final = 0.25
#: Seconds between two looks at MLflow while somebody watches.
LOOK_EVERY_S: Final = 0.5
#: The longest rest after a look: a first reading takes a minute, and nobody shall wait another.
LONGEST_REST_S: Final = 1.0
#: Seconds after the last question for which MLflow is followed without being asked.
WATCHED_S: Final = 30.0
SLOW: Final = "MLflow was not looked at lately"
LOCK: Final = "experiments read model"
logger = logging.getLogger(__name__)


class Follower:
    """Keeps the read model of MLflow's runs fresh."""

    def __init__(
        self, database: Database, tracking: Tracking, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._tracking = tracking
        self._clock = clock
        self._refreshing = threading.Lock()
        self._why: str | None = None

    def refresh(self, max_age: timedelta = WATCHED_AGE) -> Freshness:
        """Bring the read model up to date unless it is younger than ``max_age``.

        A silent MLflow, or whatever else fails, leaves the model as it was and says so; where
        nothing was ever read it raises Unavailable.
        """
        if not self._refreshing.acquire(timeout=LONGEST_WAIT_S):
            return self._stale(self.state(), "a long comparison with MLflow is under way")
        try:
            state = self.state()
            if state.synced_at and self._clock() - state.synced_at < max_age:
                return Freshness(as_of=state.synced_at)
            at = self._catch_up(state)
        except Unavailable as error:
            return self._stale(self.state(), error.message)
        except Exception as error:
            why = f"the runs could not be taken in ({type(error).__name__}); see the service's log"
            if self._why != why:
                logger.exception("taking in runs failed")
            return self._stale(self.state(), why)
        finally:
            self._refreshing.release()
        self._why = None
        return Freshness(as_of=at)

    def state(self) -> Sync:
        """Return how far the read model is."""
        with self._database.read() as rows:
            return store.sync(rows)

    def seen(self, state: Sync) -> Freshness | None:
        """Return how old the model is as it stands; None where it was never filled."""
        if state.synced_at is None:
            return None
        old = self._clock() - state.synced_at >= STALE_AGE
        return Freshness(as_of=state.synced_at, stale=self._why if self._why or not old else SLOW)

    def _stale(self, state: Sync, why: str) -> Freshness:
        if state.synced_at is None:
            raise Unavailable(f"No run was read from MLflow yet: {why}", "Try again in a minute.")
        if self._why != why:
            logger.warning("runs are shown as of %s: %s", state.synced_at, why)
        self._why = why
        return Freshness(as_of=state.synced_at, stale=why)

    def _catch_up(self, state: Sync) -> datetime:
        at = self._clock()
        changes = self._tracking.changes(state.boot, state.seq)
        due = state.swept_at is None or at - state.swept_at >= SWEEP_EVERY
        sweep = due or not changes.complete
        new = self._take_experiments() if sweep or changes.experiments else []
        if sweep:
            self._sweep()
        else:
            self._take_runs(new)
            self._take_runs(self._tracked(), changes.runs)
        self._finish(changes, at, swept=sweep)
        return at

    def _tracked(self) -> list[TrackedExperiment]:
        with self._database.read() as rows:
            return store.tracked(rows)

    def _take_experiments(self) -> list[TrackedExperiment]:
        """Take over the list of experiments; return those that are new in it, or back again."""
        found = self._tracking.experiments()
        with self._database.write() as rows:
            rows.lock(LOCK)
            known = {one.experiment_id for one in store.tracked(rows)}
            state = store.sync(rows)
            if store.save_experiments(rows, found, state.revision + 1):
                store.save_sync(rows, replace(state, revision=state.revision + 1))
        return [one for one in found if one.experiment_id not in known]

    def _sweep(self) -> None:
        """Compare everything; what MLflow has no more, not even as deleted, is removed."""
        experiments = self._tracked()
        seen = self._take_runs(experiments)
        with self._database.read() as rows:
            missing = sorted(store.kept_ids(rows) - seen)
        # Asked for once more: another process may have taken in a run that began meanwhile.
        gone = set(missing) - self._take_runs(experiments, missing)
        if gone:
            with self._database.write() as rows:
                rows.lock(LOCK)
                state = store.sync(rows)
                store.remove_runs(rows, sorted(gone), state.revision + 1)
                store.save_sync(rows, replace(state, revision=state.revision + 1))

    def _take_runs(
        self, experiments: Sequence[TrackedExperiment], run_ids: Sequence[str] | None = None
    ) -> set[str]:
        """Take over runs, all of the experiments or some; return the ids of those there are."""
        seen: set[str] = set()
        if not experiments or (run_ids is not None and not run_ids):
            return seen
        for page in self._tracking.runs(experiments, run_ids):
            seen.update(run.run_id for run in page)
            self._save(page)
        return seen

    def _save(self, page: Sequence[Run]) -> None:
        if not page:
            return
        with self._database.write() as rows:
            rows.lock(LOCK)
            state = store.sync(rows)
            if store.save_runs(rows, page, state.revision + 1):
                store.save_sync(rows, replace(state, revision=state.revision + 1))

    def _finish(self, changes: Changes, at: datetime, *, swept: bool) -> None:
        with self._database.write() as rows:
            rows.lock(LOCK)
            state = replace(store.sync(rows), boot=changes.boot, seq=changes.seq, synced_at=at)
            store.save_sync(rows, replace(state, swept_at=at) if swept else state)


class Watch:
    """Follows MLflow on a thread of its own for as long as somebody looks at runs.

    Who asks for a list then never waits for MLflow: the thread has just looked.
    """

    def __init__(self, follower: Follower) -> None:
        self._follower = follower
        self._asked = threading.Event()
        self._looked = threading.Condition()
        self._looks = 0
        self._last_asked = 0.0
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def freshness(self) -> Freshness:
        """Return how old the read model is, after a short wait where nobody looked lately.

        Raises Unavailable where MLflow was never reached.
        """
        awake = time.monotonic() - self._last_asked < WATCHED_S
        self._last_asked = time.monotonic()
        self._start()
        seen = self._follower.seen(self._follower.state())
        if seen is None:
            return self._follower.refresh()
        if awake:
            return seen
        with self._looked:
            before = self._looks
            self._asked.set()
            self._looked.wait_for(lambda: self._looks > before, PATIENCE_S)
        return self._follower.seen(self._follower.state()) or seen

    def _start(self) -> None:
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._follow, name="runs", daemon=True)
                self._thread.start()

    def _follow(self) -> None:
        while time.monotonic() - self._last_asked < WATCHED_S:
            self._asked.clear()
            began = time.monotonic()
            try:
                self._follower.refresh()
            except Exception:  # said once: the next question starts another thread
                logger.exception("looking for new runs failed")
                return
            with self._looked:
                self._looks += 1
                self._looked.notify_all()
            rest_s = max(LOOK_EVERY_S, time.monotonic() - began)
            self._asked.wait(min(LONGEST_REST_S, rest_s))
