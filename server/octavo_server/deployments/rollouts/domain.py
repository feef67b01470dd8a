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
    SHADOW = "shadow"
    """It answers copies of requests that nobody reads."""
    CANARY = "canary"
    LIVE = "live"
    ROLLED_BACK = "rolled_back"
    FAILED = "failed"
    SUPERSEDED = "superseded"


ROLLOUT_MOVES: dict[RolloutState, frozenset[RolloutState]] = {
    RolloutState.STARTING: frozenset(
        {
            RolloutState.SHADOW,
            RolloutState.CANARY,
            RolloutState.LIVE,
            RolloutState.ROLLED_BACK,
            RolloutState.FAILED,
        }
    ),
    RolloutState.SHADOW: frozenset(
        {RolloutState.CANARY, RolloutState.LIVE, RolloutState.ROLLED_BACK}
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
class CanaryStep:
    """One share of the traffic, watched for a while."""

    percent: int
    """Share of requests, in percent."""
    bake_s: int = 0
    """Least seconds before the next step."""
    min_requests: int = 1
    """Least answered requests before the next step."""


@dataclass(frozen=True, kw_only=True)
class ShadowPlan:
    """Copies of requests before the version takes traffic."""

    percent: int = 100
    """Share of requests copied, in percent."""
    bake_s: int = 0
    """Least seconds before it goes on."""
    min_requests: int = 1
    """Least answered copies before it goes on."""


@dataclass(frozen=True, kw_only=True)
class TrafficPlan:
    """How a version takes over."""

    kind: str
    """``direct``, ``canary`` or ``shadow``."""
    percent: int
    """Share of a canary without steps, in percent."""
    steps: tuple[CanaryStep, ...] = ()
    """Shares of a canary, rising."""
    shadow: ShadowPlan | None = None
    """Copies before the first share."""
    then: str = "wait"
    """After the last step: ``promote`` takes all traffic, ``wait`` leaves it to a person."""


@dataclass(frozen=True, kw_only=True)
class Objectives:
    """What a deployment promises."""

    latency_p95_ms: float
    """95th percentile of latency, milliseconds."""
    error_rate: float
    """Share of failed requests, 0 to 1."""
    drift_psi: float
    """Population stability index that counts as drift."""
    latency_p99_ms: float | None = None
    """99th percentile of latency, milliseconds; None promises none."""


@dataclass(frozen=True, kw_only=True)
class RateLimit:
    """What one consumer may send, unless their token says otherwise."""

    per_second: float
    """Requests a second, over time."""
    burst: int
    """Requests at once after a pause."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One objective as a look found it."""

    objective: str
    """Name of the objective."""
    label: str
    """It in words."""
    value: float | None
    """What was measured; None: not enough yet."""
    limit: float
    """What was promised."""
    stable: float | None = None
    """The same of the live version."""
    missed: bool = False
    """True when it surely breaks the promise."""
    short: bool = False
    """True when it is over the limit, but too few requests say so."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a look at a step found."""

    at: datetime
    """When."""
    verdict: str
    """``watch``, ``advance``, ``roll_back`` or ``unknown``."""
    requests: int
    """Requests that the version answered in this step."""
    needed: int
    """Requests that the step needs."""
    findings: tuple[Finding, ...]
    """Each objective."""
    sentence: str
    """The result in words."""


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
    owner: str = ""
    """Who answers for it."""
    rate_limit: RateLimit | None = None
    """What one consumer may send; None: no limit of its own."""
    shadow_version: int | None = None
    """Answers copies of ``shadow_percent`` of the requests; nobody reads its answers."""
    shadow_percent: int = 0
    """Share of requests copied, in percent."""
    controlled_at: datetime | None = None
    """When the controller last looked at a canary or a shadow; None outside of those."""
    judged_at: datetime | None = None
    """When the controller last could read what they did."""


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
    step: int = 0
    """The step under way, from 1; 0 outside the steps."""
    step_since: datetime | None = None
    """When the step or the shadow began."""
    judgement: Judgement | None = None
    """The newest look at the step."""
    paused_at: datetime | None = None
    """Since when it is held."""
    paused_by: str | None = None
    """Who holds it."""
    automatic: bool = False
    """True when the platform itself rolled it back."""
    back_asked_at: datetime | None = None
    """When rolling back was decided."""
    back_generation: int | None = None
    """Generation of the deployment that carries the rollback."""
    back_effective_at: datetime | None = None
    """When the last request was sent by the old shares, once a router has said so."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened to a deployment's traffic."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    rollout_id: str
    """The rollout it belongs to."""
    version: int
    """Version that the rollout is about."""
    at: datetime
    """When."""
    kind: str
    """What happened."""
    by: str
    """Who did it."""
    message: str
    """It in words."""
    judgement: Judgement | None = None
    """What was measured, where that decided."""
    number: int = 0
    """Counts what happened to the deployment, from 1; given when it is written."""


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
    retire_at: datetime | None = None
    """It has lost its traffic and is ended then; what was sent to it before is still answered."""
    gpus: tuple[int, ...] = ()
    """GPUs of the machine that it has, by number."""
