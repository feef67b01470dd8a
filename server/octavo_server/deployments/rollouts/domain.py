"""Records of what is live and of its moves; all times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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
