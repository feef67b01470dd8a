"""Routes of the lineage graph."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.lineage import LineageGraph
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService


def routes(lineage: LineageService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("lineage")

    @router.get("/projects/{project}/lineage")
    def lineage_graph(
        project: str,
        node: Annotated[str, Query(max_length=500)],
        depth: Annotated[int, Query(ge=1, le=10)] = 4,
        caller: Caller = guard.needs("lineage.read"),
    ) -> LineageGraph:
        """Read what a thing was made from and what was made from it."""
        return LineageGraph.model_validate(lineage.around(project, node, depth))

    return router
