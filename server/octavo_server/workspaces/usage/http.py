"""Routes of cost."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.usage import CostReport
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.workspaces.usage import wire
from octavo_server.workspaces.usage.service import UsageService

Since = Annotated[date | None, Query(description="First UTC day; unset: the month's first.")]
Until = Annotated[date | None, Query(description="Last UTC day; unset: today.")]


def routes(usage: UsageService, guard: Guard) -> APIRouter:
    """Return the routes."""
    router = area_router("workspaces")

    @router.get("/projects/{project}/cost")
    def project_cost(
        project: str,
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost"),
    ) -> CostReport:
        """Read what a project consumed, by person, profile, kind and day."""
        return wire.report(usage.report(project, since, until))

    @router.get("/cost")
    def whole_cost(
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost_of_all"),
    ) -> CostReport:
        """Read what all projects consumed."""
        return wire.report(usage.report(None, since, until))

    return router
