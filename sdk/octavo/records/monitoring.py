"""Wire records of monitoring: what a deployment does, how its inputs drift, what alerts say."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from octavo.records.base import Reason, Request

Level = Literal["ok", "warning", "critical", "unknown"]
Window = Literal["15m", "1h", "24h", "7d"]


class _Answer(BaseModel):
    """Base of what the platform answers."""

    model_config = ConfigDict(frozen=True)


class Light(_Answer):
    """One traffic-light sentence."""

    topic: Literal["service", "latency", "errors", "scores", "drift", "quality", "alerts"] = Field(
        description="What the sentence is about."
    )
    level: Level = Field(description="ok, warning, critical, or unknown when nothing was measured.")
    sentence: str = Field(description="The state in words, with numbers and units.")
    baseline: str = Field(description="What the number is compared with.")


class SeriesPoint(_Answer):
    """One interval of the chosen window."""

    at: datetime = Field(description="Start of the interval, UTC.")
    version: int = Field(description="Version that answered.")
    requests: int = Field(description="Requests in the interval.")
    errors: int = Field(description="Requests that failed.")
    latency_p50_ms: float | None = Field(description="Median latency, milliseconds.")
    latency_p95_ms: float | None = Field(description="95th percentile of latency, milliseconds.")


class VersionSummary(_Answer):
    """What one version did in the window."""

    version: int = Field(description="Version of the model.")
    requests: int = Field(description="Requests in the window.")
    errors: int = Field(description="Requests that failed.")
    error_rate: float | None = Field(description="Share that failed; none without requests.")
    latency_p50_ms: float | None = Field(description="Median latency, milliseconds.")
    latency_p95_ms: float | None = Field(description="95th percentile of latency, milliseconds.")
    latency_p99_ms: float | None = Field(description="99th percentile of latency, milliseconds.")
    mean_score: float | None = Field(description="Mean score; none when the model gives none.")


class ScoreDistribution(_Answer):
    """Scores in the window beside scores on the training window, as shares a bin."""

    edges: list[float] = Field(description="Bin edges, one more than bins.")
    live: list[float] = Field(description="Share of live scores a bin.")
    training: list[float] = Field(description="Share of training scores a bin.")
    live_count: int = Field(description="Scores behind the live shares.")
    training_count: int = Field(description="Scores behind the training shares.")
    psi: float | None = Field(description="Population stability index; none when too few scores.")


class MonitorSummary(_Answer):
    """The answer-first view of one deployment."""

    project: str = Field(description="Project of the deployment.")
    deployment: str = Field(description="Name of the deployment.")
    model: str = Field(description="Registered model it serves.")
    window: Window = Field(description="Window of the telemetry.")
    since: datetime = Field(description="Start of the window, UTC.")
    until: datetime = Field(description="End of the window, UTC.")
    lights: list[Light] = Field(description="Traffic-light sentences, worst first.")
    versions: list[VersionSummary] = Field(description="What each version did.")
    series: list[SeriesPoint] = Field(description="Volume and latency over the window.")
    scores: ScoreDistribution | None = Field(
        description="Scores against training; none if unknown."
    )
    baseline: str = Field(description="What training window the comparisons stand on.")


class FeatureDrift(_Answer):
    """How far one feature of one month moved from the training window."""

    feature: str = Field(description="Input column of the model.")
    kind: Literal["numeric", "category"] = Field(description="How it was binned.")
    month: str = Field(description="Month of the data, YYYY-MM.")
    psi: float | None = Field(description="Population stability index against training.")
    ks: float | None = Field(
        description="Kolmogorov-Smirnov distance on the bins; none on categories."
    )
    js: float | None = Field(description="Jensen-Shannon distance, 0 to 1, base 2.")
    null_share: float = Field(description="Share of missing values in the month.")
    training_null_share: float = Field(description="Share of missing values in training.")
    rows: int = Field(description="Rows of the month.")
    level: Level = Field(description="Judged by the limits of the deployment.")
    labels: list[str] = Field(description="Bins in words, in order.")
    shares: list[float] = Field(description="Share of the month a bin.")
    training_shares: list[float] = Field(description="Share of training a bin.")


class SchemaFinding(_Answer):
    """A breach of the schema contract: the data of a month does not fit the model's inputs."""

    month: str = Field(description="Month of the data, YYYY-MM.")
    column: str = Field(description="Column that breaks the contract.")
    problem: Literal["missing", "wrong_type", "all_null", "unreadable"] = Field(
        description="What is wrong."
    )
    message: str = Field(description="The breach in words.")


class DriftReport(_Answer):
    """Drift of a deployment's inputs by month, strongest first."""

    project: str = Field(description="Project of the deployment.")
    deployment: str = Field(description="Name of the deployment.")
    model: str = Field(description="Registered model it serves.")
    version: int = Field(description="Version whose training window is the baseline.")
    baseline: str = Field(description="Training window in words.")
    baseline_run_id: str = Field(description="Run that wrote the baseline.")
    months: list[str] = Field(description="Months compared, in order.")
    features: list[FeatureDrift] = Field(description="Every feature and month, strongest first.")
    schema_findings: list[SchemaFinding] = Field(description="Breaches of the schema contract.")
    computed_at: datetime | None = Field(description="When the profiles were computed, UTC.")
    message: str = Field(description="What is there, or why nothing is yet, in words.")


class Alert(_Answer):
    """One raised alert."""

    id: str = Field(description="Id of the alert.")
    project: str = Field(description="Project of the deployment.")
    deployment: str = Field(description="Deployment it is about; empty: it is about features.")
    rule: Literal[
        "drift", "schema", "latency", "errors", "scores", "scorer", "freshness", "query_pattern"
    ] = Field(description="Rule that raised it.")
    subject: str = Field(description="Feature and month, version, or feature view it is about.")
    level: Literal["warning", "critical"] = Field(description="How bad.")
    message: str = Field(description="What happened, in words.")
    value: float | None = Field(description="Measured value; none on breaches of the schema.")
    limit: float | None = Field(description="Limit it crossed.")
    opened_at: datetime = Field(description="When it was raised, UTC.")
    last_seen_at: datetime = Field(description="When it was last found true, UTC.")
    resolved_at: datetime | None = Field(description="When it was found false again, UTC.")
    acknowledged_by: str | None = Field(description="Who took it.")
    acknowledged_at: datetime | None = Field(description="When, UTC.")
    acknowledgement: str | None = Field(description="What they said.")


class AlertList(_Answer):
    """A page of alerts, newest first."""

    items: list[Alert] = Field(description="The alerts.")
    next_cursor: str | None = Field(description="Cursor of the next page; none on the last.")


class AcknowledgeBody(Request):
    """Takes an alert."""

    note: Reason = Field(description="What you found or will do.")
