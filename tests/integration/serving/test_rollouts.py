"""Rollouts with real scorers: swapped under load, rolled back by themselves, replayed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.support.models import ROW
from tests.support.people import ONCALL
from tests.support.serving import NAME, PROJECT, REASON, Serving

from octavo.local.accounts import Accounts
from octavo_server.adapters.replay_bench import AccountReplays
from octavo_server.deployments.requests.comparing import compared
from octavo_server.deployments.requests.ports import LoggedRequests
from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    Objectives,
    RolloutState,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.rules import rollback_s

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

PATIENT = Objectives(latency_p95_ms=30_000, error_rate=0.01, drift_psi=10)
"""What a busy machine keeps: these tests are about errors."""


def _until_answers_come_from(serving: Serving, versions: list[int], wanted: int) -> None:
    deadline = time.monotonic() + 60
    while wanted not in versions[-4:]:
        assert time.monotonic() < deadline, f"v{wanted} answers nothing: {versions[-9:]}"
        serving.reconciler.step()
        time.sleep(0.01)


def test_a_swap_and_a_rollback_under_load_fail_no_request(serving: Serving) -> None:
    serving.go_live(1)
    with serving.asking(ROW, clients=4) as asking:
        _until_answers_come_from(serving, asking.versions, 1)
        serving.go_live(2)
        _until_answers_come_from(serving, asking.versions, 2)
        decided = len(asking.versions)
        serving.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
        _until_answers_come_from(serving, asking.versions, 1)
        serving.until(lambda view: 2 not in view.scorers)
        after = len(asking.versions)
    assert asking.failures == []
    assert after > decided
    assert set(asking.versions) == {1, 2}
    done = serving.rollouts.history(PROJECT, NAME).rollouts[0]
    took = rollback_s(done)
    assert done.state is RolloutState.ROLLED_BACK
    assert took is not None
    assert took < 2


def test_a_canary_that_fails_is_rolled_back_by_itself_and_costs_no_answer(
    serving: Serving,
) -> None:
    steps = (CanaryStep(percent=50, bake_s=600, min_requests=20),)
    plan = TrafficPlan(kind="canary", percent=100, steps=steps, then="promote")
    serving.go_live(1)
    serving.go_live(3, traffic=plan, objectives=PATIENT)
    answers = serving.score_many([ROW] * 30)
    assert {one.version for one in answers} == {1}
    serving.telemetry.flush()
    serving.judge.step()
    view = serving.rollouts.get(PROJECT, NAME)
    assert view.deployment.canary_version is None
    assert view.undone is not None
    assert view.undone.automatic
    assert "of requests failed, at most 1.0% may" in view.undone.message
    decided = time.monotonic()
    while (took := rollback_s(serving.rollouts.history(PROJECT, NAME).rollouts[0])) is None:
        assert time.monotonic() - decided < 10
        serving.score(ROW)  # whoever routes says that it routes by the new shares
    assert took < 2


def test_logged_rows_are_replayed_by_both_versions_in_the_sandbox(
    serving: Serving, home: Path
) -> None:
    runs = home / "runs"
    runs.mkdir(mode=0o711)
    bench = AccountReplays(Accounts(home), runs, serving.catalog)
    rows = [
        {"delay": float(delay), "hour": 6 + delay % 12, "carrier": ("UA", "AA", "B6")[delay % 3]}
        for delay in range(-20, 60, 2)
    ]
    good, better = (bench.replay(PROJECT, "flights-late", one, rows) for one in (1, 2))
    found = compared(LoggedRequests(rows=rows), better, good, (2, 1), 3_600_000)
    assert (found.candidate.failures, found.candidate.failure) == (0, None)
    assert found.overall is not None
    assert found.overall.rows == len(rows)
    assert found.overall.mean_absolute > 0
    assert {"carrier", "delay"} <= {one.column for one in found.segments}
    assert found.candidate.latency_p50_ms is not None
    assert found.candidate.cost_micro_eur_per_1000
    _says_what_fails(bench, rows)
    assert list(runs.iterdir()) == []


def _says_what_fails(bench: AccountReplays, rows: list[dict[str, object]]) -> None:
    broken = bench.replay(PROJECT, "flights-late", 3, rows[:5])
    assert (broken.failures, broken.scores) == (5, [None] * 5)
    assert "the sky is falling" in str(broken.failure)
    ends = bench.replay(PROJECT, "flights-late", 4, [{**rows[0], "hour": 13}])
    assert ends.failures == 1
    assert "can't be loaded: it ended with 9" in str(ends.failure)
    missing = [{"delay": 1.0}, rows[0]]
    assert bench.replay(PROJECT, "flights-late", 1, missing).failures == 1
