"""Cost as it goes over the wire."""

from __future__ import annotations

from octavo.records import usage as wire
from octavo_server.workspaces.profiles.wire import euro
from octavo_server.workspaces.usage import rules
from octavo_server.workspaces.usage.service import Report


def report(one: Report) -> wire.CostReport:
    """Return a cost report."""
    usage, budget = one.usage, one.budget
    today = sum(each.cost_micro_eur for each in usage if each.day == one.today)
    by_day = rules.grouped(usage, lambda each: each.day.isoformat())
    total = euro(sum(each.cost_micro_eur for each in usage))
    return wire.CostReport(
        project=one.project,
        since=one.since,
        until=one.until,
        total_eur=total,
        split=wire.CostSplit(
            attributed_eur=total, idle_eur=0, shared_eur=0, unattributed_eur=0, total_eur=total
        ),
        today_eur=euro(today),
        budget_eur=euro(budget.limit_micro_eur) if budget else None,
        budget_left_eur=euro(budget.left_micro_eur) if budget else None,
        forecast=wire.Forecast(burn_eur_per_day=0, month_eur=total, exhausted_at=None),
        by_person=_lines(rules.grouped(usage, lambda each: each.person)),
        by_project=_lines(rules.grouped(usage, lambda each: each.project)),
        by_team=[],
        by_profile=_lines(rules.grouped(usage, lambda each: each.profile)),
        by_pipeline=[],
        by_deployment=[],
        by_kind=_lines(rules.grouped(usage, lambda each: each.kind)),
        by_day=_lines(sorted(by_day)),
        days=[],
    )


def _lines(groups: list[tuple[str, float, int]]) -> list[wire.CostLine]:
    return [
        wire.CostLine(name=name, hours=round(hours, 4), cost_eur=euro(micro), idle_eur=0)
        for name, hours, micro in groups
    ]
