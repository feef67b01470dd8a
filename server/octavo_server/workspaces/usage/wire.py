"""Cost, budgets and quotas as they go over the wire."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from octavo.records import usage as wire
from octavo.records import workspaces
from octavo_server.workspaces.profiles.wire import euro
from octavo_server.workspaces.usage.cost import Line, Report, Split
from octavo_server.workspaces.usage.domain import Budget, Forecast, Quota, QuotaState, Resolver
from octavo_server.workspaces.usage.rules import HOUR_S


def report(one: Report) -> wire.CostReport:
    """Return a cost report."""
    budget = one.budget
    return wire.CostReport(
        project=one.project,
        since=one.since,
        until=one.until,
        total_eur=euro(one.split.total),
        split=_split(one.split),
        today_eur=euro(one.today_micro_eur),
        budget_eur=euro(budget.limit_micro_eur) if budget else None,
        budget_left_eur=euro(budget.left_micro_eur) if budget else None,
        forecast=forecast(one.forecast),
        by_person=_lines(one.by_person),
        by_project=_lines(one.by_project),
        by_team=_lines(one.by_team),
        by_profile=_lines(one.by_profile),
        by_pipeline=_lines(one.by_pipeline),
        by_deployment=_lines(one.by_deployment),
        by_kind=_lines(one.by_kind),
        by_day=_lines(one.by_day),
        days=[
            wire.CostDay(day=date.fromisoformat(day), lines=_lines(lines))
            for day, lines in one.days
        ],
    )


def _split(one: Split) -> wire.CostSplit:
    return wire.CostSplit(
        attributed_eur=euro(one.attributed),
        idle_eur=euro(one.idle),
        shared_eur=euro(one.shared),
        unattributed_eur=euro(one.unattributed),
        total_eur=euro(one.total),
    )


def _lines(lines: Iterable[Line]) -> list[wire.CostLine]:
    return [
        wire.CostLine(
            name=line.name,
            hours=round(line.seconds / HOUR_S, 4),
            cost_eur=euro(line.charge_micro_eur),
            idle_eur=euro(line.waste_micro_eur),
        )
        for line in lines
    ]


def forecast(one: Forecast) -> wire.Forecast:
    """Return a forecast."""
    return wire.Forecast(
        burn_eur_per_day=euro(one.burn_micro_eur_per_day),
        month_eur=euro(one.month_micro_eur),
        exhausted_at=one.exhausted_at,
    )


def budget_rules(project: str, budget: Budget, ahead: Forecast) -> wire.BudgetRules:
    """Return a project's budget with its steps and its forecast."""
    return wire.BudgetRules(
        project=project,
        monthly_eur=euro(budget.limit_micro_eur),
        spent_eur=euro(budget.spent_micro_eur),
        left_eur=euro(budget.left_micro_eur),
        **vars(budget.steps),
        state=budget.state.value,
        forecast=forecast(ahead),
    )


def quotas(found: Iterable[Quota], resolver: Resolver) -> wire.Quotas:
    """Return all quotas."""
    return wire.Quotas(items=[quota(one) for one in found], resolver=resolver, next_cursor=None)


def quota(one: Quota) -> wire.Quota:
    """Return a quota."""
    return wire.Quota.model_validate(one)


def quota_status(state: QuotaState) -> wire.QuotaStatus:
    """Return what is left to one person in one project."""
    return wire.QuotaStatus(items=[workspaces.QuotaLeft.model_validate(one) for one in state.items])
