"""Pure decisions about rollouts and health: no clock, no storage, no chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from octavo_server.deployments.rollouts.domain import (
    ROLLOUT_MOVES,
    Deployment,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.errors import (
    Forbidden,
    IllegalMove,
    Invalid,
)

REVIEWED_ENVIRONMENTS = frozenset({"test", "prod"})
"""Where a second person has to agree."""
RESERVED_NAMES = frozenset({"requests", "alerts"})
"""Names that no deployment may have."""
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before a scorer's next start, by how often it failed in a row."""
STARTS_OF_A_ROLLOUT = 3
"""A version that dies this often before it was ever ready fails its rollout."""


def check_name(name: str) -> None:
    """Raise Invalid for a name that stands for something else in addresses."""
    if name in RESERVED_NAMES:
        raise Invalid(
            f"deployment: {name!r} has a meaning of its own in addresses.",
            "Choose another name, such as the model's with the environment.",
        )


def needs_review(environment: str) -> bool:
    """Return whether a second person has to agree before a version goes there."""
    return environment in REVIEWED_ENVIRONMENTS


def moved_rollout(
    rollout: Rollout, to: RolloutState, message: str, at: datetime, by: str | None = None
) -> Rollout:
    """Return the rollout in its new state. Raises IllegalMove."""
    if to not in ROLLOUT_MOVES[rollout.state]:
        raise IllegalMove(
            f"The rollout to version {rollout.to_version} is {rollout.state.value}; "
            f"it can't become {to.value}.",
            "Reload the deployment to see where it stands.",
        )
    ended = None if to in {RolloutState.CANARY, RolloutState.SHADOW} else at
    return replace(rollout, state=to, message=message, ended_at=ended, ended_by=by)


def taken_over(deployment: Deployment, version: int, at: datetime) -> Deployment:
    """Return the desired state with ``version`` alone live and the one before kept warm."""
    return replace(
        deployment,
        previous_version=deployment.stable_version,
        stable_version=version,
        canary_version=None,
        canary_percent=0,
        shadow_version=None,
        shadow_percent=0,
        updated_at=at,
    )


def check_held(rollout: Rollout | None, name: str, *, held: bool) -> Rollout:
    """Return the rollout under way. Raises IllegalMove when there is none to hold or let go."""
    if rollout is None or rollout.ended_at is not None:
        raise IllegalMove(
            f"No rollout of {name!r} is under way; there is nothing to pause or resume.",
            "Request a version as a canary first.",
        )
    if (rollout.paused_at is not None) is not held:
        state, move = ("is not paused", "Pause") if held else ("is paused already", "Resume")
        raise IllegalMove(
            f"The rollout to v{rollout.to_version} {state}.", f"{move} it first, or reload."
        )
    return rollout


def resumed(rollout: Rollout, at: datetime) -> Rollout:
    """Return the rollout going on; the time that it was held doesn't count for its step."""
    since = rollout.step_since
    if since is not None and rollout.paused_at is not None:
        since += at - max(rollout.paused_at, since)
    return replace(rollout, step_since=since, paused_at=None, paused_by=None)


def rollback_s(rollout: Rollout) -> float | None:
    """Return the seconds that a rollback took to count; None until a router has confirmed it."""
    asked, effective = rollout.back_asked_at, rollout.back_effective_at
    if asked is None or effective is None:
        return None
    return (effective - asked).total_seconds()


def rolled_back(deployment: Deployment, rollout: Rollout | None, at: datetime) -> Deployment:
    """Return the desired state one step back. Raises IllegalMove when there is none."""
    if rollout is not None and rollout.state is RolloutState.STARTING:
        return replace(deployment, updated_at=at)
    if deployment.canary_version is not None:
        return replace(deployment, canary_version=None, canary_percent=0, updated_at=at)
    if deployment.shadow_version is not None:
        return replace(deployment, shadow_version=None, shadow_percent=0, updated_at=at)
    if deployment.previous_version is None:
        raise IllegalMove(
            f"{deployment.name!r} has no version to go back to.",
            "Request the version that should be live.",
        )
    return replace(
        deployment,
        stable_version=deployment.previous_version,
        previous_version=None,
        updated_at=at,
    )


