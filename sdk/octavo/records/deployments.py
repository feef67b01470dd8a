"""Wire records of deployments: requests, reviews, rollouts, traffic and scoring.

A deployment is desired state in one environment; a rollout moves it from one model version
to another; a scorer is the process that holds one version in memory.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from octavo.records.base import Request, Visible
from octavo.records.evidence import Evidence
from octavo.records.rollouts import Objectives, RateLimit, Rollout, TrafficPlan

SLUG = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
MODEL_NAME = r"^[a-z][a-z0-9-]{0,62}$"
ALIAS_NAME = r"^[a-z][a-z0-9-]{0,30}$"
DIGEST = r"^[0-9a-f]{64}$"

Sentence = Annotated[str, Field(min_length=8, max_length=2_000), Visible]

Environment = Literal["dev", "test", "prod"]
RequestState = Literal["pending", "approved", "rejected", "expired", "applied", "failed"]
ScorerState = Literal["starting", "ready", "backing_off", "stopped"]
Health = Literal["healthy", "starting", "degraded", "down"]


class _Answer(BaseModel):
    """Base of what the platform answers."""

    model_config = ConfigDict(frozen=True)


class DeploymentRequestBody(Request):
    """Asks for a model version to go live."""

    deployment: str = Field(
        pattern=SLUG, max_length=63, description="Name of the deployment; created when new."
    )
    model: str = Field(
        pattern=MODEL_NAME, max_length=63, description="Registered model, for example flights-late."
    )
    version: int | None = Field(
        None, ge=1, le=1_000_000, description="Version of the registered model; else an alias."
    )
    alias: str | None = Field(
        None,
        pattern=ALIAS_NAME,
        max_length=31,
        description="Alias that names the version now; it has to name it still when it goes live.",
    )
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
    rate_limit: RateLimit | None = Field(
        None, description="What one consumer may send; null: no limit of its own."
    )
    owner: Annotated[str, Field(max_length=255), Visible] = Field(
        "", description="Who answers for the deployment; empty: who asks."
    )
    reason: Sentence = Field(description="Why, in one sentence a reviewer can judge.")

    @model_validator(mode="after")
    def _one_version(self) -> DeploymentRequestBody:
        """Refuse a body that names no version, or names it twice."""
        if (self.version is None) == (self.alias is None):
            raise ValueError("name exactly one of version and alias")
        return self


class ReviewBody(Request):
    """A second person's word on a request."""

    decision: Literal["approve", "reject"] = Field(description="What the reviewer decided.")
    reason: Sentence = Field(description="Why, in one sentence.")
    digest: str = Field(pattern=DIGEST, max_length=64, description="Digest of what was reviewed.")
    evidence_digest: str | None = Field(
        None,
        pattern=DIGEST,
        max_length=64,
        description="Digest of the evidence that was looked at: an approval names it where there "
        "is any, and is refused when it is another now.",
    )


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
    alias: str | None = Field(description="Alias it was asked for by.")
    environment: Environment = Field(description="Where it goes live.")
    profile: str = Field(description="Spawner profile of the scorer.")
    traffic: TrafficPlan = Field(description="How the version takes over traffic.")
    objectives: Objectives = Field(description="What the deployment promises.")
    rate_limit: RateLimit | None = Field(description="What one consumer may send.")
    owner: str = Field(description="Who answers for the deployment.")
    reason: str = Field(description="Why it was asked for.")
    requested_by: str = Field(description="Who asked.")
    requested_at: datetime = Field(description="When, UTC.")
    expires_at: datetime = Field(description="When an undecided or unused request lapses, UTC.")
    state: RequestState = Field(description="Where the request stands.")
    message: str = Field(description="What happened last, in words.")
    digest: str = Field(description="Digest of what is asked for; a review names it.")
    model_digest: str = Field(description="Digest of the model files' manifest.")
    policy: PolicyOutcome = Field(description="What policy said.")
    evidence: Evidence | None = Field(description="What a reviewer rests on; null in lists.")
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
    role: Literal["stable", "canary", "shadow", "standby"] = Field(
        description="shadow: its percent are copies that nobody reads; standby: kept warm for a "
        "rollback, takes no traffic."
    )
    scorer: ScorerState = Field(description="Whether its process answers.")
    restarts: int = Field(description="How often the process was restarted.")
    message: str = Field(description="Why it is not ready, or since when it is.")


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
    rate_limit: RateLimit | None = Field(description="What one consumer may send.")
    owner: str = Field(description="Who answers for it.")
    health: Health = Field(description="healthy: all routed versions answer.")
    headline: str = Field(description="One line of truth about it.")
    traffic: list[TrafficShare] = Field(description="Who gets the requests.")
    rollout: Rollout | None = Field(description="The rollout under way, else the one that is live.")
    undone: Rollout | None = Field(
        description="The newest rollout, when it failed or was rolled back: why, by whom, how fast."
    )
    can_roll_back: bool = Field(description="Whether one click moves it back now.")
    rolls_back_to: int | None = Field(description="Version a rollback would leave live.")
    can_promote: bool = Field(description="Whether a canary or a shadow can take all traffic.")
    can_pause: bool = Field(description="Whether a rollout is under way that can be held.")
    can_resume: bool = Field(description="Whether a rollout is held.")
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
    """Rows to score, in exactly one of MLflow's formats; or entities whose features are read."""

    dataframe_split: SplitFrame | None = Field(None, description="Columns and rows.")
    dataframe_records: list[Row] | None = Field(
        None, max_length=10_000, description="One object a row."
    )
    inputs: JsonValue = Field(None, description="Named columns, or a list of rows.")
    entities: list[dict[Annotated[str, Field(max_length=200)], str | int]] | None = Field(
        None,
        max_length=1_000,
        description="Join keys, one object a row: inputs that the rows leave out are read from "
        "the online store.",
    )
    params: dict[str, JsonValue] | None = Field(
        None, max_length=50, description="Inference parameters of the model's signature."
    )


class MissingFeature(_Answer):
    """A feature that had no usable value for a row that named an entity."""

    row: int = Field(description="Number of the row, from 0.")
    column: str = Field(description="The model's input.")
    why: Literal["absent", "expired", "null"] = Field(
        description="absent: this entity has none; expired: it is older than the view allows."
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
    features_missing: list[MissingFeature] = Field(
        description="Features without a usable value, where entities were sent; at most 100."
    )
