"""Pure decisions about requests: no clock, no storage."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

import rfc8785

from octavo_server.deployments.requests.domain import (
    REQUEST_MOVES,
    Request,
    RequestState,
)
from octavo_server.deployments.rollouts.service import (
    DeployableModel,
    Deployment,
    needs_review,
    plan_values,
)
from octavo_server.errors import (
    Conflict,
    Forbidden,
    IllegalMove,
    Invalid,
)

REQUEST_LIFE = timedelta(days=7)
"""How long a request waits for a reviewer."""
APPROVAL_LIFE = timedelta(hours=24)
"""How long an approval may wait until its version is ready."""


def digest_of(request: Request) -> str:
    """Return the SHA-256 of everything that a reviewer agrees to, as RFC 8785 JSON."""
    document: dict[str, Any] = {
        "project": request.project,
        "deployment": request.deployment,
        "model": request.model,
        "version": request.version,
        "model_digest": request.model_digest,
        "environment": request.environment,
        "profile": request.profile,
        "traffic": _stated(plan_values(request.traffic), ("steps", "shadow", "then")),
        "objectives": _stated(asdict(request.objectives), ("latency_p99_ms",)),
        "reason": request.reason,
        "requested_by": request.requested_by,
    }
    limit = None if request.rate_limit is None else asdict(request.rate_limit)
    added = {"alias": request.alias, "owner": request.owner, "rate_limit": limit}
    document |= _stated(added, tuple(added))
    return hashlib.sha256(rfc8785.dumps(document)).hexdigest()


def _stated(values: dict[str, Any], later: tuple[str, ...]) -> dict[str, Any]:
    """Leave out what says nothing of the fields that came later: older digests hold on."""
    silent: tuple[object, ...] = (None, "", [], "wait")
    return {
        name: value for name, value in values.items() if name not in later or value not in silent
    }


def check_fits(request: Request, deployment: Deployment | None) -> None:
    """Raise Conflict when the deployment exists and is about something else."""
    if deployment is None:
        if request.traffic.kind != "direct":
            raise Invalid(
                f"traffic: {request.deployment!r} is new, there is nothing to be a "
                f"{request.traffic.kind} of.",
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


def check_registered(request: Request, model: DeployableModel, named: int | None) -> str | None:
    """Return why what is registered now isn't what was asked for; None when it is.

    ``named`` is the version that the request's alias names now.
    """
    if model.digest != request.model_digest:
        return f"the files of v{request.version} are not those that were asked for"
    if not model.signed and request.environment == "prod":
        return f"the signature of v{request.version} doesn't hold any more"
    if request.alias is not None and named != request.version:
        points = "names no version" if named is None else f"names v{named}"
        return f"{request.alias} {points} now, not v{request.version} that was asked for"
    return None


def moved_request(request: Request, to: RequestState, message: str) -> Request:
    """Return the request in its new state. Raises IllegalMove."""
    if to not in REQUEST_MOVES[request.state]:
        raise IllegalMove(
            f"The request {request.id} is {request.state.value}; it can't become {to.value}.",
            "Make a new request.",
        )
    return replace(request, state=to, message=message)
