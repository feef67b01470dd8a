"""Routes of comparisons."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records import comparisons as wire
from octavo_server.experiments.comparison import rules
from octavo_server.experiments.comparison.service import ComparisonService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

RunIds = Annotated[list[str], Query(max_length=rules.MOST_COMPARED, description="Run ids.")]


def routes(comparison: ComparisonService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("experiments")
    prefix = "/projects/{project}/experiments"

    @router.get(f"{prefix}/compare")
    def compare_runs(
        project: str, run: RunIds, caller: Caller = guard.needs("experiments.read")
    ) -> wire.Comparison:
        """Compare runs; what differs comes first."""
        return wire.Comparison.model_validate(comparison.compare(project, run))

    return router
