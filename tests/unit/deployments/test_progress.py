"""The way a version takes over: copies, shares, all traffic; and when a share lapses."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.deployments.test_rules import NOON, a_deployment, a_rollout

from octavo_server.deployments.rollouts import progress, rules
from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    Deployment,
    Rollout,
    RolloutState,
    ShadowPlan,
    TrafficPlan,
)
from octavo_server.errors import IllegalMove

STEPS = (
    CanaryStep(percent=5, bake_s=60, min_requests=20),
    CanaryStep(percent=50, bake_s=600, min_requests=200),
)
PLAN = TrafficPlan(kind="canary", percent=100, steps=STEPS, shadow=ShadowPlan(percent=30))
LIVE = a_deployment(stable_version=1)


def _walk(plan: TrafficPlan) -> list[Deployment]:
    """Return the desired states of a plan, phase by phase."""
    rollout, deployment = a_rollout(traffic=plan), LIVE
    phase = progress.first_phase(plan, 2, has_stable=True)
    seen: list[Deployment] = []
    while phase is not None:
        deployment = progress.routed(deployment, rollout, phase, NOON)
        seen.append(deployment)
        rollout = replace(rollout, state=phase.state, step=phase.step, step_since=NOON)
        phase = None if phase.state is RolloutState.LIVE else progress.next_phase(rollout)
    return seen


def test_a_version_answers_copies_then_growing_shares_then_everything() -> None:
    walked = _walk(replace(PLAN, then="promote"))
    assert [(one.shadow_percent, one.canary_percent, one.stable_version) for one in walked] == [
        (30, 0, 1),
        (0, 5, 1),
        (0, 50, 1),
        (0, 0, 2),
    ]
    assert walked[0].shadow_version == 2
    assert walked[1].shadow_version is None
    assert walked[-1].previous_version == 1


@pytest.mark.parametrize(
    ("plan", "phases"),
    [
        (TrafficPlan(kind="direct", percent=100), 1),
        (TrafficPlan(kind="canary", percent=10), 1),
        (replace(PLAN, then="wait"), 3),
        (TrafficPlan(kind="shadow", percent=100, shadow=ShadowPlan()), 1),
        (TrafficPlan(kind="shadow", percent=100, shadow=ShadowPlan(), then="promote"), 2),
    ],
)
def test_a_plan_that_waits_ends_before_all_traffic(plan: TrafficPlan, phases: int) -> None:
    walked = _walk(plan)
    assert len(walked) == phases
    assert (walked[-1].stable_version == 2) == (plan.kind == "direct" or plan.then == "promote")


def test_the_first_version_takes_everything_whatever_the_plan_says() -> None:
    assert progress.first_phase(PLAN, 1, has_stable=False).state is RolloutState.LIVE


def test_phases_say_what_they_are() -> None:
    assert progress.first_phase(PLAN, 2, has_stable=True).message == (
        "v2 answers copies of 30 % of the requests."
    )
    shadowed = a_rollout(traffic=PLAN, state=RolloutState.SHADOW)
    following = progress.next_phase(shadowed)
    assert following is not None
    assert following.message == "v2 takes 5 % of the requests (step 1 of 2)."


def _at(step: int, **changes: object) -> Rollout:
    made = a_rollout(traffic=PLAN, state=RolloutState.CANARY, step=step, step_since=NOON)
    return replace(made, **changes)  # type: ignore[arg-type]


def test_each_phase_has_its_own_time_and_requests() -> None:
    asked = progress.wanted(_at(1))
    assert (asked.bake_s, asked.min_requests, asked.person_decides) == (60, 20, False)
    assert progress.wanted(_at(2)).person_decides
    assert progress.step_until(_at(1)) == NOON + timedelta(seconds=60)
    assert progress.step_until(_at(2)) is None
    assert progress.step_until(a_rollout()) is None


def test_time_that_a_rollout_was_held_does_not_count_for_its_step() -> None:
    held = _at(1, paused_at=NOON + timedelta(seconds=30), paused_by="oncall")
    on = rules.resumed(held, NOON + timedelta(seconds=100))
    assert (on.paused_at, on.paused_by) == (None, None)
    assert progress.step_until(on) == NOON + timedelta(seconds=130)


def test_only_what_is_under_way_is_held_and_once() -> None:
    with pytest.raises(IllegalMove, match="No rollout of 'late' is under way"):
        rules.check_held(None, "late", held=False)
    with pytest.raises(IllegalMove, match="to v2 is paused already"):
        rules.check_held(_at(1, paused_at=NOON), "late", held=False)
    with pytest.raises(IllegalMove, match="is not paused"):
        rules.check_held(_at(1), "late", held=True)


CANARY = a_deployment(
    stable_version=1, canary_version=2, canary_percent=10, controlled_at=NOON, judged_at=NOON
)


def test_a_canary_that_somebody_watches_keeps_its_share() -> None:
    assert progress.lease_lapsed(CANARY, NOON + timedelta(seconds=9)) is None
    assert progress.lease_lapsed(LIVE, NOON + timedelta(days=9)) is None


def test_a_canary_that_nobody_watches_loses_its_share() -> None:
    late = NOON + timedelta(seconds=11)
    assert progress.lease_lapsed(CANARY, late) == (
        "v2 gets no requests: the controller has not looked at it since 12:00:00 UTC. "
        "v1 answers all."
    )
    alive = replace(CANARY, controlled_at=late)
    assert "measurements could not be read" in str(progress.lease_lapsed(alive, late))
    never = replace(alive, judged_at=None)
    assert "since" not in str(progress.lease_lapsed(never, late)).replace("ever", "")


def test_going_back_drops_a_shadow() -> None:
    shadowed = a_deployment(stable_version=1, shadow_version=2, shadow_percent=30)
    rollout = a_rollout(state=RolloutState.SHADOW)
    assert rules.rollback_target(shadowed, rollout) == 1
    assert rules.rolled_back(shadowed, rollout, NOON).shadow_version is None
    assert 2 in rules.wanted_versions(shadowed, rollout)


def test_a_rollback_is_timed_from_the_decision_to_the_last_older_answer() -> None:
    back = a_rollout(back_asked_at=NOON, back_effective_at=NOON + timedelta(milliseconds=180))
    assert rules.rollback_s(back) == pytest.approx(0.18)
    assert rules.rollback_s(a_rollout(back_asked_at=NOON)) is None
