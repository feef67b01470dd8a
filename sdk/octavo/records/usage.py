"""Wire records of usage: cost, budgets and quotas.

Money is in euro, decimal, rounded to 4 places on the wire. *Charge* is what is billed: the price
times the larger of what was requested and what was used. *Idle* is the part of it that was
requested and not used. Hours are UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Amount, Answer, Reason, Request
from octavo.records.workspaces import QuotaLeft

QuotaScope = Literal["person", "group", "project"]
QuotaResource = Literal["core_hours", "gib_hours", "gpu_hours"]
ScopeName = Annotated[str, Field(min_length=1, max_length=255)]


class CostLine(Answer):
    """Cost of one person, project, team, profile, pipeline, deployment, kind or day."""

    name: str = Field(
        description="What it is the cost of; empty: nobody's; (shared): the platform's own."
    )
    hours: float = Field(description="Metered hours.")
    cost_eur: float = Field(description="Charge, euro.")
    idle_eur: float = Field(description="Part of the charge that was requested and not used.")


class CostSplit(Answer):
    """A whole cost in four parts; their sum is exactly the total."""

    attributed_eur: float = Field(description="Used, by somebody known.")
    idle_eur: float = Field(description="Requested by somebody known, and not used.")
    shared_eur: float = Field(description="The platform's own.")
    unattributed_eur: float = Field(description="Nobody's: for example of servers without session.")
    total_eur: float = Field(description="All of it.")


class CostDay(Answer):
    """The cost of one UTC day, line by line."""

    day: date = Field(description="The UTC day.")
    lines: list[CostLine] = Field(description="Per project, or person of one; or as asked.")


class Forecast(Answer):
    """What a month will have cost at the present burn."""

    burn_eur_per_day: float = Field(description="Cost of the last 24 hours, euro.")
    month_eur: float = Field(description="Expected cost of the whole UTC month, euro.")
    exhausted_at: datetime | None = Field(
        description="When the budget will be spent, UTC; null: not in this month."
    )


class CostReport(Answer):
    """What was consumed in a span of days, seen from each side."""

    project: str | None = Field(description="Project the report is about; null for all.")
    since: date = Field(description="First UTC day, included.")
    until: date = Field(description="Last UTC day, included.")
    total_eur: float = Field(description="Whole cost of the span, euro.")
    split: CostSplit = Field(description="The same in four parts.")
    today_eur: float = Field(description="Cost of the current UTC day, euro.")
    budget_eur: float | None = Field(description="Monthly budget, euro; null for all projects.")
    budget_left_eur: float | None = Field(description="Left of this month, euro; null for all.")
    forecast: Forecast = Field(description="The current month at the present burn.")
    by_person: list[CostLine] = Field(description="Per person, dearest first.")
    by_project: list[CostLine] = Field(description="Per project, dearest first.")
    by_team: list[CostLine] = Field(description="Per group through which people belong.")
    by_profile: list[CostLine] = Field(description="Per profile, dearest first.")
    by_pipeline: list[CostLine] = Field(description="Per pipeline, dearest first.")
    by_deployment: list[CostLine] = Field(description="Per deployment, dearest first.")
    by_kind: list[CostLine] = Field(description="Per kind: session, run, deployment, ...")
    by_day: list[CostLine] = Field(description="Per UTC day, oldest first.")
    days: list[CostDay] = Field(description="Per UTC day, stacked, oldest first.")


class BudgetRules(Answer):
    """A project's budget of a month and what happens on the way through it."""

    project: str = Field(description="The project.")
    monthly_eur: float = Field(description="Budget of a UTC month, euro.")
    spent_eur: float = Field(description="Spent this month, euro.")
    left_eur: float = Field(description="Left of it; never below 0.")
    alert_percent: int = Field(description="From here on people are told.")
    soft_stop_percent: int = Field(description="From here on nothing new starts.")
    hard_stop_percent: int = Field(description="From here on what runs is stopped, after a grace.")
    state: Literal["ok", "alert", "soft_stop", "hard_stop"] = Field(description="Where it stands.")
    forecast: Forecast = Field(description="The month at the present burn.")


class BudgetRulesChange(Request):
    """Changes the steps of a project's budget; the amount is the project's own."""

    alert_percent: int = Field(ge=1, le=1000, description="From here on people are told.")
    soft_stop_percent: int = Field(ge=1, le=1000, description="From here on nothing new starts.")
    hard_stop_percent: int = Field(ge=1, le=1000, description="From here on what runs is stopped.")
    reason: Reason = Field(description="Why, as a sentence.")


class QuotaChange(Request):
    """Sets a quota; the same scope, name, resource and window is replaced."""

    scope: QuotaScope = Field(description="Whose it is. A group's holds for each member alone.")
    name: ScopeName = Field(description="Person, group or project.")
    resource: QuotaResource = Field(description="What is counted.")
    limit: Annotated[float, Field(ge=0, le=1e9), Amount] = Field(
        description="Hours allowed in the window; 0 or at least 0.01."
    )
    window_days: int = Field(ge=1, le=366, description="The window: the last so many days.")
    reason: Reason = Field(description="Why, as a sentence.")


class Quota(Answer):
    """A quota."""

    id: str = Field(description="Id of the quota.")
    scope: QuotaScope = Field(description="Whose it is.")
    name: str = Field(description="Person, group or project.")
    resource: QuotaResource = Field(description="What is counted.")
    limit: float = Field(description="Hours allowed in the window.")
    window_days: int = Field(description="The window: the last so many days.")
    set_by: str = Field(description="Who set it.")
    set_at: datetime = Field(description="When, UTC.")


class Quotas(Answer):
    """All quotas."""

    items: list[Quota] = Field(description="By scope and name.")
    resolver: Literal["min", "max", "sum"] = Field(
        description="How the quotas of several groups of one person count together."
    )
    next_cursor: str | None = Field(None, description="Always null: the list is complete.")


class QuotaStatus(Answer):
    """What is left to one person in one project."""

    items: list[QuotaLeft] = Field(description="Tightest first.")
