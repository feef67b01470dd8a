"""Pure traffic-light sentences about a deployment's service, inputs and alerts."""

from __future__ import annotations

from collections.abc import Sequence

from octavo_server.deployments.rollouts.service import View, headline_of, health_of
from octavo_server.monitoring import rules
from octavo_server.monitoring.domain import Alert, Breach, Drift, DriftReport, Level, Light

ORDER = (Level.CRITICAL, Level.WARNING, Level.UNKNOWN, Level.OK)
NULLS_MORE = 0.05
"""A feature misses values when its share of nulls grew by this much."""
HEALTH = {
    "healthy": Level.OK,
    "starting": Level.WARNING,
    "degraded": Level.WARNING,
    "down": Level.CRITICAL,
}


def worst_first(found: Sequence[Light]) -> tuple[Light, ...]:
    """Return the sentences with the worst first."""
    return tuple(sorted(found, key=lambda light: ORDER.index(light.level)))


def service(view: View) -> Light:
    """Say what is live and whether it answers."""
    level = HEALTH[health_of(view)]
    return Light(
        topic="service",
        level=level,
        sentence=headline_of(view),
        baseline="desired state",
    )


def drift(report: DriftReport, limit: float) -> Light:
    """Say how many inputs moved in the newest month, and which most."""
    if not report.months:
        return Light(topic="drift", level=Level.UNKNOWN, sentence=report.message, baseline="none")
    month = report.months[-1]
    here = [one for one in report.features if one.month == month and one.psi is not None]
    moved = [one for one in here if (one.psi or 0.0) >= limit]
    baseline = f"{report.baseline}; limit PSI {limit:g}"
    if not here:
        sentence = f"No input of {month} could be compared."
        return Light(topic="drift", level=Level.CRITICAL, sentence=sentence, baseline=baseline)
    strongest = max(here, key=lambda one: one.psi or 0.0)
    sentence = f"{len(moved)} of {len(here)} inputs moved in {month}; "
    sentence += f"most: {strongest.feature} (PSI {strongest.psi or 0.0:.2f})."
    level = rules.level_of(strongest.psi, limit)
    return Light(topic="drift", level=level, sentence=sentence, baseline=baseline)


def quality(report: DriftReport) -> Light:
    """Say whether the inputs are all there."""
    if report.schema_findings:
        first = report.schema_findings[0]
        more = len(report.schema_findings) - 1
        sentence = first.message + (f" And {more} more." if more else "")
        return Light(
            topic="quality",
            level=Level.CRITICAL,
            sentence=sentence,
            baseline="the model's signature",
        )
    if not report.months:
        return Light(topic="quality", level=Level.UNKNOWN, sentence=report.message, baseline="none")
    worst = max(report.features, key=_nulls_grew)
    if _nulls_grew(worst) >= NULLS_MORE:
        sentence = f"{worst.feature} misses {worst.null_share:.0%} of its values in {worst.month}."
        baseline = f"{worst.training_null_share:.0%} in {report.baseline}"
        return Light(topic="quality", level=Level.WARNING, sentence=sentence, baseline=baseline)
    count = len({one.feature for one in report.features})
    sentence = f"All {count} inputs are there, with no more gaps than in training."
    return Light(topic="quality", level=Level.OK, sentence=sentence, baseline=report.baseline)


def alerts(found: Sequence[Alert]) -> Light:
    """Say how many alerts nobody has taken."""
    waiting = [one for one in found if one.acknowledged_by is None]
    if not found:
        return Light(
            topic="alerts", level=Level.OK, sentence="No open alert.", baseline="the limits"
        )
    sentence = f"{len(found)} open alerts, {len(waiting)} of them taken by nobody."
    critical = any(one.level is Level.CRITICAL for one in waiting)
    level = Level.CRITICAL if critical else Level.WARNING
    return Light(topic="alerts", level=level, sentence=sentence, baseline="the limits")


def breaches(view: View, report: DriftReport) -> list[Breach]:
    """Return which limits a deployment's scorers and inputs break now."""
    return [*_scorer_breaches(view), *_schema_breaches(report), *_drift_breaches(view, report)]


def _scorer_breaches(view: View) -> list[Breach]:
    broken: list[Breach] = []
    for version, scorer in sorted(view.scorers.items()):
        if scorer.state.value == "backing_off":
            message = f"v{version} doesn't answer: {scorer.message}"
            broken.append(
                Breach(rule="scorer", subject=f"v{version}", level=Level.CRITICAL, message=message)
            )
    return broken


def _schema_breaches(report: DriftReport) -> list[Breach]:
    return [
        Breach(
            rule="schema",
            subject=f"{one.column} {one.month}"[:300],
            level=Level.CRITICAL,
            message=one.message,
        )
        for one in report.schema_findings
    ]


def _drift_breaches(view: View, report: DriftReport) -> list[Breach]:
    """Return one breach a feature: its strongest month, and how many months moved."""
    limit = view.deployment.objectives.drift_psi
    by_feature: dict[str, list[Drift]] = {}
    for one in report.features:
        if one.psi is not None and one.psi >= limit:
            by_feature.setdefault(one.feature, []).append(one)
    broken: list[Breach] = []
    for feature, months in by_feature.items():
        worst = max(months, key=lambda one: one.psi or 0.0)
        message = f"{feature} moved away from training in {len(months)} of "
        message += f"{len(report.months)} months, most in {worst.month} "
        message += f"(PSI {worst.psi or 0.0:.2f}, limit {limit:g})."
        broken.append(
            Breach(
                rule="drift",
                subject=feature[:300],
                level=Level.WARNING,
                message=message,
                value=worst.psi,
                limit=limit,
            )
        )
    return broken


def _nulls_grew(one: Drift) -> float:
    return one.null_share - one.training_null_share