def rollback_target(deployment: Deployment, rollout: Rollout | None) -> int | None:
    """Return the version that a rollback would leave live; None when none is possible."""
    if rollout is not None and rollout.state is RolloutState.STARTING:
        return deployment.stable_version
    if deployment.canary_version is not None or deployment.shadow_version is not None:
        return deployment.stable_version
    return deployment.previous_version


def check_promoter(rollout: Rollout, environment: str, caller: str) -> None:
    """Raise Forbidden when who asked for a canary takes it to all traffic alone."""
    if needs_review(environment) and rollout.requested_by == caller:
        raise Forbidden(
            "You asked for this version; another person has to promote it.",
            "Ask a person with the role reviewer or oncall.",
        )


def wanted_versions(deployment: Deployment, rollout: Rollout | None) -> frozenset[int]:
    """Return the versions that need a running scorer."""
    wanted = {
        deployment.stable_version,
        deployment.canary_version,
        deployment.shadow_version,
        deployment.previous_version,
    }
    if rollout is not None and rollout.state is RolloutState.STARTING:
        wanted.add(rollout.to_version)
    return frozenset(version for version in wanted if version is not None)


def back_off_s(restarts: int) -> float:
    """Return the seconds before a scorer's next start after ``restarts`` failures in a row."""
    return BACK_OFF_S[min(restarts, len(BACK_OFF_S) - 1)]


def health(deployment: Deployment, scorers: Mapping[int, Scorer], rollout: Rollout | None) -> str:
    """Return ``healthy``, ``starting``, ``degraded`` or ``down``."""
    stable = deployment.stable_version
    if stable is None:
        waiting = rollout is not None and rollout.state is RolloutState.STARTING
        return "starting" if waiting else "down"
    if not _answers(scorers, stable):
        starting = stable in scorers and scorers[stable].state is ScorerState.STARTING
        return "starting" if starting and scorers[stable].restarts == 0 else "down"
    tried = deployment.canary_version or deployment.shadow_version
    return "degraded" if tried is not None and not _answers(scorers, tried) else "healthy"


def headline(deployment: Deployment, scorers: Mapping[int, Scorer], rollout: Rollout | None) -> str:
    """Return one line of truth: what is live, what is under way, what is wrong."""
    state = health(deployment, scorers, rollout)
    stable, canary = deployment.stable_version, deployment.canary_version
    if stable is None:
        return rollout.message if rollout is not None else "Nothing is live yet."
    if state == "down":
        return f"v{stable} doesn't answer: {_why(scorers, stable)}"
    if state == "starting":
        return f"v{stable} is starting."
    line = f"v{stable} answers all requests."
    if canary is not None:
        line = f"v{stable} answers {100 - deployment.canary_percent} %, v{canary} "
        line += f"{deployment.canary_percent} % as canary."
        if state == "degraded":
            line += f" v{canary} doesn't answer: {_why(scorers, canary)} v{stable} takes over."
    elif (shadow := deployment.shadow_version) is not None:
        line += f" v{shadow} answers copies of {deployment.shadow_percent} %."
        if state == "degraded":
            line += f" v{shadow} doesn't answer: {_why(scorers, shadow)}"
    if rollout is not None and rollout.state is RolloutState.STARTING:
        line += f" v{rollout.to_version} is starting."
    if rollout is not None and rollout.ended_at is None and rollout.paused_by is not None:
        line += f" {rollout.paused_by} holds it."
    return line


def _answers(scorers: Mapping[int, Scorer], version: int) -> bool:
    return version in scorers and scorers[version].state is ScorerState.READY


def _why(scorers: Mapping[int, Scorer], version: int) -> str:
    return scorers[version].message if version in scorers else "its process is not started yet."
