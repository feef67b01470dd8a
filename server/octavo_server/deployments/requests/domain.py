"""Records of requests and their allowed moves; all times are UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from octavo_server.deployments.rollouts.service import Objectives, RateLimit, TrafficPlan


class RequestState(StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    APPLIED = "applied"
    """Its approval has been used: the version is live or a canary."""
    FAILED = "failed"
    """Its version never became ready."""


REQUEST_MOVES: dict[RequestState, frozenset[RequestState]] = {
    RequestState.PENDING: frozenset(
        {RequestState.APPROVED, RequestState.REJECTED, RequestState.EXPIRED}
    ),
    RequestState.APPROVED: frozenset(
        {RequestState.APPLIED, RequestState.FAILED, RequestState.EXPIRED}
    ),
    RequestState.REJECTED: frozenset(),
    RequestState.EXPIRED: frozenset(),
    RequestState.APPLIED: frozenset(),
    RequestState.FAILED: frozenset(),
}
"""The allowed moves; an approval is used once because ``applied`` leads nowhere."""


@dataclass(frozen=True, kw_only=True)
class PolicyResult:
    """What policy said about a request."""

    allowed: bool
    """Whether it let the request through."""
    reasons: tuple[str, ...]
    """Sentences."""
    policy_digest: str
    """SHA-256 of the policies in force."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request to bring a version live."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment it creates or changes."""
    model: str
    """Registered model."""
    version: int
    """Its version."""
    model_digest: str
    """SHA-256 of the version's signed manifest when it was asked for."""
    environment: str
    """``dev``, ``test`` or ``prod``."""
    profile: str
    """Spawner profile of the scorer."""
    traffic: TrafficPlan
    """How it takes over."""
    objectives: Objectives
    """What it promises."""
    reason: str
    """Why."""
    requested_by: str
    """Who asked."""
    requested_at: datetime
    """When."""
    expires_at: datetime
    """When it lapses, undecided or unused."""
    state: RequestState
    """Where it stands."""
    message: str
    """What happened last."""
    digest: str
    """SHA-256 of all that is asked for; a review is bound to it."""
    policy: PolicyResult
    """What policy said."""
    reviewer: str | None = None
    """Who decided."""
    decision: str | None = None
    """``approve`` or ``reject``."""
    review_reason: str | None = None
    """What the reviewer said."""
    reviewed_digest: str | None = None
    """The digest that the reviewer saw."""
    reviewed_at: datetime | None = None
    """When."""
    alias: str | None = None
    """Alias that it was asked for by; it has to name the version still when that goes live."""
    owner: str = ""
    """Who answers for the deployment."""
    rate_limit: RateLimit | None = None
    """What one consumer may send."""
    reviewed_evidence: str | None = None
    """Digest of the evidence that the reviewer saw."""
