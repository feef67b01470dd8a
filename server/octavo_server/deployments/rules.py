"""Pure decisions about requests, rollouts and traffic: no clock, no storage, no chance."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import rfc8785

from octavo_server.deployments.domain import (
    REQUEST_MOVES,
    ROLLOUT_MOVES,
    Deployment,
    Request,
    RequestState,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.errors import Conflict, Forbidden, IllegalMove, Invalid

REQUEST_LIFE = timedelta(days=7)
"""How long a request waits for a reviewer."""
APPROVAL_LIFE = timedelta(hours=24)
"""How long an approval may wait until its version is ready."""
REVIEWED_ENVIRONMENTS = frozenset({"test", "prod"})
"""Where a second person has to agree."""
RESERVED_NAMES = frozenset({"requests", "alerts"})
"""Names that no deployment may have."""
BACK_OFF_S = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0)
"""Seconds before a scorer's next start, by how often it failed in a row."""
STARTS_OF_A_ROLLOUT = 3
"""A version that dies this often before it was ever ready fails its rollout."""
MOST_SCORES = 50
"""Scores of one request that telemetry keeps."""


def digest_of(request: Request) -> str:
    """Return the SHA-256 of everything that a reviewer agrees to, as RFC 8785 JSON."""
    traffic, objectives = request.traffic, request.objectives
    document: dict[str, Any] = {
        "project": request.project,
        "deployment": request.deployment,
        "model": request.model,
        "version": request.version,
        "model_digest": request.model_digest,
        "environment": request.environment,
        "profile": request.profile,
        "traffic": {"kind": traffic.kind, "percent": traffic.percent},
        "objectives": {
            "latency_p95_ms": objectives.latency_p95_ms,
            "error_rate": objectives.error_rate,
            "drift_psi": objectives.drift_psi,
        },
        "reason": request.reason,
        "requested_by": request.requested_by,
    }
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


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


def check_fits(request: Request, deployment: Deployment | None) -> None:
    """Raise Conflict when the deployment exists and is about something else."""
    if deployment is None:
        if request.traffic.kind == "canary":
            raise Invalid(
                f"traffic: {request.deployment!r} is new, there is nothing to be a canary of.",
                "Use the plan 'direct' for the first version.",
            )
        return
    for field, have, want in (
        ("model", deployment.model, request.model),
        ("environment", deployment.environment, request.environment),
    ):
        if have != want:
            raise Conflict(
                f"{field}: {deployment.name!r} has {have!r}, the request says {want!r}.",
                "Choose another name for the deployment.",
            )
    if request.version == deployment.stable_version:
        raise Conflict(
            f"version: {request.version} is already live in {deployment.name!r}.",
            "Choose another version.",
        )


def why_not_review(request: Request, reviewer: str, now: datetime) -> str | None:
    """Return why ``reviewer`` may not decide the request now, None when they may."""
    if request.requested_by == reviewer:
        return "You asked for this deployment; another person has to review it."
    if request.state is not RequestState.PENDING:
        return f"The request is {request.state.value} already."
    if now >= request.expires_at:
        return f"The request lapsed at {request.expires_at:%Y-%m-%d %H:%M} UTC."
    return None


def check_review(request: Request, reviewer: str, digest: str, now: datetime) -> None:
    """Raise unless ``reviewer`` may decide exactly what ``digest`` names, now."""
    if request.requested_by == reviewer:
        raise Forbidden(
            "You asked for this deployment; nobody approves their own.",
            "Ask another person with the role reviewer.",
        )
    why = why_not_review(request, reviewer, now)
    if why is not None:
        raise IllegalMove(why, "Make a new request.")
    if digest != request.digest:
        raise Conflict(
            f"digest: the request has {request.digest}, the review names {digest}.",
            "Reload the request and review what it says now.",
        )


def check_approval(request: Request, now: datetime) -> str | None:
    """Return why an approved request may not be put into effect now; None when it may.

    This is asked again right before a version starts, so that what was approved is what runs.
    """
    if request.state is not RequestState.APPROVED:
        return f"the request is {request.state.value}"
    if digest_of(request) != request.digest:
        return "the stored request is not what its digest says"
    if needs_review(request.environment):
        if request.reviewer is None or request.reviewer == request.requested_by:
            return "no second person approved it"
        if request.reviewed_digest != request.digest:
            return "the approval is about another digest"
    if now >= request.expires_at:
        return f"the approval lapsed at {request.expires_at:%Y-%m-%d %H:%M} UTC"
    return None


def moved_request(request: Request, to: RequestState, message: str) -> Request:
    """Return the request in its new state. Raises IllegalMove."""
    if to not in REQUEST_MOVES[request.state]:
        raise IllegalMove(
            f"The request {request.id} is {request.state.value}; it can't become {to.value}.",
            "Make a new request.",
        )
    return replace(request, state=to, message=message)


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
    ended = None if to is RolloutState.CANARY else at
    return replace(rollout, state=to, message=message, ended_at=ended, ended_by=by)


