"""Counts what every version does, ten seconds by ten seconds; exact at any load.

New shares begin an interval of their own: what was routed by the old ones never counts for a step
that began in the middle of ten seconds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from octavo_server.deployments.serving import latency
from octavo_server.deployments.serving.domain import Figures, FiguresAt, Served, VersionFigures

STEP_S = 10
"""Seconds of one row of figures."""
CALLERS_FAULTS = frozenset({"invalid", "too_large", "too_many"})
"""Refusals that are the caller's, not the version's."""

Key = tuple[str, str, int, str, datetime]


class FigureBook:
    """Counts in memory until somebody takes the changed rows to write."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: dict[Key, Figures] = {}
        self._changed: set[Key] = set()

    def note(self, served: Served) -> None:
        """Count one attempt."""
        with self._lock:
            figures = self._of(served)
            figures.requests += 1
            if served.status == "ok":
                step = latency.step_of(served.latency_ms)
                figures.latencies[step] = figures.latencies.get(step, 0) + 1
                figures.rows += len(served.predictions)
            elif served.status in CALLERS_FAULTS:
                figures.refused += 1
            else:
                figures.errors += 1

    def blame(self, served: Served) -> None:
        """Count a refusal as the version's own fault: another version answered the same rows."""
        with self._lock:
            figures = self._of(served)
            figures.refused -= 1
            figures.errors += 1

    def compare(self, served: Served, difference: float) -> None:
        """Count how far a shadow's answer was from the caller's."""
        with self._lock:
            figures = self._of(served)
            figures.compared += 1
            figures.difference += difference

    def take(self, now: datetime) -> list[tuple[str, str, FiguresAt]]:
        """Return what changed since the last call; intervals that are over are let go."""
        oldest = _start(int(now.timestamp()) // STEP_S - 1)
        with self._lock:
            changed, self._changed = self._changed, set()
            found = [(key, _copy(self._open[key])) for key in sorted(changed)]
            for key in [key for key in self._open if key[4] < oldest]:
                if key not in changed:
                    del self._open[key]
        return [
            (
                project,
                deployment,
                FiguresAt(version=version, role=role, at=at, figures=figures),
            )
            for (project, deployment, version, role, at), figures in found
        ]

    def _of(self, served: Served) -> Figures:
        at = _start(int(served.at.timestamp()) // STEP_S)
        if served.routed_since is not None:
            at = max(at, served.routed_since)
        key = (served.project, served.deployment, served.version, served.role, at)
        self._changed.add(key)
        found = self._open.get(key)
        if found is None:
            found = self._open[key] = Figures()
        return found


def summed(every: Iterable[Figures]) -> Figures:
    """Return the sum of figures."""
    parts = list(every)
    return Figures(
        requests=sum(one.requests for one in parts),
        errors=sum(one.errors for one in parts),
        refused=sum(one.refused for one in parts),
        rows=sum(one.rows for one in parts),
        latencies=latency.added(one.latencies for one in parts),
        compared=sum(one.compared for one in parts),
        difference=sum(one.difference for one in parts),
    )


def by_version(found: Sequence[FiguresAt]) -> dict[int, VersionFigures]:
    """Return what each version did; a shadow's copies and its later requests count together."""
    groups: dict[int, list[FiguresAt]] = {}
    for one in sorted(found, key=lambda one: one.at):
        groups.setdefault(one.version, []).append(one)
    return {version: _version(version, groups[version]) for version in sorted(groups)}


def _version(version: int, parts: Sequence[FiguresAt]) -> VersionFigures:
    total = summed(one.figures for one in parts)
    return VersionFigures(
        version=version,
        role=parts[-1].role,
        requests=total.requests,
        errors=total.errors,
        refused=total.refused,
        rows=total.rows,
        latency_p50_ms=latency.percentile(total.latencies, 0.5),
        latency_p95_ms=latency.percentile(total.latencies, 0.95),
        latency_p99_ms=latency.percentile(total.latencies, 0.99),
        mean_difference=total.difference / total.compared if total.compared else None,
    )


def _copy(figures: Figures) -> Figures:
    return Figures(**{**vars(figures), "latencies": dict(figures.latencies)})


def _start(place: int) -> datetime:
    return datetime.fromtimestamp(place * STEP_S, UTC)
