"""Wire records of the evidence that a deployment request carries for its reviewer."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

EvidenceState = Literal["gathering", "complete", "failed"]


class _Answer(BaseModel):
    """Base of what the platform answers."""

    model_config = ConfigDict(frozen=True)


class ReplayedVersion(_Answer):
    """What one version did with the logged requests, in the sandbox."""

    version: int = Field(description="Version of the model.")
    rows: int = Field(description="Rows it scored.")
    failures: int = Field(description="Rows that it could not score.")
    failure: str | None = Field(description="The first failure in words.")
    mean_score: float | None = Field(description="Mean score.")
    latency_p50_ms: float | None = Field(
        description="Median of one-row calls in the sandbox, milliseconds."
    )
    latency_p99_ms: float | None = Field(description="99th percentile of them, milliseconds.")
    load_s: float | None = Field(description="Seconds to load the model.")
    cost_micro_eur_per_1000: int | None = Field(
        description="What 1,000 one-row calls keep busy of the profile, in millionths of a euro."
    )


class SegmentDifference(_Answer):
    """Score differences in one part of the requests."""

    column: str = Field(description="Input column that makes the segment; empty: all rows.")
    value: str = Field(description="Its value or range.")
    rows: int = Field(description="Rows of the segment.")
    candidate: float = Field(description="Mean score of the candidate.")
    champion: float = Field(description="Mean score of the live version.")
    mean_difference: float = Field(description="Mean of candidate minus champion.")
    mean_absolute: float = Field(description="Mean of the absolute differences.")
    largest: float = Field(description="Largest absolute difference.")


class Replay(_Answer):
    """The last logged requests, scored by the candidate and by the live version."""

    requests: int = Field(description="Logged requests that were replayed.")
    since: datetime | None = Field(description="Time of the oldest one, UTC.")
    until: datetime | None = Field(description="Time of the newest one, UTC.")
    candidate: ReplayedVersion = Field(description="What the requested version did.")
    champion: ReplayedVersion | None = Field(description="What the live version did.")
    psi: float | None = Field(
        description="Population stability index of the candidate's scores against the champion's."
    )
    overall: SegmentDifference | None = Field(description="Differences over all rows.")
    segments: list[SegmentDifference] = Field(description="By segment, the largest first.")


class AffectedConsumer(_Answer):
    """Somebody who asked the deployment lately, or may."""

    name: str = Field(description="Who asked.")
    requests: int = Field(description="Requests in the window.")
    last_at: datetime | None = Field(
        description="Their newest request, UTC; none in the window: they hold a token alone."
    )


class FeatureFreshness(_Answer):
    """How fresh one feature view is that the version reads."""

    view: str = Field(description="Feature view.")
    newest_event_at: datetime | None = Field(description="Time of its newest value, UTC.")
    level: Literal["ok", "warning", "critical", "unknown"] = Field(description="Against its limit.")
    sentence: str = Field(description="It in words.")


class OpenAlert(_Answer):
    """An alert that was open when the evidence was gathered."""

    id: str = Field(description="Id of the alert.")
    rule: str = Field(description="Rule that raised it.")
    level: Literal["warning", "critical"] = Field(description="How bad.")
    message: str = Field(description="What happened, in words.")
    opened_at: datetime = Field(description="When it was raised, UTC.")


class Evidence(_Answer):
    """What a reviewer sees before they decide."""

    state: EvidenceState = Field(
        description="gathering: the replay is under way; failed: it could not be made."
    )
    message: str = Field(description="What is under way or why it failed, in words.")
    gathered_at: datetime | None = Field(description="When it was gathered, UTC.")
    fresh_until: datetime | None = Field(description="Until when a review may rest on it, UTC.")
    digest: str | None = Field(description="SHA-256 of the evidence; a review may name it.")
    champion_version: int | None = Field(description="Live version it compares with.")
    replay: Replay | None = Field(description="Replayed requests; null when none were logged.")
    consumers: list[AffectedConsumer] = Field(description="Who asked in the last 7 days.")
    freshness: list[FeatureFreshness] = Field(description="Feature views that the version reads.")
    alerts: list[OpenAlert] = Field(description="Alerts of the deployment that were open.")
    stale_because: list[str] = Field(
        description="What changed since; while it holds, the evidence has to be gathered again."
    )
