"""Pure summaries of scoring telemetry: versions, series, scores, and the sentences about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from octavo_server.monitoring import rules
from octavo_server.monitoring.domain import (
    Breach,
    Level,
    Light,
    Profile,
    ScoreDistribution,
    SeriesPoint,
    VersionSummary,
)

POINTS = 60
"""Intervals of a series."""
ENOUGH_REQUESTS = 20
"""Fewer requests judge neither latency nor errors."""
ENOUGH_SCORES = 50
"""Fewer scores judge no distribution."""
SCORE_PSI = 0.25
"""Population stability index of the scores that raises an alert."""
CALLERS_FAULTS = frozenset({"invalid", "too_large"})
"""Refusals that are the caller's, not the service's: they count as requests, not as errors."""


class Promised(Protocol):
    """What a deployment promises."""

    @property
    def latency_p95_ms(self) -> float:
        """95th percentile of latency, milliseconds."""

    @property
    def error_rate(self) -> float:
        """Share of failed requests."""


class Request(Protocol):
    """One scoring request, as the area `deployments` records it."""

    @property
    def version(self) -> int:
        """Version that was asked."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def latency_ms(self) -> float:
        """Milliseconds."""

    @property
    def status(self) -> str:
        """``ok`` or an error's code."""

    @property
    def scores(self) -> Sequence[float]:
        """Scores of its first rows."""


def versions(requests: Iterable[Request]) -> tuple[VersionSummary, ...]:
    """Return what each version did."""
    groups: dict[int, list[Request]] = defaultdict(list)
    for request in requests:
        groups[request.version].append(request)
    return tuple(_version(version, groups[version]) for version in sorted(groups))


