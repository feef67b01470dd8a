"""What versions did, for the judge of rollouts; read from the telemetry of answered requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo_server.deployments.serving.service import Scored, ServingService, VersionFigures

MOST = 5_000
"""Newest requests that are summed up one by one; more are counted by ten seconds."""
STEP_S = 10
"""Seconds of one row of the counted figures."""
CALLERS_FAULTS = frozenset({"invalid", "too_large", "too_many"})
"""Refusals of a caller's own fault: they don't count."""


@dataclass(frozen=True, kw_only=True)
class CountedFigures:
    """What one version did."""

    requests: int
    """Requests that count."""
    errors: int
    """Those that failed."""
    latency_p95_ms: float | None
    """95th percentile, milliseconds."""
    latency_p99_ms: float | None
    """99th percentile, milliseconds."""


class ScoredMeasurements:
    """Sums up the telemetry of a deployment."""

    def __init__(self, serving: ServingService) -> None:
        self._serving = serving

    def figures(self, project: str, name: str, since: datetime) -> Mapping[int, CountedFigures]:
        """Return what each version did since a time.

        Few requests are summed up exactly; many are taken from the counted figures, which begin
        at the ten seconds that ``since`` lies in.
        """
        found = self._serving.scored_since(project, name, since, MOST)
        if len(found) == MOST:
            begun = since - timedelta(seconds=since.timestamp() % STEP_S)
            counted = self._serving.figures(project, name, begun)
            return {version: _counted(one) for version, one in counted.items()}
        groups: dict[int, list[Scored]] = defaultdict(list)
        for one in found:
            if one.status not in CALLERS_FAULTS:
                groups[one.version].append(one)
        return {version: _figures(requests) for version, requests in groups.items()}

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


def _figures(requests: Sequence[Scored]) -> CountedFigures:
    latencies = sorted(one.latency_ms for one in requests if one.status == "ok")
    return CountedFigures(
        requests=len(requests),
        errors=sum(one.status != "ok" for one in requests),
        latency_p95_ms=_quantile(latencies, 0.95),
        latency_p99_ms=_quantile(latencies, 0.99),
    )


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    if not ordered:
        return None
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]
