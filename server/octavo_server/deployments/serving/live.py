"""What a deployment does now: figures by version, what is held back, how copies fare."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from octavo.records.serving import HeldBack, LiveFigures, LivePoint, LiveVersion, ShadowState
from octavo_server.deployments.rollouts.service import Deployment, RolloutsService
from octavo_server.deployments.serving import latency
from octavo_server.deployments.serving.domain import CANARY, SHADOW, STABLE, STANDBY, FiguresAt
from octavo_server.deployments.serving.figures import STEP_S, summed
from octavo_server.deployments.serving.router import Router
from octavo_server.deployments.serving.service import ServingService
from octavo_server.deployments.serving.telemetry import TelemetryBuffer

RATE_S = 30
"""Seconds over which requests a second are counted."""
LEAST_RATE = 0.05
"""Fewer requests a second would be written as 0.0."""
FINE_MINUTES = 15
"""Up to this long a window is shown in steps of ten seconds, a longer one by the minute."""


class Live:
    """Reads figures of all processes, and what this one routes."""

    def __init__(
        self,
        rollouts: RolloutsService,
        serving: ServingService,
        router: Router,
        telemetry: TelemetryBuffer,
    ) -> None:
        self._rollouts = rollouts
        self._serving = serving
        self._router = router
        self._telemetry = telemetry

    def check(self, project: str, name: str) -> None:
        """Raise NotFound where there is no such deployment."""
        self._rollouts.get(project, name)

    def figures(self, project: str, name: str, minutes: int) -> LiveFigures:
        """Return what a deployment did in the last minutes. Raises NotFound."""
        deployment = self._rollouts.get(project, name).deployment
        now = self._rollouts.now()
        found = self._serving.figures_by_time(project, name, now - timedelta(minutes=minutes))
        held = self._router.tables.held_back(project, name)
        copies = self._router.shadow_count(project, name)
        shadowed = copies is not None and copies.version == deployment.shadow_version
        versions = versions_of(deployment, found, held is not None, minutes, now)
        return LiveFigures(
            deployment=name,
            headline=headline(versions, None if held is None else held.reason),
            window_minutes=minutes,
            at=now,
            versions=versions,
            held_back=None if held is None else HeldBack.model_validate(held),
            shadow=ShadowState.model_validate(copies) if shadowed else None,
            dropped_log_rows=self._telemetry.dropped_rows,
        )


def versions_of(
    deployment: Deployment,
    found: Sequence[FiguresAt],
    held_back: bool,
    minutes: int,
    now: datetime,
) -> list[LiveVersion]:
    """Return what each version did: those that are routed, then others that still answered."""
    percent = 0 if held_back else deployment.canary_percent
    routed = (
        (deployment.stable_version, STABLE, 100.0 - percent),
        (deployment.canary_version, CANARY, float(percent)),
        (deployment.previous_version, STANDBY, 0.0),
        (deployment.shadow_version, SHADOW, 0.0),
    )
    roles: dict[int, tuple[str, float]] = {}
    for version, role, share in routed:
        if version is not None:
            roles.setdefault(version, (role, share))
    for one in found:
        roles.setdefault(one.version, (STANDBY, 0.0))
    return [
        _version(
            version,
            role,
            share,
            [one for one in found if one.version == version and _counts(one, role)],
            minutes,
            now,
        )
        for version, (role, share) in roles.items()
    ]


def headline(versions: Sequence[LiveVersion], held_back: str | None) -> str:
    """Say in one line how much is asked, how fast it is answered, and what is wrong."""
    answering = [one for one in versions if one.role != SHADOW]
    rate = sum(one.requests_per_second for one in answering)
    errors = sum(one.errors for one in answering)
    requests = sum(one.requests for one in answering)
    slowest = max((one.latency_p99_ms or 0.0 for one in answering), default=0.0)
    if not requests:
        line = "No requests in this window."
    else:
        now = f"{rate:.1f} requests a second" if rate >= LEAST_RATE else "No requests just now"
        fast = f"99 % within {slowest:,.1f} ms, " if slowest else ""  # all were refused
        line = f"{now}, {fast}"
        line += f"{errors:,} of {requests:,} failed." if errors else "none failed."
    return f"{held_back} {line}" if held_back else line


def _counts(one: FiguresAt, role: str) -> bool:
    """Copies count for a version only while it is a shadow."""
    return (one.role == SHADOW) == (role == SHADOW)


def _version(
    version: int,
    role: str,
    share: float,
    found: Sequence[FiguresAt],
    minutes: int,
    now: datetime,
) -> LiveVersion:
    total = summed(one.figures for one in found)
    # The newest step is not over yet: the rate is that of the whole steps before it.
    over = datetime.fromtimestamp(int(now.timestamp()) // STEP_S * STEP_S, UTC)
    recent = [one for one in found if over - timedelta(seconds=RATE_S) <= one.at < over]
    return LiveVersion.model_validate(
        {
            "version": version,
            "role": role,
            "percent": share,
            "requests": total.requests,
            "errors": total.errors,
            "refused": total.refused,
            "error_rate": total.errors / total.requests if total.requests else None,
            "requests_per_second": sum(one.figures.requests for one in recent) / RATE_S,
            "latency_p50_ms": latency.percentile(total.latencies, 0.5),
            "latency_p95_ms": latency.percentile(total.latencies, 0.95),
            "latency_p99_ms": latency.percentile(total.latencies, 0.99),
            "shadow_difference": total.difference / total.compared if total.compared else None,
            "points": _points(found, STEP_S if minutes <= FINE_MINUTES else 60),
        }
    )


def _points(found: Sequence[FiguresAt], width_s: int) -> list[LivePoint]:
    places: dict[int, list[FiguresAt]] = {}
    for one in found:
        places.setdefault(int(one.at.timestamp()) // width_s, []).append(one)
    points = []
    for place in sorted(places):
        total = summed(one.figures for one in places[place])
        points.append(
            LivePoint(
                at=datetime.fromtimestamp(place * width_s, UTC),
                requests=total.requests,
                errors=total.errors,
                latency_p50_ms=latency.percentile(total.latencies, 0.5),
                latency_p99_ms=latency.percentile(total.latencies, 0.99),
            )
        )
    return points
