"""Octavo's operations and MLflow's own changes, in any order: the lists are what MLflow holds."""

from __future__ import annotations

import math
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.mlflow_records import FakeTracking
from tests.support.people import SCIENTIST
from tests.support.services import open_audit
from tests.unit.experiments.test_refresh import Clock
from tests.unit.experiments.test_rules import AT, run
from tests.unit.experiments.test_store import FOREIGN, LATE, OTHER

from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import NotFound, Unavailable
from octavo_server.experiments.runs.actions import RunActions
from octavo_server.experiments.runs.domain import Run, RunStatus, point_of
from octavo_server.experiments.runs.follower import SWEEP_EVERY
from octavo_server.experiments.runs.service import ExperimentsService, Wanted
from octavo_server.experiments.runs.tagging import TagChange

IDS = st.integers(0, 7).map("{:032x}".format)
VALUES = st.sampled_from([0.1, 0.5, 0.9, math.nan, math.inf])
LOW = "metrics.auc < 0.6"


class Interleaved(RuleBasedStateMachine):
    """MLflow as it really is (`FakeTracking.held`) beside what Octavo shows."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="octavo-"))
        self.tracking = FakeTracking([LATE, OTHER, FOREIGN])
        self.clock = Clock()
        database = MemoryDatabase()
        self.runs = ExperimentsService(database, self.tracking, self.clock)
        audit = open_audit(database, self.folder)
        self.actions = RunActions(database, audit, self.runs, self.tracking)
        self.seen_late = True

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _shown(self) -> list[Run]:
        """The project's runs in MLflow, newest first."""
        listed = {one.experiment_id for one in self.tracking.listed}
        kept = [one for one in self.tracking.held.values() if one.experiment_id in listed]
        mine = [one for one in kept if one.project == "flights" and not one.removed]
        return sorted(mine, key=lambda one: (-one.started_at.timestamp(), one.run_id))  # type: ignore[union-attr]

    @rule(run_id=IDS, experiment=st.sampled_from(["1", "2"]), value=VALUES)
    def a_client_logs(self, run_id: str, experiment: str, value: float) -> None:
        known = self.tracking.held.get(run_id)
        fresh = run(
            run_id,
            experiment_id=experiment,
            started_at=AT + timedelta(minutes=int(run_id, 16)),
            status=RunStatus.RUNNING,
        )
        base = known or fresh
        point = {"auc": point_of(value, 1, AT)}
        self.tracking.write(replace(base, latest={**base.latest, **point}))

    @rule(run_id=IDS, removed=st.booleans())
    def a_client_removes_or_restores(self, run_id: str, removed: bool) -> None:
        if run_id in self.tracking.held:
            self.tracking.write(replace(self.tracking.held[run_id], removed=removed))

    @rule(run_id=IDS, value=VALUES)
    def somebody_writes_behind_the_change_feed(self, run_id: str, value: float) -> None:
        if run_id in self.tracking.held:
            known = self.tracking.held[run_id]
            point = {"auc": point_of(value, 2, AT)}
            self.tracking.held[run_id] = replace(known, latest=point)
            self.seen_late = False

    @rule(run_id=IDS)
    def somebody_deletes_for_good(self, run_id: str) -> None:
        if self.tracking.held.pop(run_id, None) is not None:
            self.seen_late = False

    @rule()
    def mlflow_starts_anew(self) -> None:
        self.tracking.forgetful = not self.tracking.forgetful

    @rule()
    def an_experiment_comes_or_goes(self) -> None:
        gone = OTHER in self.tracking.listed
        self.tracking.listed = [LATE, FOREIGN] if gone else [LATE, OTHER, FOREIGN]
        self.seen_late = False

    @rule()
    def mlflow_goes_away_or_comes_back(self) -> None:
        self.tracking.away = not self.tracking.away

    @rule(run_ids=st.lists(IDS, min_size=1, max_size=4, unique=True), team=st.sampled_from("ab"))
    def a_person_tags(self, run_ids: list[str], team: str) -> None:
        try:
            self.actions.tag(
                SCIENTIST, "flights", TagChange(runs=tuple(run_ids), set={"team": team})
            )
        except (NotFound, Unavailable):
            return  # one is gone, or MLflow was never reached

    @rule(run_id=IDS)
    def a_person_pins(self, run_id: str) -> None:
        try:
            self.actions.pin(SCIENTIST, "flights", run_id)
        except (NotFound, Unavailable):
            return

    @rule()
    def time_passes(self) -> None:
        self.clock.advance(seconds=SWEEP_EVERY.total_seconds() + 1)

    @rule()
    def somebody_looks(self) -> None:
        try:
            self.runs.page("flights")
        except Unavailable:
            assert self.tracking.away

    @precondition(lambda self: not self.tracking.away)
    @invariant()
    def lists_are_what_mlflow_holds(self) -> None:
        if not self.seen_late:
            self.clock.advance(seconds=SWEEP_EVERY.total_seconds() + 1)
            self.seen_late = True
        self.runs.catch_up()
        page = self.runs.page("flights", limit=50)
        shown = self._shown()
        assert [row.run.run_id for row in page.items] == [one.run_id for one in shown]
        assert [row.run for row in page.items] == [
            replace(one, revision=row.run.revision)
            for one, row in zip(shown, page.items, strict=True)
        ]
        low = self.runs.page("flights", Wanted(filter=LOW), limit=50)
        assert [row.run.run_id for row in low.items] == [
            one.run_id for one in shown if (one.metrics.get("auc") or math.nan) < 0.6
        ]
        assert page.fresh.stale is None


Interleaved.TestCase.settings = settings(
    max_examples=25, stateful_step_count=20, deadline=None, derandomize=True
)
TestInterleaved = Interleaved.TestCase
