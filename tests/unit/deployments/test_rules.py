"""Decisions about requests, rollouts and traffic."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from octavo_server.deployments.requests import rules as requests_rules
from octavo_server.deployments.requests.domain import (
    REQUEST_MOVES,
    PolicyResult,
    Request,
    RequestState,
)
from octavo_server.deployments.rollouts import progress
from octavo_server.deployments.rollouts import rules as rollouts_rules
from octavo_server.deployments.rollouts.domain import (
    ROLLOUT_MOVES,
    Deployment,
    Objectives,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
    TrafficPlan,
)
from octavo_server.deployments.serving import rules as serving_rules
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
OBJECTIVES = Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2)
DIRECT, CANARY = TrafficPlan(kind="direct", percent=100), TrafficPlan(kind="canary", percent=10)


def a_request(**changes: Any) -> Request:
    made = Request(
        id="r1",
        project="flights",
        deployment="late",
        model="flights-late",
        version=2,
        model_digest="a" * 64,
        environment="prod",
        profile="cpu-small",
        traffic=DIRECT,
        objectives=OBJECTIVES,
        reason="It is better in June.",
        requested_by="scientist",
        requested_at=NOON,
        expires_at=NOON + timedelta(days=7),
        state=RequestState.PENDING,
        message="",
        digest="",
        policy=PolicyResult(allowed=True, reasons=(), policy_digest="p"),
    )
    made = replace(made, **changes)
    return replace(made, digest=requests_rules.digest_of(made))


def approved(request: Request) -> Request:
    return replace(
        request,
        state=RequestState.APPROVED,
        reviewer="reviewer",
        decision="approve",
        reviewed_digest=request.digest,
        reviewed_at=NOON,
    )


def a_deployment(**changes: Any) -> Deployment:
    made = Deployment(
        project="flights",
        name="late",
        model="flights-late",
        environment="prod",
        profile="cpu-small",
        objectives=OBJECTIVES,
        created_at=NOON,
        updated_at=NOON,
    )
    return replace(made, **changes)


def a_rollout(**changes: Any) -> Rollout:
    made = Rollout(
        id="o1",
        project="flights",
        deployment="late",
        request_id="r1",
        from_version=1,
        to_version=2,
        traffic=CANARY,
        state=RolloutState.STARTING,
        message="",
        requested_by="scientist",
        started_at=NOON,
    )
    return replace(made, **changes)


def a_scorer(version: int, state: ScorerState, restarts: int = 0) -> Scorer:
    return Scorer(
        id=f"s{version}",
        project="flights",
        deployment="late",
        version=version,
        state=state,
        message="It ended with status 9.",
        updated_at=NOON,
        restarts=restarts,
    )


def test_nobody_reviews_their_own_request() -> None:
    request = a_request()
    with pytest.raises(Forbidden, match="nobody approves their own"):
        requests_rules.check_review(request, "scientist", request.digest, NOON)
    requests_rules.check_review(request, "reviewer", request.digest, NOON)


def test_a_review_is_bound_to_the_digest() -> None:
    request = a_request()
    with pytest.raises(Conflict, match=request.digest):
        requests_rules.check_review(request, "reviewer", "0" * 64, NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 3},
        {"model_digest": "b" * 64},
        {"environment": "test"},
        {"profile": "cpu-large"},
        {"traffic": CANARY},
        {"objectives": replace(OBJECTIVES, error_rate=0.5)},
        {"requested_by": "someone"},
        {"deployment": "later"},
    ],
)
def test_the_digest_covers_everything_that_is_asked_for(change: dict[str, Any]) -> None:
    assert a_request(**change).digest != a_request().digest


def test_a_lapsed_request_is_not_reviewed() -> None:
    request = a_request()
    with pytest.raises(IllegalMove, match="lapsed at 2026-03-08"):
        requests_rules.check_review(request, "reviewer", request.digest, request.expires_at)


@pytest.mark.parametrize("state", [one for one in RequestState if one is not RequestState.PENDING])
def test_a_request_is_decided_once(state: RequestState) -> None:
    request = replace(a_request(), state=state)
    with pytest.raises(IllegalMove):
        requests_rules.check_review(request, "reviewer", request.digest, NOON)


def test_only_an_unexpired_approval_of_this_very_digest_by_another_person_counts() -> None:
    good = approved(a_request())
    assert requests_rules.check_approval(good, NOON) is None
    assert "lapsed" in str(requests_rules.check_approval(good, good.expires_at))
    assert "no second person" in str(
        requests_rules.check_approval(replace(good, reviewer="scientist"), NOON)
    )
    assert "another digest" in str(
        requests_rules.check_approval(replace(good, reviewed_digest="0" * 64), NOON)
    )
    assert "not what its digest says" in str(
        requests_rules.check_approval(replace(good, version=9), NOON)
    )
    used = requests_rules.moved_request(good, RequestState.APPLIED, "live")
    assert "applied" in str(requests_rules.check_approval(used, NOON))


def test_moves_outside_the_table_raise() -> None:
    for state in RequestState:
        for to in RequestState:
            request = replace(a_request(), state=state)
            if to in REQUEST_MOVES[state]:
                assert requests_rules.moved_request(request, to, "").state is to
            else:
                with pytest.raises(IllegalMove):
                    requests_rules.moved_request(request, to, "")
    for was in RolloutState:
        for then in RolloutState:
            rollout = a_rollout(state=was)
            if then in ROLLOUT_MOVES[was]:
                assert rollouts_rules.moved_rollout(rollout, then, "", NOON).state is then
            else:
                with pytest.raises(IllegalMove):
                    rollouts_rules.moved_rollout(rollout, then, "", NOON)


def test_a_deployment_keeps_its_model_and_environment() -> None:
    with pytest.raises(Conflict, match="model"):
        requests_rules.check_fits(a_request(), a_deployment(model="other"))
    with pytest.raises(Conflict, match="environment"):
        requests_rules.check_fits(a_request(), a_deployment(environment="dev"))
    with pytest.raises(Conflict, match="already live"):
        requests_rules.check_fits(a_request(), a_deployment(stable_version=2))
    with pytest.raises(Invalid, match="nothing to be a canary of"):
        requests_rules.check_fits(a_request(traffic=CANARY), None)


def test_a_canary_is_routed_promoted_and_rolled_back() -> None:
    live = a_deployment(stable_version=1)
    first = progress.first_phase(CANARY, 2, has_stable=True)
    canary = progress.routed(live, a_rollout(), first, NOON)
    assert (canary.stable_version, canary.canary_version, canary.canary_percent) == (1, 2, 10)
    back = rollouts_rules.rolled_back(canary, a_rollout(state=RolloutState.CANARY), NOON)
    assert (back.stable_version, back.canary_version) == (1, None)
    over = rollouts_rules.taken_over(canary, 2, NOON)
    assert (over.stable_version, over.previous_version, over.canary_version) == (2, 1, None)
    again = rollouts_rules.rolled_back(over, None, NOON)
    assert (again.stable_version, again.previous_version) == (1, None)
    with pytest.raises(IllegalMove, match="no version to go back to"):
        rollouts_rules.rolled_back(again, None, NOON)


def test_what_a_rollback_promises_is_what_it_does() -> None:
    for deployment, rollout in [
        (a_deployment(stable_version=1), a_rollout()),
        (a_deployment(stable_version=1, canary_version=2, canary_percent=10), None),
        (a_deployment(stable_version=2, previous_version=1), None),
    ]:
        target = rollouts_rules.rollback_target(deployment, rollout)
        assert target == rollouts_rules.rolled_back(deployment, rollout, NOON).stable_version


def test_who_asked_for_a_canary_does_not_promote_it_alone() -> None:
    with pytest.raises(Forbidden):
        rollouts_rules.check_promoter(a_rollout(), "prod", "scientist")
    rollouts_rules.check_promoter(a_rollout(), "prod", "reviewer")
    rollouts_rules.check_promoter(a_rollout(), "dev", "scientist")


def test_ten_percent_is_ten_percent() -> None:
    deployment = a_deployment(stable_version=1, canary_version=2, canary_percent=10)
    chance = random.Random(20130701)  # noqa: S311 - reproducible, not secret
    picked = [serving_rules.pick(deployment, chance.random()) for _ in range(20_000)]
    assert 0.094 < picked.count(2) / len(picked) < 0.106


def test_a_sticky_key_stays_and_keys_spread_evenly() -> None:
    deployment = a_deployment(stable_version=1, canary_version=2, canary_percent=10)
    points = [serving_rules.sticky_point("late", f"flight-{number}") for number in range(20_000)]
    assert points == [
        serving_rules.sticky_point("late", f"flight-{number}") for number in range(20_000)
    ]
    share = sum(serving_rules.pick(deployment, point) == 2 for point in points) / len(points)
    assert 0.094 < share < 0.106


def test_versions_that_need_a_scorer() -> None:
    deployment = a_deployment(stable_version=2, previous_version=1)
    assert rollouts_rules.wanted_versions(deployment, None) == {1, 2}
    assert rollouts_rules.wanted_versions(deployment, a_rollout(to_version=3)) == {1, 2, 3}
    failed = a_rollout(to_version=3, state=RolloutState.FAILED)
    assert rollouts_rules.wanted_versions(deployment, failed) == {1, 2}


def test_back_off_grows_to_a_minute() -> None:
    waits = [rollouts_rules.back_off_s(restarts) for restarts in range(12)]
    assert waits == sorted(waits)
    assert waits[0] == 1
    assert waits[-1] == 60


def test_health_and_headline_tell_the_truth() -> None:
    live = a_deployment(stable_version=1, canary_version=2, canary_percent=10)
    ready = {1: a_scorer(1, ScorerState.READY), 2: a_scorer(2, ScorerState.READY)}
    assert rollouts_rules.health(live, ready, None) == "healthy"
    assert rollouts_rules.headline(live, ready, None) == "v1 answers 90 %, v2 10 % as canary."
    one_down = {**ready, 2: a_scorer(2, ScorerState.BACKING_OFF, 1)}
    assert rollouts_rules.health(live, one_down, None) == "degraded"
    assert "v2 doesn't answer: It ended with status 9." in rollouts_rules.headline(
        live, one_down, None
    )
    assert rollouts_rules.health(live, {1: a_scorer(1, ScorerState.BACKING_OFF, 1)}, None) == "down"
    assert rollouts_rules.health(live, {1: a_scorer(1, ScorerState.STARTING)}, None) == "starting"
    assert rollouts_rules.health(a_deployment(), {}, a_rollout()) == "starting"
    assert rollouts_rules.health(a_deployment(), {}, None) == "down"


@pytest.mark.parametrize(
    ("prediction", "score"),
    [
        (0.25, 0.25),
        (1, 1.0),
        (True, 1.0),
        ([0.9, 0.1], 0.1),
        ({"score": 0.7}, 0.7),
        ({"probability": [0.4, 0.6]}, 0.6),
        ("late", None),
        (None, None),
        ([], None),
        ({"label": 1}, None),
    ],
)
def test_the_score_of_a_prediction(prediction: object, score: float | None) -> None:
    assert serving_rules.score_of(prediction) == score