def routed(deployment: Deployment, rollout: Rollout, at: datetime) -> Deployment:
    """Return the desired state once the rollout's version is ready."""
    if rollout.traffic.kind == "canary" and deployment.stable_version is not None:
        return replace(
            deployment,
            canary_version=rollout.to_version,
            canary_percent=rollout.traffic.percent,
            updated_at=at,
        )
    return taken_over(deployment, rollout.to_version, at)


def taken_over(deployment: Deployment, version: int, at: datetime) -> Deployment:
    """Return the desired state with ``version`` alone live and the one before kept warm."""
    return replace(
        deployment,
        previous_version=deployment.stable_version,
        stable_version=version,
        canary_version=None,
        canary_percent=0,
        updated_at=at,
    )


def rolled_back(deployment: Deployment, rollout: Rollout | None, at: datetime) -> Deployment:
    """Return the desired state one step back. Raises IllegalMove when there is none."""
    if rollout is not None and rollout.state is RolloutState.STARTING:
        return replace(deployment, updated_at=at)
    if deployment.canary_version is not None:
        return replace(deployment, canary_version=None, canary_percent=0, updated_at=at)
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
    if deployment.canary_version is not None:
        return deployment.stable_version
    return deployment.previous_version


def check_promoter(rollout: Rollout, environment: str, caller: str) -> None:
    """Raise Forbidden when who asked for a canary takes it to all traffic alone."""
    if needs_review(environment) and rollout.requested_by == caller:
        raise Forbidden(
            "You asked for this canary; another person has to promote it.",
            "Ask a person with the role reviewer or oncall.",
        )


def wanted_versions(deployment: Deployment, rollout: Rollout | None) -> frozenset[int]:
    """Return the versions that need a running scorer."""
    wanted = {
        deployment.stable_version,
        deployment.canary_version,
        deployment.previous_version,
    }
    if rollout is not None and rollout.state is RolloutState.STARTING:
        wanted.add(rollout.to_version)
    return frozenset(version for version in wanted if version is not None)


def back_off_s(restarts: int) -> float:
    """Return the seconds before a scorer's next start after ``restarts`` failures in a row."""
    return BACK_OFF_S[min(restarts, len(BACK_OFF_S) - 1)]


def pick(deployment: Deployment, point: float) -> int | None:
    """Return the version for a request; ``point`` is uniform in [0, 1).

    The canary takes the points below its share, so a fixed point sticks to its version while
    the share stands.
    """
    if deployment.canary_version is not None and point * 100 < deployment.canary_percent:
        return deployment.canary_version
    return deployment.stable_version


def sticky_point(deployment: str, key: str) -> float:
    """Return the point in [0, 1) that ``key`` always gets in a deployment."""
    digest = hashlib.sha256(f"{deployment}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def health(deployment: Deployment, scorers: Mapping[int, Scorer], rollout: Rollout | None) -> str:
    """Return ``healthy``, ``starting``, ``degraded`` or ``down``."""
    stable = deployment.stable_version
    if stable is None:
        waiting = rollout is not None and rollout.state is RolloutState.STARTING
        return "starting" if waiting else "down"
    if not _answers(scorers, stable):
        starting = stable in scorers and scorers[stable].state is ScorerState.STARTING
        return "starting" if starting and scorers[stable].restarts == 0 else "down"
    canary = deployment.canary_version
    return "degraded" if canary is not None and not _answers(scorers, canary) else "healthy"


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
    if rollout is not None and rollout.state is RolloutState.STARTING:
        line += f" v{rollout.to_version} is starting."
    return line


def score_of(prediction: Any) -> float | None:
    """Return the number that stands for a prediction, None when there is none.

    A number is itself; a list of class probabilities gives its last, the positive class's; an
    object gives its field ``score`` or ``probability``.
    """
    if isinstance(prediction, bool):
        return float(prediction)
    if isinstance(prediction, int | float):
        return float(prediction)
    if isinstance(prediction, Sequence) and not isinstance(prediction, str) and prediction:
        return score_of(prediction[-1])
    if isinstance(prediction, Mapping):
        return score_of(prediction.get("score", prediction.get("probability")))
    return None


def scores_of(predictions: Sequence[Any]) -> tuple[float, ...]:
    """Return the scores of the first predictions, as telemetry keeps them."""
    found = (score_of(one) for one in predictions[:MOST_SCORES])
    return tuple(score for score in found if score is not None)


def _answers(scorers: Mapping[int, Scorer], version: int) -> bool:
    return version in scorers and scorers[version].state is ScorerState.READY


def _why(scorers: Mapping[int, Scorer], version: int) -> str:
    return scorers[version].message if version in scorers else "its process is not started yet."