def series(
    requests: Iterable[Request], since: datetime, window: timedelta
) -> tuple[SeriesPoint, ...]:
    """Return volume and latency of each version in at most :data:`POINTS` equal intervals."""
    width = window.total_seconds() / POINTS
    groups: dict[tuple[int, int], list[Request]] = defaultdict(list)
    for request in requests:
        place = int((request.at - since).total_seconds() // width)
        groups[min(max(place, 0), POINTS - 1), request.version].append(request)
    return tuple(
        _point(since + timedelta(seconds=place * width), version, groups[place, version])
        for place, version in sorted(groups)
    )


def score_distribution(
    requests: Iterable[Request], training: Profile | None
) -> ScoreDistribution | None:
    """Return live scores in the bins of training's; None without a baseline."""
    if training is None:
        return None
    scores = [score for request in requests for score in request.scores]
    live = rules.shares(rules.score_counts(scores, training["cuts"]))
    then = rules.shares(training["counts"])
    return ScoreDistribution(
        edges=rules.score_edges(training),
        live=live,
        training=then,
        live_count=len(scores),
        training_count=sum(training["counts"]),
        psi=rules.psi(live, then) if len(scores) >= ENOUGH_SCORES else None,
    )


def latency_light(found: Sequence[VersionSummary], promised: Promised) -> Light:
    """Say whether latency keeps its promise, by the slowest version."""
    limit = promised.latency_p95_ms
    baseline = f"promised: p95 at most {limit:g} ms"
    judged = [one for one in found if one.latency_p95_ms is not None]
    if not judged:
        return Light(
            topic="latency", level=Level.UNKNOWN, sentence="No request yet.", baseline=baseline
        )
    slowest = max(judged, key=lambda one: one.latency_p95_ms or 0.0)
    value = slowest.latency_p95_ms or 0.0
    sentence = f"95 % of requests to v{slowest.version} are answered within {value:,.0f} ms."
    level = Level.CRITICAL if value > limit else Level.OK
    return Light(topic="latency", level=level, sentence=sentence, baseline=baseline)


def errors_light(found: Sequence[VersionSummary], promised: Promised) -> Light:
    """Say whether errors keep their promise, over all versions."""
    limit = promised.error_rate
    baseline = f"promised: at most {limit:.2%} fail"
    requests = sum(one.requests for one in found)
    if not requests:
        return Light(
            topic="errors", level=Level.UNKNOWN, sentence="No request yet.", baseline=baseline
        )
    errors = sum(one.errors for one in found)
    rate = errors / requests
    sentence = f"{errors:,} of {requests:,} requests failed ({rate:.2%})."
    level = Level.CRITICAL if rate > limit else Level.WARNING if errors else Level.OK
    return Light(topic="errors", level=level, sentence=sentence, baseline=baseline)


def scores_light(scores: ScoreDistribution | None, window: str) -> Light:
    """Say whether live scores look like training's."""
    if scores is None:
        return Light(
            topic="scores",
            level=Level.UNKNOWN,
            sentence="The training run left no scores to compare with.",
            baseline="none",
        )
    baseline = f"{scores.training_count:,} training scores of {window}"
    if scores.psi is None:
        sentence = f"{scores.live_count} scores so far; {ENOUGH_SCORES} are needed to judge."
        return Light(topic="scores", level=Level.UNKNOWN, sentence=sentence, baseline=baseline)
    level = rules.level_of(scores.psi, SCORE_PSI)
    word = {Level.OK: "like", Level.WARNING: "a little unlike"}.get(level, "unlike")
    sentence = f"Live scores look {word} training's (PSI {scores.psi:.2f})."
    return Light(topic="scores", level=level, sentence=sentence, baseline=baseline)


def breaches(
    found: Sequence[VersionSummary], scores: ScoreDistribution | None, promised: Promised
) -> list[Breach]:
    """Return which promises are broken now; too few requests break none."""
    broken: list[Breach] = []
    for one in found:
        if one.requests < ENOUGH_REQUESTS:
            continue
        latency, rate = one.latency_p95_ms, one.error_rate
        if latency is not None and latency > promised.latency_p95_ms:
            message = f"v{one.version}: 5 % of requests take longer than {latency:,.0f} ms."
            broken.append(
                _breach("latency", one.version, message, latency, promised.latency_p95_ms)
            )
        if rate is not None and rate > promised.error_rate:
            message = f"v{one.version}: {one.errors:,} of {one.requests:,} requests failed."
            broken.append(_breach("errors", one.version, message, rate, promised.error_rate))
    if scores is not None and scores.psi is not None and scores.psi >= SCORE_PSI:
        message = f"Live scores moved away from training's (PSI {scores.psi:.2f})."
        broken.append(
            Breach(
                rule="scores",
                subject="all versions",
                level=Level.WARNING,
                message=message,
                value=scores.psi,
                limit=SCORE_PSI,
            )
        )
    return broken


def _breach(rule: str, version: int, message: str, value: float, limit: float) -> Breach:
    return Breach(
        rule=rule,
        subject=f"v{version}",
        level=Level.CRITICAL,
        message=message,
        value=value,
        limit=limit,
    )


def _version(version: int, requests: Sequence[Request]) -> VersionSummary:
    latencies = _latencies(requests)
    scores = [score for request in requests for score in request.scores]
    errors = _errors(requests)
    return VersionSummary(
        version=version,
        requests=len(requests),
        errors=errors,
        error_rate=errors / len(requests) if requests else None,
        latency_p50_ms=rules.quantile(latencies, 0.5),
        latency_p95_ms=rules.quantile(latencies, 0.95),
        latency_p99_ms=rules.quantile(latencies, 0.99),
        mean_score=sum(scores) / len(scores) if scores else None,
    )


def _point(at: datetime, version: int, requests: Sequence[Request]) -> SeriesPoint:
    latencies = _latencies(requests)
    return SeriesPoint(
        at=at.astimezone(UTC),
        version=version,
        requests=len(requests),
        errors=_errors(requests),
        latency_p50_ms=rules.quantile(latencies, 0.5),
        latency_p95_ms=rules.quantile(latencies, 0.95),
    )


def _latencies(requests: Sequence[Request]) -> list[float]:
    return sorted(request.latency_ms for request in requests if request.status == "ok")


def _errors(requests: Sequence[Request]) -> int:
    return sum(
        request.status != "ok" and request.status not in CALLERS_FAULTS for request in requests
    )
