"""A model's way live with real scorer processes: deploy, canary, promote, roll back, crash."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.models import ROW
from tests.support.people import ONCALL, REVIEWER, SCIENTIST
from tests.support.serving import NAME, PROJECT, REASON, Serving, now

from octavo_server.deployments.requests import store
from octavo_server.deployments.requests.domain import RequestState
from octavo_server.deployments.rollouts.domain import RolloutState, ScorerState
from octavo_server.deployments.rollouts.domain import TrafficPlan as Plan
from octavo_server.errors import (
    Conflict,
    Forbidden,
    IllegalMove,
    Invalid,
    PolicyRefused,
    Unavailable,
)

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

CANARY = Plan(kind="canary", percent=10)


def test_an_approved_version_answers_and_leaves_a_trail(serving: Serving) -> None:
    view = serving.go_live(1)
    assert view.deployment.stable_version == 1
    answer = serving.score(ROW)
    assert answer.version == 1
    assert answer.model_digest == serving.catalog.describe(PROJECT, "flights-late", 1).digest
    late, probability = answer.predictions[0]
    assert late + probability == pytest.approx(1)
    assert probability > 0.5
    actions = [entry.action for entry in serving.audit.entries()]
    assert actions[:3] == ["deployments.route", "deployments.review", "deployments.request"]
    edges = serving.lineage.sources(PROJECT, f"deployment:{PROJECT}/{NAME}")
    assert [edge.source for edge in edges] == [f"model_version:{PROJECT}/flights-late/1"]
    _refuses_bad_rows(serving)
    _refuses_what_contradicts(serving)
    _runs_alone(serving)


def _refuses_bad_rows(serving: Serving) -> None:
    with pytest.raises(Invalid, match="Column 'carrier' is missing"):
        serving.score({"delay": 1.0, "hour": 3})
    with pytest.raises(Invalid, match="Column 'extra'"):
        serving.score({**ROW, "extra": 1})
    assert serving.score(ROW).version == 1


def _refuses_what_contradicts(serving: Serving) -> None:
    with pytest.raises(Conflict, match="already live"):
        serving.ask(1)
    with pytest.raises(Conflict, match="environment"):
        serving.ask(2, environment="test")
    with pytest.raises(Invalid, match="no profile 'cpu-huge'"):
        serving.ask(2, profile="cpu-huge")


def _runs_alone(serving: Serving) -> None:
    scorer = serving.rollouts.get(PROJECT, NAME).scorers[1]
    folder = Path(scorer.address).parent
    model = folder.with_name(f"{folder.name}.model")
    assert folder.stat().st_mode & 0o777 == 0o700
    for path in [model, *model.rglob("*")]:
        assert path.stat().st_mode & 0o222 == 0
        assert path.stat().st_uid == os.geteuid()
    seen = Path(f"/proc/{_pid(scorer.id)}/environ").read_bytes().split(b"\0")
    assert b"CUDA_VISIBLE_DEVICES=" in seen
    if serving.accounts.isolated:
        assert folder.stat().st_uid != os.geteuid()


def test_nothing_runs_before_another_person_agrees(serving: Serving) -> None:
    request = serving.ask(1)
    serving.reconciler.step()
    assert serving.host.known() == frozenset()
    with pytest.raises(Forbidden):
        serving.approve(request, SCIENTIST)
    assert serving.rollouts.views(PROJECT) == []


def test_dev_needs_no_review(serving: Serving) -> None:
    assert serving.ask(1, environment="dev").state is RequestState.APPROVED


def test_an_unsigned_version_is_refused_in_prod_by_policy(serving: Serving) -> None:
    serving.catalog.signed = False
    with pytest.raises(PolicyRefused, match="Only a signed model version"):
        serving.ask(1)
    found = serving.requests.requests(PROJECT, state=None, deployment=None, limit=9, offset=0)
    assert found == []


def test_a_canary_gets_its_share_is_promoted_and_rolled_back_in_two_seconds(
    serving: Serving,
) -> None:
    serving.go_live(1)
    view = serving.go_live(2, traffic=CANARY)
    assert (view.deployment.stable_version, view.deployment.canary_version) == (1, 2)
    answers = serving.score_many([ROW] * 400)
    share = sum(answer.version == 2 for answer in answers) / len(answers)
    assert 0.05 < share < 0.16
    scores = {answer.version: answer.predictions[0][1] for answer in answers}
    assert scores[1] != scores[2]
    assert len({serving.score(ROW, key="passenger-7").version for _ in range(5)}) == 1
    with pytest.raises(IllegalMove, match="is moving to v2"):
        serving.approve(serving.ask(3))
    with pytest.raises(Forbidden):
        serving.rollouts.promote(SCIENTIST, PROJECT, NAME, REASON)
    view = serving.rollouts.promote(REVIEWER, PROJECT, NAME, REASON)
    assert (view.deployment.stable_version, view.deployment.previous_version) == (2, 1)
    _rolls_back_at_once(serving)


def _rolls_back_at_once(serving: Serving) -> None:
    assert serving.score(ROW).version in (1, 2)
    started = time.monotonic()
    serving.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    while serving.score(ROW).version != 1:
        assert time.monotonic() - started < 2
    assert time.monotonic() - started < 2
    view = serving.until(lambda view: 2 not in view.scorers)
    assert view.rollout is not None
    assert view.rollout.state is RolloutState.ROLLED_BACK
    assert view.rollout.ended_by == "oncall"


def test_a_scorer_that_dies_comes_back_and_says_why(serving: Serving) -> None:
    serving.go_live(4)
    before = serving.rollouts.get(PROJECT, NAME).scorers[4]
    folder = Path(before.address).parent
    with pytest.raises(Unavailable, match="The model's process ended with status 9 while"):
        serving.score({**ROW, "hour": 13})
    # The scorer outlives its engine: the next request waits for the new one.
    assert serving.score(ROW).version == 4
    assert serving.rollouts.get(PROJECT, NAME).scorers[4].restarts == 0
    os.kill(_pid(before.id), signal.SIGKILL)
    view = serving.until(lambda view: view.scorers[4].state is ScorerState.BACKING_OFF)
    assert "It ended with signal 9" in view.scorers[4].message
    assert "started again after 1 s" in view.scorers[4].message
    assert not folder.exists()
    view = serving.until(lambda view: view.scorers[4].state is ScorerState.READY)
    assert view.scorers[4].restarts == 1
    assert view.scorers[4].secret != before.secret
    assert serving.score(ROW).version == 4
    serving.host.close()
    assert list(folder.parent.iterdir()) == []


def test_a_canary_that_dies_or_fails_costs_no_answer(serving: Serving) -> None:
    half = Plan(kind="canary", percent=50)
    serving.go_live(1)
    serving.go_live(4, traffic=half)
    answers = serving.score_many([{**ROW, "hour": 13}] * 20)
    assert {answer.version for answer in answers} == {1}
    assert any(answer.failed_over for answer in answers)
    serving.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    serving.go_live(3, traffic=half)
    answers = serving.score_many([ROW] * 20)
    assert {answer.version for answer in answers} == {1}
    serving.telemetry.flush()
    kept = serving.answered.scored_since(PROJECT, NAME, now() - timedelta(hours=1), 100)
    seen = {(one.version, one.status) for one in kept}
    assert seen == {(1, "ok"), (4, "unavailable"), (3, "model_failed")}


def test_a_version_that_can_not_be_served_fails_its_rollout(serving: Serving) -> None:
    request = serving.approve(serving.ask(5))
    serving.until(lambda _: _state(serving, request.id) is RequestState.FAILED)
    failed = serving.requests.get_request(PROJECT, request.id)
    assert "no signature" in failed.message
    view = serving.until(lambda view: not view.scorers)
    assert view.deployment.stable_version is None
    with pytest.raises(Unavailable, match="No version is live"):
        serving.score(ROW)


def test_changed_bytes_do_not_run(serving: Serving) -> None:
    serving.catalog.spoil = "MLmodel"
    request = serving.approve(serving.ask(1))
    serving.until(lambda _: _state(serving, request.id) is RequestState.FAILED)
    failed = serving.requests.get_request(PROJECT, request.id)
    assert "not what was registered: MLmodel has SHA-256" in failed.message


def test_an_approval_of_something_else_starts_nothing(serving: Serving) -> None:
    request = serving.approve(serving.ask(1))
    with serving.database.write() as rows:
        store.save_request(rows, replace(request, profile="cpu-huge"))
    serving.reconciler.step()
    failed = serving.requests.get_request(PROJECT, request.id)
    assert failed.state is RequestState.FAILED
    assert "not what its digest says" in failed.message
    assert serving.host.known() == frozenset()


def _state(serving: Serving, request: str) -> RequestState:
    return serving.requests.get_request(PROJECT, request).state


def _pid(scorer: str) -> int:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if f"/{scorer}/s".encode() in (entry / "cmdline").read_bytes():
                    return int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
    raise AssertionError(f"no process of scorer {scorer}")
