"""What requests need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from octavo.records.evidence import AffectedConsumer, FeatureFreshness, OpenAlert


@dataclass(frozen=True, kw_only=True)
class LoggedRequests:
    """Rows that a deployment was asked about."""

    rows: Sequence[Mapping[str, Any]]
    """Rows by column, the newest first."""
    since: datetime | None = None
    """Time of the oldest."""
    until: datetime | None = None
    """Time of the newest."""


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What one version did with logged rows."""

    scores: Sequence[float | None]
    """One a row; None: it could not be scored, or has no number."""
    failures: int
    """Rows that could not be scored."""
    failure: str | None
    """The first failure in words."""
    latencies_ms: Sequence[float]
    """Milliseconds of calls with one row each."""
    load_s: float
    """Seconds to load the model."""


class ReplayBench(Protocol):
    """Scores logged rows with a version, where its code can do no harm."""

    def replay(
        self, project: str, model: str, version: int, rows: Sequence[Mapping[str, Any]]
    ) -> Replayed:
        """Return what the version did. Raises NotFound or Unavailable."""


class EvidenceSources(Protocol):
    """What the platform knows around a request."""

    def logged(self, project: str, deployment: str, most: int) -> LoggedRequests:
        """Return the newest logged rows of a deployment."""

    def consumers(self, project: str, deployment: str) -> list[AffectedConsumer]:
        """Return who asks the deployment."""

    def freshness(self, project: str, model: str, version: int) -> list[FeatureFreshness]:
        """Return how fresh the feature views are that a version reads."""

    def alerts(self, project: str, deployment: str) -> list[OpenAlert]:
        """Return the deployment's open alerts."""

    def price(self, profile: str) -> int | None:
        """Return the price of an hour of a profile, in millionths of a euro."""
