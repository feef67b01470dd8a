"""Records of answered scoring requests; all times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

STABLE, CANARY, STANDBY, SHADOW = "stable", "canary", "standby", "shadow"


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
    role: str = STABLE
    """As what the version was asked: stable, canary, standby or shadow."""


@dataclass(slots=True, kw_only=True)
class Served:
    """One attempt as the router hands it over; what is kept of it is decided later."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    version: int
    """Version that was asked."""
    role: str
    """As what it was asked."""
    at: datetime
    """When the request arrived."""
    latency_ms: float
    """Milliseconds until the scorer's answer."""
    status: str
    """``ok``, or the error's code."""
    caller: str
    """Who asked."""
    document: Mapping[str, Any]
    """The request's rows."""
    predictions: list[Any]
    """The answer's; empty when there is none."""
    routed_since: datetime | None = None
    """Since when the shares that it was routed by hold; None: nobody asks."""


@dataclass(frozen=True, kw_only=True)
class LogPolicy:
    """What of a deployment's requests is kept."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    share: float = 0.2
    """Share of requests whose rows are kept."""
    redacted: tuple[str, ...] = ()
    """Columns whose values are kept nowhere."""
    keep_days: int = 30
    """Days until a row is removed."""
    generation: int = 0
    """Counts the changes; 0: nobody changed the default."""
    changed_by: str | None = None
    """Who changed it last."""
    changed_at: datetime | None = None
    """When."""


@dataclass(frozen=True, kw_only=True)
class LoggedRow:
    """One row that was scored, as it is kept."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    request_id: str
    """The request."""
    at: datetime
    """When it arrived."""
    version: int
    """Version that answered."""
    caller: str
    """Who asked."""
    latency_ms: float
    """Milliseconds until the scorer's answer."""
    inputs: str
    """The row as a JSON object; redacted values are null."""
    prediction: str
    """The prediction as JSON."""


@dataclass(frozen=True, kw_only=True)
class LogSize:
    """How much is kept of a deployment's requests."""

    files: int = 0
    """Parquet files."""
    size_bytes: int = 0
    """Their size."""
    oldest_day: str | None = None
    """Oldest day, YYYY-MM-DD."""


@dataclass(kw_only=True)
class Figures:
    """What one version did in a while; adds up."""

    requests: int = 0
    """Requests that it was asked."""
    errors: int = 0
    """Of these, failed."""
    refused: int = 0
    """Of these, refused because of what the caller sent."""
    rows: int = 0
    """Rows scored."""
    latencies: dict[int, int] = field(default_factory=dict)
    """Answered requests by latency, in steps of :mod:`latency`."""
    compared: int = 0
    """Answers of a shadow that were compared with what the caller got."""
    difference: float = 0.0
    """Sum of the absolute differences."""


@dataclass(frozen=True, kw_only=True)
class FiguresAt:
    """Figures of one version in one interval."""

    version: int
    """Version."""
    role: str
    """As what it was asked."""
    at: datetime
    """Start of the interval."""
    figures: Figures
    """What it did."""


@dataclass(frozen=True, kw_only=True)
class VersionFigures:
    """What one version did since a time, in numbers to judge."""

    version: int
    """Version."""
    role: str
    """As what it was asked last."""
    requests: int
    """Requests."""
    errors: int
    """Failed."""
    refused: int
    """Refused because of what callers sent."""
    rows: int
    """Rows scored."""
    latency_p50_ms: float | None
    """Median, milliseconds, within 5 %."""
    latency_p95_ms: float | None
    """95th percentile."""
    latency_p99_ms: float | None
    """99th percentile."""
    mean_difference: float | None
    """Of a shadow: mean absolute difference of its scores from what callers got."""


@dataclass(frozen=True, kw_only=True)
class HeldBack:
    """A canary whose share the router gives to the stable version."""

    version: int
    """The canary."""
    since: datetime
    """Since when."""
    reason: str
    """Why, in words."""
