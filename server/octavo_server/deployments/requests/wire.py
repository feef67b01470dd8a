"""Turns requests into what goes over the wire."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Literal, cast

from octavo.records import deployments as wire
from octavo.records.evidence import Evidence
from octavo_server.deployments.requests import rules
from octavo_server.deployments.requests.domain import Request
from octavo_server.deployments.requests.reviews import Reviewable
from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.rollouts.service import plan_values
from octavo_server.deployments.wire_fields import fields_of
from octavo_server.identity import Caller
from octavo_server.permissions import PERMISSIONS


def request(
    one: Request, caller: str, may_review: bool, now: datetime, evidence: Evidence | None = None
) -> wire.DeploymentRequest:
    """Return a request as ``caller`` sees it; ``may_review``: they hold the permission."""
    why = rules.why_not_review(one, caller, now)
    if why is None and not may_review:
        why = "Reviewing takes the role reviewer; ask the project's admin."
    review = None
    if one.reviewer and one.decision and one.reviewed_at and one.reviewed_digest:
        review = wire.Review(
            reviewer=one.reviewer,
            decision=cast("Literal['approve', 'reject']", one.decision),
            reason=one.review_reason or "",
            digest=one.reviewed_digest,
            at=one.reviewed_at,
        )
    return wire.DeploymentRequest.model_validate(
        {
            **fields_of(one, wire.DeploymentRequest),
            "traffic": plan_values(one.traffic),
            "objectives": asdict(one.objectives),
            "rate_limit": None if one.rate_limit is None else asdict(one.rate_limit),
            "evidence": evidence,
            "state": one.state.value,
            "policy": asdict(one.policy),
            "review": review,
            "may_review": why is None,
            "may_not_review_because": why,
        }
    )


def reviewable(one: Reviewable, caller: Caller, now: datetime) -> wire.DeploymentRequest:
    """Return a request with its evidence as ``caller`` sees it."""
    return request(one.request, caller.name, may_review(caller), now, one.evidence)


def may_review(caller: Caller) -> bool:
    """Return whether the caller holds the permission to review."""
    return bool(caller.roles & PERMISSIONS["deployments.review"].roles)


def requests_of(
    requests: RequestsService, caller: Caller, project: str, name: str
) -> list[wire.DeploymentRequest]:
    """Return a deployment's newest requests as the caller sees them."""
    now, may = requests.now(), may_review(caller)
    return [request(one, caller.name, may, now) for one in requests.of_deployment(project, name)]
