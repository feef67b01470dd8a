"""Wire records of rollouts: how a version takes over, how its steps are judged, what happened."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from octavo.records.base import Request, Visible

RolloutState = Literal[
    "starting", "shadow", "canary", "live", "rolled_back", "failed", "superseded"
]
RolloutEventKind = Literal[
    "started",
    "ready",
    "stepped",
    "paused",
    "resumed",
    "promoted",
    "live",
    "rolled_back",
    "failed",
    "superseded",
    "model_gone",
]
ObjectiveName = Literal["latency_p99_ms", "latency_p95_ms", "error_rate", "drift_psi"]

LONGEST_BAKE_S = 7 * 24 * 3_600
MOST_STEPS = 10

Sentence = Annotated[str, Field(min_length=8, max_length=2_000), Visible]


class _Answer(BaseModel):
    """Base of what the platform answers."""

    model_config = ConfigDict(frozen=True)


class CanaryStep(Request):
    """One share of the traffic, watched for a while."""

    percent: int = Field(ge=1, le=99, description="Share of requests it takes, in percent.")
    bake_s: int = Field(
        600,
        ge=0,
        le=LONGEST_BAKE_S,
        description="Least seconds that the objectives are watched before the next step.",
    )
    min_requests: int = Field(
        20,
        ge=1,
        le=1_000_000,
        description="Least requests the version must have answered before the next step.",
    )


class ShadowPlan(Request):
    """Copies of requests that the version answers and nobody reads, before it takes traffic."""

    percent: int = Field(100, ge=1, le=100, description="Share of requests copied, in percent.")
    bake_s: int = Field(
        600,
        ge=0,
        le=LONGEST_BAKE_S,
        description="Least seconds that the objectives are watched before it goes on.",
    )
    min_requests: int = Field(
        20, ge=1, le=1_000_000, description="Least copies answered before it goes on."
    )


class TrafficPlan(Request):
    """How a new version takes over traffic."""

    kind: Literal["direct", "canary", "shadow"] = Field(
        "direct",
        description="direct: all traffic once ready; canary: growing shares of it, each judged; "
        "shadow: copies of requests alone, until a person promotes it.",
    )
    percent: int = Field(
        100,
        ge=1,
        le=100,
        description="Share of a canary without steps, in percent; otherwise 100 or left out.",
    )
    steps: list[CanaryStep] = Field(
        default_factory=list,
        max_length=MOST_STEPS,
        description="Shares of a canary, rising; without them it stays at percent until promoted.",
    )
    shadow: ShadowPlan | None = Field(
        None, description="Copies of requests before the first share; kind shadow needs it."
    )
    then: Literal["promote", "wait"] = Field(
        "wait",
        description="After the last step: promote takes all traffic, wait leaves it to a person.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> TrafficPlan:
        """Refuse plans that contradict themselves."""
        if self.kind == "direct":
            self._check_direct()
        elif self.kind == "canary":
            self._check_canary()
        elif self.shadow is None or self.steps:
            raise ValueError("kind 'shadow' takes a shadow and no steps; add shares as 'canary'")
        return self

    def _check_direct(self) -> None:
        if self.percent != 100 or self.steps or self.shadow is not None:
            raise ValueError("a direct plan takes 100 percent; use kind 'canary' for a share")

    def _check_canary(self) -> None:
        if not self.steps and self.percent > 50:
            raise ValueError("a canary takes at most 50 percent of the traffic")
        shares = [step.percent for step in self.steps]
        if any(later <= earlier for earlier, later in pairwise(shares)):
            raise ValueError(f"steps: the shares {shares} have to rise from step to step")


class Objectives(Request):
    """What the deployment promises; a step that misses one is rolled back by itself."""

    latency_p99_ms: float | None = Field(
        None,
        gt=0,
        le=60_000,
        description="99th percentile of latency, in milliseconds; null promises none.",
    )
    latency_p95_ms: float = Field(
        250.0, gt=0, le=60_000, description="95th percentile of latency, in milliseconds."
    )
    error_rate: float = Field(
        0.01, ge=0, le=1, description="Share of requests that may fail, between 0 and 1."
    )
    drift_psi: float = Field(
        0.2,
        gt=0,
        le=10,
        description="Population stability index that counts as drift: of a feature against "
        "training, and of a canary's scores beyond one and a half times the difference from the "
        "live version's that the approved evidence shows.",
    )


class RateLimit(Request):
    """What one consumer may send, unless their token says otherwise."""

    per_second: float = Field(gt=0, le=100_000, description="Requests a second, over time.")
    burst: int = Field(ge=1, le=1_000_000, description="Requests at once after a pause.")


class RolloutChangeBody(Request):
    """Promotes, pauses, resumes or rolls back, with the reason for the trail."""

    reason: Sentence = Field(description="Why, in one sentence.")


class Finding(_Answer):
    """One objective as a step found it."""

    objective: ObjectiveName = Field(description="Which objective.")
    label: str = Field(description="It in words.")
    value: float | None = Field(description="What was measured; null: not enough yet.")
    limit: float = Field(description="What was promised.")
    stable: float | None = Field(description="The same of the live version, to compare with.")
    missed: bool = Field(description="True when it breaks the promise.")


class Judgement(_Answer):
    """What the newest look at a step found."""

    at: datetime = Field(description="When, UTC.")
    verdict: Literal["watch", "advance", "roll_back", "unknown"] = Field(
        description="watch: too early; unknown: the measurements could not be read."
    )
    requests: int = Field(description="Requests the version answered in this step.")
    needed: int = Field(description="Requests the step needs.")
    findings: list[Finding] = Field(description="Each objective.")
    sentence: str = Field(description="The result in words.")


class Rollout(_Answer):
    """One move of a deployment from a version to another."""

    id: str = Field(description="Id of the rollout.")
    request_id: str = Field(description="The approved request behind it.")
    from_version: int | None = Field(description="Version before; none on the first.")
    to_version: int = Field(description="Version it moves to.")
    traffic: TrafficPlan = Field(description="How the version takes over.")
    state: RolloutState = Field(description="Where it stands.")
    message: str = Field(description="What happened last, in words.")
    step: int | None = Field(description="The step under way, from 1; null outside the steps.")
    steps: int = Field(description="How many steps there are.")
    step_since: datetime | None = Field(description="When the step or the shadow began, UTC.")
    step_until: datetime | None = Field(
        description="When it has lasted long enough, UTC; null where a person decides."
    )
    judgement: Judgement | None = Field(description="The newest look at the step.")
    paused_at: datetime | None = Field(description="Since when it is held, UTC.")
    paused_by: str | None = Field(description="Who holds it.")
    started_at: datetime = Field(description="When it began, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; none while it goes on.")
    ended_by: str | None = Field(description="Who promoted or rolled back.")
    automatic: bool = Field(description="True when the platform itself rolled it back.")
    rollback_s: float | None = Field(
        description="Seconds from the decision to roll back to the last request that was sent by "
        "the old shares; null until a router has confirmed it."
    )


class RolloutEvent(_Answer):
    """Something that happened to a deployment's traffic."""

    id: str = Field(description="Id of the event.")
    rollout_id: str = Field(description="The rollout it belongs to.")
    version: int = Field(description="Version that the rollout is about.")
    at: datetime = Field(description="When, UTC.")
    kind: RolloutEventKind = Field(description="What happened.")
    by: str = Field(description="Who did it; service:worker is the platform.")
    message: str = Field(description="It in words.")
    judgement: Judgement | None = Field(description="What was measured, where that decided.")


class RolloutEventList(_Answer):
    """A page of a deployment's history, newest first."""

    items: list[RolloutEvent] = Field(description="The events.")
    next_cursor: str | None = Field(description="Cursor of the next page; none on the last.")
