"""Records of monitoring; all times are UTC, shares and rates lie between 0 and 1."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Profile = Mapping[str, Any]
"""One column's histogram, as :mod:`octavo.monitoring` writes it."""

WINDOWS = {
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
}
"""Windows of telemetry that a person may choose."""


class Level(StrEnum):
    """How bad something is."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"
    UNKNOWN = "unknown"
    """Nothing was measured: never shown as fine."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The training window's profile of one model version."""

    project: str
    """Project."""
    model: str
    """Registered model."""
    version: int
    """Its version."""
    run_id: str
    """Run that wrote it."""
    window: str
    """The training window in words."""
    rows: int
    """Rows of it."""
    features: Mapping[str, Profile]
    """Histogram by input column."""
    scores: Profile | None
    """Histogram of the model's scores."""
    source: Mapping[str, Any]
    """Where later months of the same columns lie."""
    read_at: datetime
    """When it was read from the run."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The data of a month doesn't fit the model's inputs."""

    month: str
    """Month, YYYY-MM; ``-`` when no month could be read at all."""
    column: str
    """Input column."""
    problem: str
    """``missing``, ``wrong_type``, ``all_null`` or ``unreadable``."""
    message: str
    """In words."""


@dataclass(frozen=True, kw_only=True)
class MonthProfile:
    """The input columns of one month of data, binned as the baseline."""

    project: str
    """Project."""
    model: str
    """Registered model."""
    version: int
    """Version whose baseline gave the bins."""
    month: str
    """Month, YYYY-MM."""
    rows: int
    """Rows of the month."""
    features: Mapping[str, Profile]
    """Histogram by input column; a column with a finding may be absent."""
    findings: tuple[Finding, ...]
    """Breaches of the schema contract."""
    computed_at: datetime
    """When."""


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How far one feature of one month moved from training."""

    feature: str
    """Input column."""
    kind: str
    """``numeric`` or ``category``."""
    month: str
    """Month, YYYY-MM."""
    psi: float | None
    """Population stability index."""
    ks: float | None
    """Kolmogorov-Smirnov distance on the bins; None for categories."""
    js: float | None
    """Jensen-Shannon distance, base 2."""
    null_share: float
    """Missing values of the month."""
    training_null_share: float
    """Missing values of training."""
    rows: int
    """Rows of the month."""
    level: Level
    """Judged by the deployment's limit."""
    labels: tuple[str, ...]
    """Bins in words."""
    shares: tuple[float, ...]
    """Share of the month a bin."""
    training_shares: tuple[float, ...]
    """Share of training a bin."""


@dataclass(frozen=True, kw_only=True)
class DriftReport:
    """Drift of a deployment's inputs by month."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    model: str
    """Registered model."""
    version: int
    """Version whose training window is the baseline."""
    baseline: str
    """The training window in words."""
    baseline_run_id: str
    """Run that wrote it."""
    months: tuple[str, ...]
    """Months compared."""
    features: tuple[Drift, ...]
    """Strongest first."""
    schema_findings: tuple[Finding, ...]
    """Breaches of the schema contract."""
    computed_at: datetime | None
    """When the months were profiled."""
    message: str
    """What is there, or why nothing is."""


@dataclass(frozen=True, kw_only=True)
class Light:
    """One traffic-light sentence."""

    topic: str
    """What it is about."""
    level: Level
    """How bad."""
    sentence: str
    """In words."""
    baseline: str
    """What it is compared with."""


@dataclass(frozen=True, kw_only=True)
class SeriesPoint:
    """One version in one interval."""

    at: datetime
    """Start of the interval."""
    version: int
    """Version."""
    requests: int
    """Requests."""
    errors: int
    """Failed ones."""
    latency_p50_ms: float | None
    """Median latency, milliseconds."""
    latency_p95_ms: float | None
    """95th percentile, milliseconds."""


@dataclass(frozen=True, kw_only=True)
class VersionSummary:
    """What one version did in a window."""

    version: int
    """Version."""
    requests: int
    """Requests."""
    errors: int
    """Failed ones."""
    error_rate: float | None
    """Share of failed ones."""
    latency_p50_ms: float | None
    """Median latency, milliseconds."""
    latency_p95_ms: float | None
    """95th percentile, milliseconds."""
    latency_p99_ms: float | None
    """99th percentile, milliseconds."""
    mean_score: float | None
    """Mean score."""


@dataclass(frozen=True, kw_only=True)
class ScoreDistribution:
    """Live scores beside training's, as shares a bin."""

    edges: tuple[float, ...]
    """Bin edges."""
    live: tuple[float, ...]
    """Shares now."""
    training: tuple[float, ...]
    """Shares in training."""
    live_count: int
    """Scores now."""
    training_count: int
    """Scores in training."""
    psi: float | None
    """Population stability index; None with too few scores."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """The answer-first view of a deployment."""

    project: str
    """Project."""
    deployment: str
    """Deployment."""
    model: str
    """Registered model."""
    window: str
    """Key of :data:`WINDOWS`."""
    since: datetime
    """Start of the window."""
    until: datetime
    """End of the window."""
    lights: tuple[Light, ...]
    """Worst first."""
    versions: tuple[VersionSummary, ...]
    """By version."""
    series: tuple[SeriesPoint, ...]
    """Over the window."""
    scores: ScoreDistribution | None
    """None without a baseline or scores."""
    baseline: str
    """The training window in words."""


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A rule that is broken now."""

    rule: str
    """``drift``, ``schema``, ``latency``, ``errors``, ``scores``, ``scorer``,
    ``freshness`` or ``query_pattern``."""
    subject: str
    """Feature, column or version."""
    level: Level
    """``warning`` or ``critical``."""
    message: str
    """In words."""
    value: float | None = None
    """What was measured."""
    limit: float | None = None
    """What it crossed."""


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A breach that was found once, until it is found no more."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment; empty: it is about features."""
    rule: str
    """Rule that raised it."""
    subject: str
    """Feature, column or version."""
    level: Level
    """``warning`` or ``critical``."""
    message: str
    """In words, as last found."""
    value: float | None
    """As last measured."""
    limit: float | None
    """What it crossed."""
    opened_at: datetime
    """When it was raised."""
    last_seen_at: datetime
    """When it was last found."""
    resolved_at: datetime | None = None
    """When it was found no more."""
    acknowledged_by: str | None = None
    """Who took it."""
    acknowledged_at: datetime | None = None
    """When."""
    acknowledgement: str | None = None
    """What they said."""
