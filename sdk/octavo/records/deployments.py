"""Wire records of deployments: requests, reviews, rollouts, traffic and scoring.

A deployment is desired state in one environment; a rollout moves it from one model version
to another; a scorer is the process that holds one version in memory.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from octavo.records.base import Request, Visible

SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
MODEL_NAME = r"^[a-z][a-z0-9-]{0,62}$"
DIGEST = r"^[0-9a-f]{64}$"

Sentence = Annotated[str, Field(min_length=8, max_length=2_000), Visible]

Environment = Literal["dev", "test", "prod"]
RequestState = Literal["pending", "approved", "rejected", "expired", "applied", "failed"]
RolloutState = Literal["starting", "canary", "live", "rolled_back", "failed", "superseded"]
ScorerState = Literal["starting", "ready", "backing_off", "stopped"]
Health = Literal["healthy", "starting", "degraded", "down"]


class _Answer(BaseModel):
    """Base of what the platform answers."""

    model_config = ConfigDict(frozen=True)


class TrafficPlan(Request):
    """How a new version takes over traffic."""

    kind: Literal["direct", "canary"] = Field(
        "direct",
        description="direct: all traffic once ready; canary: a share of it, until promoted.",
    )
    percent: int = Field(
        100, ge=1, le=100, description="Share of requests the new version takes, in percent."
    )

    @model_validator(mode="after")
    def _consistent(self) -> TrafficPlan:
        """Refuse a direct plan for a share and a canary that takes over."""
        if self.kind == "direct" and self.percent != 100:
            raise ValueError("a direct plan takes 100 percent; use kind 'canary' for a share")
        if self.kind == "canary" and self.percent > 50:
            raise ValueError("a canary takes at most 50 percent of the traffic")
        return self


class Objectives(Request):
    """What the deployment promises; the monitor alerts when it is missed."""

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
        description="Population stability index of a feature that raises an alert.",
    )


class DeploymentRequestBody(Request):
    """Asks for a model version to go live."""

    deployment: str = Field(
        pattern=SLUG, max_length=63, description="Name of the deployment; created when new."
    )
    model: str = Field(
        pattern=MODEL_NAME, max_length=63, description="Registered model, for example flights-late."
    )
    version: int = Field(ge=1, le=1_000_000, description="Version of the registered model.")
    environment: Environment = Field(description="Where it goes live.")
    profile: str = Field(
        "cpu-small",
        pattern=SLUG,
        max_length=63,
        description="Spawner profile the scorer runs with.",
    )
    traffic: TrafficPlan = Field(
        default_factory=TrafficPlan, description="How the version takes over traffic."
    )
    objectives: Objectives = Field(
        default_factory=Objectives, description="What the deployment promises."
    )
    reason: Sentence = Field(description="Why, in one sentence a reviewer can judge.")


class ReviewBody(Request):
    """A second person's word on a request."""

    decision: Literal["approve", "reject"] = Field(description="What the reviewer decided.")
    reason: Sentence = Field(description="Why, in one sentence.")
    digest: str = Field(pattern=DIGEST, max_length=64, description="Digest of what was reviewed.")


class PolicyOutcome(_Answer):
    """What policy said when the request was made."""

    allowed: bool = Field(description="Whether policy let the request through.")
    reasons: list[str] = Field(description="Each rule that spoke, in words.")
    policy_digest: str = Field(description="Digest of the policy set that decided.")


class Review(_Answer):
    """The review of one request."""

    reviewer: str = Field(description="Who decided; never the requester.")
    decision: Literal["approve", "reject"] = Field(description="What was decided.")
    reason: str = Field(description="Why.")
    digest: str = Field(description="Digest the reviewer saw.")
    at: datetime = Field(description="When, UTC.")


class DeploymentRequest(_Answer):
    """One request and what became of it."""

    id: str = Field(description="Id of the request.")
    project: str = Field(description="Project it belongs to.")
    deployment: str = Field(description="Deployment it changes.")
    model: str = Field(description="Registered model.")
    version: int = Field(description="Version of the model.")
    environment: Environment = Field(description="Where it goes live.")
    profile: str = Field(description="Spawner profile of the scorer.")
    traffic: TrafficPlan = Field(description="How the version takes over traffic.")
    objectives: Objectives = Field(description="What the deployment promises.")
    reason: str = Field(description="Why it was asked for.")
    requested_by: str = Field(description="Who asked.")
    requested_at: datetime = Field(description="When, UTC.")
    expires_at: datetime = Field(description="When an undecided or unused request lapses, UTC.")
    state: RequestState = Field(description="Where the request stands.")
    message: str = Field(description="What happened last, in words.")
    digest: str = Field(description="Digest of what is asked for; a review names it.")
    model_digest: str = Field(description="Digest of the model files' manifest.")
    policy: PolicyOutcome = Field(description="What policy said.")
    review: Review | None = Field(description="The review, once there is one.")
    may_review: bool = Field(description="Whether the caller may review it.")
    may_not_review_because: str | None = Field(description="Why the caller may not, in words.")


