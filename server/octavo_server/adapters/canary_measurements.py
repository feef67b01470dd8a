"""What versions did, for the judge of rollouts; read from the figures that count every request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from octavo_server.deployments.serving.service import ServingService, VersionFigures


@dataclass(frozen=True, kw_only=True)
class CountedFigures:
    """What one version did."""

    requests: int
    """Requests that count."""
    errors: int
    """Those that failed."""
    latency_p95_ms: float | None
    """95th percentile, milliseconds, within 5 %."""
    latency_p99_ms: float | None
    """99th percentile, milliseconds, within 5 %."""


class CountedMeasurements:
    """Reads exact counts and histograms of latency; scores alone are samples."""

    def __init__(self, serving: ServingService) -> None:
        self._serving = serving

    def figures(self, project: str, name: str, since: datetime) -> Mapping[int, CountedFigures]:
        """Return what each version did by the shares that hold since a time."""
        counted = self._serving.figures(project, name, since)
        return {version: _counted(one) for version, one in counted.items()}

    def scores(
        self, project: str, name: str, since: datetime, limit: int
    ) -> Mapping[int, Sequence[float]]:
        """Return the scores of each version's newest requests since a time."""
        found: dict[int, list[float]] = defaultdict(list)
        for one in self._serving.scored_since(project, name, since, limit):
            found[one.version].extend(one.scores)
        return found


def _counted(one: VersionFigures) -> CountedFigures:
    return CountedFigures(
        requests=one.requests - one.refused,
        errors=one.errors,
        latency_p95_ms=one.latency_p95_ms,
        latency_p99_ms=one.latency_p99_ms,
    )
