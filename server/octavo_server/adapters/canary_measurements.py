"""What versions did, for the judge of rollouts; read from the telemetry of answered requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from octavo_server.deployments.serving.service import Scored, ServingService

MOST = 20_000
"""Newest requests that are summed up."""
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
        """Return what each version did since a time."""
        groups: dict[int, list[Scored]] = defaultdict(list)
        for one in self._serving.scored_since(project, name, since, MOST):
            if one.status not in CALLERS_FAULTS:
                groups[one.version].append(one)
        return {version: _figures(found) for version, found in groups.items()}

    def scores(
        self, project: str, name: str, since: datetime, limit: int
    ) -> Mapping[int, Sequence[float]]:
        """Return the scores of each version's newest requests since a time."""
        found: dict[int, list[float]] = defaultdict(list)
        for one in self._serving.scored_since(project, name, since, limit):
            found[one.version].extend(one.scores)
        return found


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