class DeploymentRequestList(_Answer):
    """A page of requests, newest first."""

    items: list[DeploymentRequest] = Field(description="The requests.")
    next_cursor: str | None = Field(description="Cursor of the next page; none on the last.")


class TrafficShare(_Answer):
    """The share of one version in the traffic of a deployment."""

    version: int = Field(description="Version of the model.")
    percent: int = Field(description="Share of requests, in percent.")
    role: Literal["stable", "canary", "standby"] = Field(
        description="standby: kept warm for a rollback, takes no traffic."
    )
    scorer: ScorerState = Field(description="Whether its process answers.")
    restarts: int = Field(description="How often the process was restarted.")
    message: str = Field(description="Why it is not ready, or since when it is.")


class Rollout(_Answer):
    """One move of a deployment from a version to another."""

    id: str = Field(description="Id of the rollout.")
    request_id: str = Field(description="The approved request behind it.")
    from_version: int | None = Field(description="Version before; none on the first.")
    to_version: int = Field(description="Version it moves to.")
    traffic: TrafficPlan = Field(description="How the version takes over.")
    state: RolloutState = Field(description="Where it stands.")
    message: str = Field(description="What happened last, in words.")
    started_at: datetime = Field(description="When it began, UTC.")
    ended_at: datetime | None = Field(description="When it ended, UTC; none while it goes on.")
    ended_by: str | None = Field(description="Who promoted or rolled back.")


class SignatureColumn(_Answer):
    """One input column of the model, for the Try it form."""

    name: str = Field(description="Name of the column.")
    type: str = Field(description="MLflow type: double, long, integer, string, boolean, ...")
    required: bool = Field(description="Whether a request must carry it.")


class Deployment(_Answer):
    """A deployment: what is desired, what is live, how it is."""

    project: str = Field(description="Project it belongs to.")
    name: str = Field(description="Name of the deployment.")
    model: str = Field(description="Registered model it serves.")
    environment: Environment = Field(description="Where it is live.")
    profile: str = Field(description="Spawner profile of its scorers.")
    objectives: Objectives = Field(description="What it promises.")
    health: Health = Field(description="healthy: all routed versions answer.")
    headline: str = Field(description="One line of truth about it.")
    traffic: list[TrafficShare] = Field(description="Who gets the requests.")
    rollout: Rollout | None = Field(description="The latest rollout.")
    can_roll_back: bool = Field(description="Whether one click moves it back now.")
    rolls_back_to: int | None = Field(description="Version a rollback would leave live.")
    can_promote: bool = Field(description="Whether a canary waits to be promoted.")
    inputs: list[SignatureColumn] = Field(description="Input columns of the stable version.")
    example: dict[str, JsonValue] | None = Field(description="One row that scores, when known.")
    invocations_path: str = Field(description="Path to POST rows to, below the platform's address.")
    updated_at: datetime = Field(description="Last change of desired state, UTC.")


class DeploymentDetail(Deployment):
    """A deployment with its history."""

    rollouts: list[Rollout] = Field(description="Rollouts, newest first.")
    requests: list[DeploymentRequest] = Field(description="Requests, newest first.")


class DeploymentList(_Answer):
    """A page of deployments."""

    items: list[Deployment] = Field(description="The deployments.")
    next_cursor: str | None = Field(description="Cursor of the next page; none on the last.")


class RolloutChangeBody(Request):
    """Promotes or rolls back, with the reason for the trail."""

    reason: Sentence = Field(description="Why, in one sentence.")


Row = dict[Annotated[str, Field(max_length=200)], JsonValue]


class SplitFrame(Request):
    """Rows in MLflow's dataframe_split format."""

    columns: list[Annotated[str, Field(max_length=200)]] = Field(
        max_length=2_000, description="Column names, in order."
    )
    data: list[list[JsonValue]] = Field(max_length=10_000, description="Rows, one list each.")
    index: list[JsonValue] | None = Field(
        None, max_length=10_000, description="Row labels; read and ignored."
    )


class InvocationBody(Request):
    """Rows to score, in exactly one of MLflow's formats."""

    dataframe_split: SplitFrame | None = Field(None, description="Columns and rows.")
    dataframe_records: list[Row] | None = Field(
        None, max_length=10_000, description="One object a row."
    )
    inputs: JsonValue = Field(None, description="Named columns, or a list of rows.")
    params: dict[str, JsonValue] | None = Field(
        None, max_length=50, description="Inference parameters of the model's signature."
    )


class InvocationAnswer(_Answer):
    """Scores, and who gave them."""

    predictions: list[JsonValue] = Field(description="One prediction a row, in order.")
    model: str = Field(description="Registered model that answered.")
    version: int = Field(description="Version that answered.")
    model_digest: str = Field(description="Digest of the model files that answered.")
    latency_ms: float = Field(description="Time inside the platform, in milliseconds.")
    request_id: str = Field(description="Id of this request in telemetry.")
    failed_over: bool = Field(description="True when the picked version was down.")
