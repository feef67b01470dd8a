"""Routes of cost, budgets and quotas."""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from octavo.records.base import Visible
from octavo.records.usage import (
    BudgetRules,
    BudgetRulesChange,
    CostReport,
    Quota,
    QuotaChange,
    Quotas,
    QuotaStatus,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.workspaces.usage import wire
from octavo_server.workspaces.usage.domain import BudgetSteps, Side
from octavo_server.workspaces.usage.service import UsageService

Since = Annotated[date | None, Query(description="First UTC day; unset: the month's first.")]
Until = Annotated[date | None, Query(description="Last UTC day; unset: today.")]
By = Annotated[
    Side | None, Query(description="What days are stacked by; unset: projects, or people of one.")
]
Reason = Annotated[
    str,
    Query(min_length=3, max_length=500, description="Why, as a sentence; kept on the trail."),
    Visible,
]
CSV: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {}}, "description": "FOCUS 1.2 columns, one row an hour."}
}


def routes(usage: UsageService, guard: Guard) -> APIRouter:
    """Return the routes."""
    router = area_router("workspaces")
    _cost_routes(router, usage, guard)
    _budget_routes(router, usage, guard)
    _quota_routes(router, usage, guard)
    return router


def _cost_routes(router: APIRouter, usage: UsageService, guard: Guard) -> None:
    @router.get("/projects/{project}/cost")
    def project_cost(
        project: str,
        since: Since = None,
        until: Until = None,
        by: By = None,
        caller: Caller = guard.needs("workspaces.cost"),
    ) -> CostReport:
        """Read what a project consumed, by person, team, profile, pipeline, deployment and day."""
        return wire.report(usage.report(project, since, until, by))

    @router.get("/cost")
    def whole_cost(
        since: Since = None,
        until: Until = None,
        by: By = None,
        caller: Caller = guard.needs("workspaces.cost_of_all"),
    ) -> CostReport:
        """Read what all projects consumed."""
        return wire.report(usage.report(None, since, until, by))

    @router.get("/projects/{project}/cost.csv", response_class=StreamingResponse, responses=CSV)
    def project_cost_csv(
        project: str,
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost"),
    ) -> StreamingResponse:
        """Download what a project consumed, hour by hour, in the columns of FOCUS 1.2."""
        return _csv(usage.focus(project, since, until), f"octavo-cost-{project}.csv")

    @router.get("/cost.csv", response_class=StreamingResponse, responses=CSV)
    def whole_cost_csv(
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost_of_all"),
    ) -> StreamingResponse:
        """Download what all projects consumed, hour by hour, in the columns of FOCUS 1.2."""
        return _csv(usage.focus(None, since, until), "octavo-cost.csv")


def _csv(lines: Iterable[str], name: str) -> StreamingResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(lines, media_type="text/csv", headers=headers)


def _budget_routes(router: APIRouter, usage: UsageService, guard: Guard) -> None:
    @router.get("/projects/{project}/budget/rules")
    def read_budget_rules(
        project: str, caller: Caller = guard.needs("workspaces.cost")
    ) -> BudgetRules:
        """Read where a project's month stands, when it alerts and stops, and its forecast."""
        ahead = usage.budgets.forecast(project)
        return wire.budget_rules(project, usage.budget(project), ahead)

    @router.put("/projects/{project}/budget/rules")
    def change_budget_rules(
        project: str,
        body: BudgetRulesChange,
        caller: Caller = guard.needs("workspaces.budget_steps"),
    ) -> BudgetRules:
        """Change at which shares of a project's budget people are told, and what stops."""
        steps = BudgetSteps(**body.model_dump(exclude={"reason"}))
        changed = usage.budgets.set_steps(caller, project, steps, body.reason)
        return wire.budget_rules(project, changed, usage.budgets.forecast(project))


def _quota_routes(router: APIRouter, usage: UsageService, guard: Guard) -> None:
    @router.get("/quotas")
    def list_quotas(caller: Caller = guard.needs("workspaces.quotas")) -> Quotas:
        """List all quotas, and how those of several groups count together."""
        return wire.quotas(usage.quotas.every(), usage.terms.resolver)

    @router.put("/quotas")
    def set_quota(body: QuotaChange, caller: Caller = guard.needs("workspaces.quotas")) -> Quota:
        """Set a quota, in place of the one with the same scope, name, resource and window."""
        return wire.quota(usage.quotas.set(caller, **body.model_dump()))

    @router.delete("/quotas/{quota}")
    def remove_quota(
        quota: str, reason: Reason, caller: Caller = guard.needs("workspaces.quotas")
    ) -> Quotas:
        """Remove a quota; return those that stay."""
        usage.quotas.remove(caller, quota, reason)
        return wire.quotas(usage.quotas.every(), usage.terms.resolver)

    @router.get("/projects/{project}/quota")
    def read_quota(project: str, caller: Caller = guard.needs("workspaces.quota")) -> QuotaStatus:
        """Read what the quotas leave to oneself in a project."""
        return wire.quota_status(usage.quota_status(caller, project))
