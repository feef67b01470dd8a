"""Summaries of telemetry and the sentences about them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

import octavo.monitoring as profiles
from octavo_server.deployments.rollouts.domain import Objectives
from octavo_server.deployments.serving.domain import Scored
from octavo_server.monitoring import telemetry
from octavo_server.monitoring.domain import Level

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PROMISED = Objectives(latency_p95_ms=100, error_rate=0.02, drift_psi=0.2)


def scored(number: int, *, version: int = 1, status: str = "ok", ms: float = 10.0) -> Scored:
    return Scored(
        id=f"q{number}",
        project="flights",
        deployment="late",
        version=version,
        at=NOON + timedelta(seconds=number),
        latency_ms=ms,
        status=status,
        rows=1,
        scores=(0.1 + 0.8 * (number % 10) / 10,) if status == "ok" else (),
    )


def test_versions_are_summed_up_apart() -> None:
    requests = [scored(n, version=1 + n % 2, ms=float(n)) for n in range(100)]
    first, second = telemetry.versions(requests)
    assert (first.version, second.version) == (1, 2)
    assert first.requests == second.requests == 50
    assert first.latency_p50_ms == pytest.approx(49)
    assert first.error_rate == 0


def test_the_callers_own_faults_are_no_errors() -> None:
    requests = [scored(1), scored(2, status="invalid"), scored(3, status="model_failed")]
    (found,) = telemetry.versions(requests)
    assert found.errors == 1


def test_latency_is_of_answers_only() -> None:
    (found,) = telemetry.versions([scored(1, ms=5), scored(2, ms=9_000, status="unavailable")])
    assert found.latency_p99_ms == 5


def test_the_series_keeps_every_request_inside_the_window() -> None:
    window = timedelta(minutes=15)
    requests = [scored(n) for n in range(0, 900, 3)]
    points = telemetry.series(requests, NOON, window)
    assert sum(point.requests for point in points) == len(requests)
    assert len(points) <= telemetry.POINTS
    assert all(NOON <= point.at < NOON + window for point in points)


def test_promises_kept_and_broken() -> None:
    kept = telemetry.versions([scored(n) for n in range(50)])
    assert telemetry.latency_light(kept, PROMISED).level is Level.OK
    assert telemetry.errors_light(kept, PROMISED).level is Level.OK
    assert telemetry.breaches(kept, None, PROMISED) == []
    slow = telemetry.versions([scored(n, ms=500) for n in range(50)])
    assert telemetry.latency_light(slow, PROMISED).level is Level.CRITICAL
    (breach,) = telemetry.breaches(slow, None, PROMISED)
    assert (breach.rule, breach.value, breach.limit) == ("latency", 500, 100)
    failing = telemetry.versions([scored(n, status="unavailable") for n in range(50)])
    assert [one.rule for one in telemetry.breaches(failing, None, PROMISED)] == ["errors"]


def test_nothing_measured_is_unknown_and_few_requests_judge_nobody() -> None:
    assert telemetry.latency_light([], PROMISED).level is Level.UNKNOWN
    assert telemetry.errors_light([], PROMISED).level is Level.UNKNOWN
    assert telemetry.scores_light(None, "").level is Level.UNKNOWN
    few = telemetry.versions([scored(n, ms=9_000) for n in range(5)])
    assert telemetry.breaches(few, None, PROMISED) == []


def test_live_scores_beside_training() -> None:
    training = profiles.score_profile(np.tile(np.arange(10) * 0.08 + 0.1, 30))
    alike = telemetry.score_distribution([scored(n) for n in range(200)], training)
    assert alike is not None
    assert alike.edges[0] == 0
    assert alike.edges[-1] == 1
    assert sum(alike.live) == pytest.approx(1)
    assert telemetry.scores_light(alike, "w").level is Level.OK
    few = telemetry.score_distribution([scored(1)], training)
    assert few is not None
    assert few.psi is None
    assert telemetry.scores_light(few, "w").level is Level.UNKNOWN
    far = telemetry.score_distribution([scored(0) for _ in range(200)], training)
    assert telemetry.scores_light(far, "w").level is Level.CRITICAL
