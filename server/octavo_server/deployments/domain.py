"""Records of deployments and their allowed moves; all times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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


class RolloutState(StrEnum):
    """Where a rollout stands."""

    STARTING = "starting"
    CANARY = "canary"
    LIVE = "live"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    SUPERSEDED = "superseded"


ROLLOUT_MOVES: dict[RolloutState, frozenset[RolloutState]] = {
    RolloutState.STARTING: frozenset(
        {RolloutState.CANARY, RolloutState.LIVE, RolloutState.ROLLED_BACK, RolloutState.FAILED}
    ),
    RolloutState.CANARY: frozenset({RolloutState.LIVE, RolloutState.ROLLED_BACK}),
    RolloutState.LIVE: frozenset({RolloutState.ROLLED_BACK, RolloutState.SUPERSEDED}),
    RolloutState.ROLLED_BACK: frozenset(),
    RolloutState.FAILED: frozenset(),
    RolloutState.SUPERSEDED: frozenset(),
}
"""The allowed moves."""


class ScorerState(StrEnum):
    """What a scorer's process does."""

    STARTING = "starting"
    READY = "ready"
    BACKING_OFF = "backing_off"
    """It died or never became ready; it is started again later."""
    STOPPED = "stopped"


@dataclass(frozen=True, kw_only=True)
class TrafficPlan:
    """How a version takes over."""

    kind: str
    """``direct`` or ``canary``."""
    percent: int
    """Its share of requests once ready, in percent."""


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """What a deployment promises."""

    latency_p95_ms: float
    """95th percentile of latency, milliseconds."""
    error_rate: float
    """Share of failed requests, 0 to 1."""
    drift_psi: float
    """Population stability index of a feature that raises an alert."""


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
class DeployableModel:
    """A registered version, as far as a deployment needs it."""

    name: str
    """The model's name in its project."""
    version: int
    """Its version."""
    digest: str
    """SHA-256 of the signed manifest of its files."""
    run_id: str
    """The run that produced it."""
    signed: bool
    """True when the signature over the manifest was verified just now."""
    scan_findings: int
    """How many suspicious or dangerous things the scan saw."""
    signature: Mapping[str, Any] | None = None
    """Its MLflow signature: inputs and outputs, each a list of columns."""
    example: Mapping[str, Any] | None = None
    """One row that scores, by column."""


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


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Desired state in one environment; the router reads who gets traffic from here."""

    project: str
    """Project."""
    name: str
    """Name, unique in the project."""
    model: str
    """The one model it serves."""
    environment: str
    """Where it is live."""
    profile: str
    """Spawner profile of its scorers."""
    objectives: Objectives
    """What it promises."""
    created_at: datetime
    """When it was first approved."""
    updated_at: datetime
    """Last change of desired state."""
    stable_version: int | None = None
    """Takes all traffic that no canary takes; None until the first is ready."""
    canary_version: int | None = None
    """Takes ``canary_percent`` of the requests."""
    canary_percent: int = 0
    """Share of the canary, in percent."""
    previous_version: int | None = None
    """Kept warm without traffic, for a rollback."""
    generation: int = 0
    """Counts the changes; an update names the one it read."""


@dataclass(frozen=True, kw_only=True)
class Rollout:
    """One move of a deployment to a version."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    request_id: str
    """The approved request."""
    from_version: int | None
    """Stable version before."""
    to_version: int
    """Version it moves to."""
    traffic: TrafficPlan
    """How."""
    state: RolloutState
    """Where it stands."""
    message: str
    """What happened last."""
    requested_by: str
    """Who asked for it."""
    started_at: datetime
    """When it began."""
    ended_at: datetime | None = None
    """When it ended."""
    ended_by: str | None = None
    """Who promoted or rolled back."""


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """The process of one version of one deployment, as the reconciler last saw it."""

    id: str
    """Identifier; also the name of its folder."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    version: int
    """Version it holds."""
    state: ScorerState
    """What it does."""
    message: str
    """Why, in words."""
    updated_at: datetime
    """When the state was last written."""
    address: str = ""
    """Unix socket, or http address."""
    secret: str = field(default="", repr=False)
    """What it wants to see in the header; new at each start."""
    model_digest: str = ""
    """SHA-256 of the manifest it verified."""
    restarts: int = 0
    """Starts after the first, since it was last wanted."""
    next_start_at: datetime | None = None
    """When it is started again."""
    ready_at: datetime | None = None
    """Since when it answers."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One answered or failed scoring request: telemetry, not governed state."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    version: int
    """Version that was asked."""
    at: datetime
    """When the request arrived."""
    latency_ms: float
    """Milliseconds until the scorer's answer."""
    status: str
    """``ok``, or the error's code."""
    rows: int
    """Rows of the request."""
    scores: tuple[float, ...] = ()
    """Scores of at most the first 50 rows."""
    features: Mapping[str, Any] | None = None
    """The first row of a sampled request, by column."""
    caller: str = ""
    """Who asked."""
