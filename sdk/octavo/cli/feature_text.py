"""Plans and changes of features as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from octavo.records.feature_changes import (
    FeatureChange,
    FeatureCost,
    FeatureDifference,
    FeaturePlan,
)
from octavo.records.visible import UNSEEN

_MARKS = {"added": "+", "changed": "~", "removed": "-"}


def lines_of_plan(plan: FeaturePlan) -> Iterator[str]:
    """Give a plan: differences, impact, cost, and what speaks against it."""
    yield from map(_harmless, _of_plan(plan))


def lines_of_change(change: FeatureChange) -> Iterator[str]:
    """Give what became of a change."""
    yield from map(_harmless, _of_change(change))


def summary(change: FeatureChange) -> str:
    """Return a change in one line."""
    return _harmless(_summary(change))


def _harmless(line: str) -> str:
    """Return a line without characters that nobody sees and a terminal would obey."""
    return UNSEEN.sub("\N{REPLACEMENT CHARACTER}", line)


def _of_plan(plan: FeaturePlan) -> Iterator[str]:
    base = plan.base_snapshot[:12] if plan.base_snapshot else "nothing"
    yield f"on         {base}" + ("  The same is current already." if plan.same else "")
    for one in plan.differences:
        yield from _of_difference(one)
    for reached in plan.impact:
        word = "BREAKS" if reached.breaks else "reaches"
        person = f" of {reached.person}" if reached.person else ""
        yield f"{word:<10} {reached.kind} {reached.name}{person}: {reached.why}"
    if not plan.same:
        yield f"cost       {_cost(plan.cost)}"
    for leak in plan.leaks:
        yield f"LEAK       {leak}"
    for finding in plan.findings:
        yield f"{finding.severity:<10} {finding.where}: {finding.message}"
    for reason in plan.policy.reasons:
        yield f"{'policy' if plan.policy.allowed else 'REFUSED':<10} {reason}"


def _of_change(change: FeatureChange) -> Iterator[str]:
    yield _summary(change)
    yield f"reason     {change.reason}"
    if change.reviewer:
        yield f"reviewed   by {change.reviewer}: {change.review_reason}"
    if (at := change.progress) is not None:
        yield f"progress   {at.done} of {at.steps}: {at.step}"
    if change.message:
        yield f"message    {change.message}"


def _summary(change: FeatureChange) -> str:
    counts = f"+{change.added} ~{change.changed} -{change.removed}"
    more = f"  breaks {change.breaks}" if change.breaks else ""
    more += f"  snapshot {change.snapshot[:12]}" if change.snapshot else ""
    more += "  stale" if change.stale else ""
    at = f"{change.created_at:%Y-%m-%d %H:%MZ}"
    return f"{change.state:<10} {change.id}  {at}  {change.author}  {counts}{more}"


def _of_difference(one: FeatureDifference) -> Iterator[str]:
    breaks = "  breaks readers" if one.breaks else ""
    yield f"{_MARKS[one.what]} {one.kind} {one.name}{breaks}"
    for part in one.fields:
        if part.before is None:
            yield f"    + {part.field}: {part.after}"
        elif part.after is None:
            yield f"    - {part.field}: {part.before}"
        elif part.field != "code":
            yield f"    ~ {part.field}: {part.before} -> {part.after}"
    yield from (f"    {line}" for line in one.diff.splitlines())


def _cost(cost: FeatureCost) -> str:
    if not cost.views:
        return cost.basis
    said = f"{cost.rows} rows of {', '.join(cost.views[:5])}"
    said += f" and {len(cost.views) - 5} more" if len(cost.views) > 5 else ""
    if cost.seconds is not None:
        said += f", about {cost.seconds:g} s and {cost.eur or 0:.4f} EUR"
    return f"{said}. {cost.basis}"
