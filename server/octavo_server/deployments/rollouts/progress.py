"""Pure decisions about the way a version takes over: shadow, steps, all traffic."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    Deployment,
    Rollout,
    RolloutState,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.rules import taken_over

WATCHED = frozenset({RolloutState.SHADOW, RolloutState.CANARY})
"""States in which a version is judged."""
UNDER_WAY = WATCHED | {RolloutState.STARTING}
"""A rollout that somebody or something still has to finish."""
LEASE_S = 10.0
"""Seconds after which a canary's share is nobody's responsibility any more."""


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Where a rollout is after a move."""

    state: RolloutState
    """Its state."""
    step: int
    """Its step, from 1; 0 outside the steps."""
    message: str
    """It in words."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the phase under way asks for."""

    bake_s: int
    """Least seconds."""
    min_requests: int
    """Least answered requests."""
    person_decides: bool
    """True when only a person leads on from here."""


def steps_of(plan: TrafficPlan) -> tuple[CanaryStep, ...]:
    """Return the shares of a plan; a canary without steps has one, and nobody waits for it."""
    if plan.kind != "canary":
        return ()
    return plan.steps or (CanaryStep(percent=plan.percent),)


def first_phase(plan: TrafficPlan, version: int, has_stable: bool) -> Phase:
    """Return what follows once the version is ready."""
    if not has_stable or plan.kind == "direct":
        return _all_traffic(version)
    if plan.shadow is not None:
        message = f"v{version} answers copies of {plan.shadow.percent} % of the requests."
        return Phase(state=RolloutState.SHADOW, step=0, message=message)
    return _share(plan, version, 1)


def next_phase(rollout: Rollout) -> Phase | None:
    """Return what follows the phase under way; None where a person decides."""
    plan, version = rollout.traffic, rollout.to_version
    if rollout.state is RolloutState.SHADOW and plan.kind == "canary":
        return _share(plan, version, 1)
    if rollout.step < len(steps_of(plan)) and rollout.state is RolloutState.CANARY:
        return _share(plan, version, rollout.step + 1)
    return _all_traffic(version) if plan.then == "promote" else None


def wanted(rollout: Rollout) -> Wanted:
    """Return what the phase under way asks for before the next."""
    plan = rollout.traffic
    person_decides = next_phase(rollout) is None
    if rollout.state is RolloutState.SHADOW and plan.shadow is not None:
        bake_s, least = plan.shadow.bake_s, plan.shadow.min_requests
    else:
        step = steps_of(plan)[max(rollout.step, 1) - 1]
        bake_s, least = step.bake_s, step.min_requests
    return Wanted(bake_s=bake_s, min_requests=least, person_decides=person_decides)


def step_until(rollout: Rollout) -> datetime | None:
    """Return when the phase has lasted long enough; None outside, and where a person decides."""
    if rollout.state not in WATCHED or rollout.step_since is None:
        return None
    asked = wanted(rollout)
    return None if asked.person_decides else rollout.step_since + timedelta(seconds=asked.bake_s)


def routed(deployment: Deployment, rollout: Rollout, phase: Phase, at: datetime) -> Deployment:
    """Return the desired state of a phase; who watches it begins to now."""
    version, plan = rollout.to_version, rollout.traffic
    if phase.state is RolloutState.LIVE:
        return taken_over(deployment, version, at)
    cleared = replace(
        deployment, canary_version=None, canary_percent=0, shadow_version=None, shadow_percent=0
    )
    if phase.state is RolloutState.SHADOW and plan.shadow is not None:
        return replace(
            cleared,
            shadow_version=version,
            shadow_percent=plan.shadow.percent,
            updated_at=at,
        )
    percent = steps_of(plan)[phase.step - 1].percent
    return replace(cleared, canary_version=version, canary_percent=percent, updated_at=at)


def lease_lapsed(deployment: Deployment, now: datetime) -> str | None:
    """Say why a canary's share can't be trusted any more; None when it can, or there is none.

    Whoever routes asks this, so that a canary that nobody watches loses its share without anybody.
    """
    if deployment.canary_version is None:
        return None
    bound = timedelta(seconds=LEASE_S)
    for at, what in (
        (deployment.controlled_at, "the controller has not looked at it"),
        (deployment.judged_at, "its measurements could not be read"),
    ):
        if at is None or now - at > bound:
            since = "ever" if at is None else f"since {at:%H:%M:%S} UTC"
            return (
                f"v{deployment.canary_version} gets no requests: {what} {since}. "
                f"v{deployment.stable_version} answers all."
            )
    return None


def _share(plan: TrafficPlan, version: int, number: int) -> Phase:
    steps = steps_of(plan)
    message = f"v{version} takes {steps[number - 1].percent} % of the requests"
    message += f" (step {number} of {len(steps)})." if len(steps) > 1 else "."
    return Phase(state=RolloutState.CANARY, step=number, message=message)


def _all_traffic(version: int) -> Phase:
    message = f"v{version} takes 100 % of the requests."
    return Phase(state=RolloutState.LIVE, step=0, message=message)
