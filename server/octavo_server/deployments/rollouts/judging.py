"""Judges a step of a rollout by what was promised; pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from octavo_server.deployments.rollouts.domain import Finding, Judgement, Objectives
from octavo_server.deployments.rollouts.progress import Wanted
from octavo_server.deployments.rollouts.scores import psi

ENOUGH_FOR_P95, ENOUGH_FOR_P99 = 20, 100
"""Fewer answers say nothing about the slowest 5 % or 1 % of them."""
ENOUGH_SCORES = 300
"""Fewer scores of either version move the index by chance alone."""
DRIFT_AGAIN = 1.5
"""The accepted difference of scores may come out so many times as large by what is asked."""
WITHIN = 1.05
"""Percentiles are known within 5 %: beyond that a latency is surely over its limit."""
CHANCE = 0.02
"""An error rate counts as missed when chance alone gives so many errors less often than this."""


class Figures(Protocol):
    """What one version did since a time."""

    @property
    def requests(self) -> int:
        """Requests that count: refusals of a caller's own fault don't."""

    @property
    def errors(self) -> int:
        """Those that failed."""

    @property
    def latency_p95_ms(self) -> float | None:
        """95th percentile, milliseconds."""

    @property
    def latency_p99_ms(self) -> float | None:
        """99th percentile, milliseconds."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What was measured of one version in the phase under way."""

    requests: int = 0
    """Requests that count."""
    errors: int = 0
    """Those that failed."""
    latency_p95_ms: float | None = None
    """95th percentile, milliseconds."""
    latency_p99_ms: float | None = None
    """99th percentile, milliseconds."""
    scores: Sequence[float] = ()
    """Scores of the newest requests."""

    @property
    def error_rate(self) -> float | None:
        """Share that failed; None without requests."""
        return self.errors / self.requests if self.requests else None


def judge(
    *,
    wanted: Wanted,
    objectives: Objectives,
    candidate: Measured,
    stable: Measured,
    since: datetime,
    now: datetime,
    accepted_drift: float | None = None,
) -> Judgement:
    """Return what to do about a step: watch on, lead on, or roll back.

    ``accepted_drift`` is how far the approved evidence says that the scores differ from the live
    version's. A new version is meant to score differently: drift is what goes beyond that, and
    without it scores are not judged.

    A promise counts as broken as soon as the numbers can't be chance, and as kept only when the
    step has lasted, enough requests were answered, and nothing is over its limit.
    """
    findings = tuple(findings_of(objectives, candidate, stable, accepted_drift))
    missed = [finding for finding in findings if finding.missed]
    short = [finding for finding in findings if finding.short]
    left = wanted.bake_s - (now - since).total_seconds()
    verdict, sentence = "watch", ""
    if missed:
        verdict, sentence = "roll_back", " ".join(_said(finding) for finding in missed)
    elif short:
        sentence = f"{_said(short[0])} More requests are needed to tell it from chance."
    elif candidate.requests < wanted.min_requests:
        sentence = f"{candidate.requests} of {wanted.min_requests} requests so far."
    elif left > 0:
        sentence = f"All promises are kept; it is watched for {_duration(left)} more."
    elif wanted.person_decides:
        sentence = "All promises are kept; it waits for somebody to promote it."
    else:
        verdict, sentence = "advance", f"All promises are kept over {candidate.requests} requests."
    return Judgement(
        at=now,
        verdict=verdict,
        requests=candidate.requests,
        needed=wanted.min_requests,
        findings=findings,
        sentence=sentence,
    )


def findings_of(
    objectives: Objectives, candidate: Measured, stable: Measured, accepted_drift: float | None
) -> list[Finding]:
    """Return each objective as it was measured."""
    found = [_errors(objectives.error_rate, candidate, stable)]
    if objectives.latency_p99_ms is not None:
        found.append(
            _latency(
                "latency_p99_ms",
                "99 % of requests",
                objectives.latency_p99_ms,
                candidate.latency_p99_ms if candidate.requests >= ENOUGH_FOR_P99 else None,
                stable.latency_p99_ms,
            )
        )
    found.append(
        _latency(
            "latency_p95_ms",
            "95 % of requests",
            objectives.latency_p95_ms,
            candidate.latency_p95_ms if candidate.requests >= ENOUGH_FOR_P95 else None,
            stable.latency_p95_ms,
        )
    )
    if accepted_drift is not None:
        limit = accepted_drift * DRIFT_AGAIN + objectives.drift_psi
        found.append(_drift(limit, candidate.scores, stable.scores))
    return found


def tail(errors: int, requests: int, rate: float) -> float:
    """Return the probability of at least ``errors`` among ``requests`` that fail at ``rate``.

    The upper tail of the binomial distribution, summed from its own terms.
    """
    if errors <= 0 or rate >= 1:
        return 1.0
    if rate <= 0:
        return 0.0
    mean = requests * rate
    if errors > mean + 8 * math.sqrt(mean) + 8:
        return 0.0
    term = requests * math.log1p(-rate)
    below = math.exp(term)
    odds = math.log(rate) - math.log1p(-rate)
    for number in range(1, errors):
        term += math.log(requests - number + 1) - math.log(number) + odds
        below += math.exp(term)
    return max(0.0, 1.0 - below)


def _errors(limit: float, candidate: Measured, stable: Measured) -> Finding:
    rate = candidate.error_rate
    over = rate is not None and rate > limit
    surely = over and tail(candidate.errors, candidate.requests, limit) < CHANCE
    return Finding(
        objective="error_rate",
        label="Failed requests",
        value=rate,
        limit=limit,
        stable=stable.error_rate,
        missed=surely,
        short=over and not surely,
    )


def _latency(
    objective: str, label: str, limit: float, value: float | None, stable: float | None
) -> Finding:
    return Finding(
        objective=objective,
        label=label,
        value=value,
        limit=limit,
        stable=stable,
        missed=value is not None and value > limit * WITHIN,
    )


def _drift(limit: float, candidate: Sequence[float], stable: Sequence[float]) -> Finding:
    enough = min(len(candidate), len(stable)) >= ENOUGH_SCORES
    value = psi(stable, candidate) if enough else None
    return Finding(
        objective="drift_psi",
        label="Drift of its scores against the live version's",
        value=value,
        limit=limit,
        missed=value is not None and value > limit,
    )


def _said(finding: Finding) -> str:
    value = finding.value or 0.0
    if finding.objective == "error_rate":
        return f"{value:.1%} of requests failed, at most {finding.limit:.1%} may."
    if finding.objective == "drift_psi":
        return (
            f"Its scores differ more from the live version's than its evidence did: "
            f"PSI {value:.2f}, at most {finding.limit:.2f}."
        )
    return f"{finding.label} took up to {value:,.0f} ms, over {finding.limit:,.0f} ms."


def _duration(seconds: float) -> str:
    rest = timedelta(seconds=math.ceil(seconds))
    minutes = rest.total_seconds() / 60
    if minutes < 2:
        return f"{rest.total_seconds():.0f} s"
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.0f} h"
