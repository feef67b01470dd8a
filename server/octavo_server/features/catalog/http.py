"""Routes of the catalog of features."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.feature_history import (
    FeatureHistory,
    FeatureReads,
    FeatureReadsTaken,
    FeatureVersions,
    RegistryState,
)
from octavo.records.feature_search import FeatureSearchPage
from octavo.records.features import FeatureSnapshot, FeatureView, FeatureViewPage
from octavo.records.lineage import LineageGraph
from octavo_server.features.catalog import wire
from octavo_server.features.catalog.facets import NAMES, Choices
from octavo_server.features.catalog.service import CatalogService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.permissions import PERMISSIONS
from octavo_server.projects.service import ProjectsService

MOST = 200
MOST_HITS = 100
BASE = "/projects/{project}/features"

Chosen = Annotated[list[Annotated[str, Query(max_length=600)]], Query(max_length=50)]
"""Values of one facet; any of them is enough."""


def routes(features: CatalogService, projects: ProjectsService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("features")
    _finding(router, features, projects, guard)
    _views(router, features, guard)
    _registry(router, features, guard)
    return router


def _finding(
    router: APIRouter, features: CatalogService, projects: ProjectsService, guard: Guard
) -> None:
    """Routes that search."""

    @router.get("/features/search")
    def search_features(
        q: Annotated[str, Query(max_length=200)] = "",
        project: Chosen = [],  # noqa: B006  # FastAPI copies it
        entity: Chosen = [],  # noqa: B006
        owner: Chosen = [],  # noqa: B006
        tag: Chosen = [],  # noqa: B006
        freshness: Chosen = [],  # noqa: B006
        type: Chosen = [],  # noqa: A002, B006
        online: Chosen = [],  # noqa: B006
        state: Chosen = [],  # noqa: B006
        offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_HITS)] = 30,
        caller: Caller = guard.needs("features.search"),
    ) -> FeatureSearchPage:
        """Search the features of all projects that the caller may read, and say why."""
        given = (project, entity, owner, tag, freshness, type, online, state)
        choices = _choices(given)
        found = features.search(_readable(projects, caller), q, choices, offset, limit)
        return wire.page(found, offset, features.now())

    @router.get(f"{BASE}/views")
    def list_feature_views(
        project: str,
        q: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: Annotated[str, Query(pattern=r"^\d{0,6}$", max_length=6)] = "",
        caller: Caller = guard.needs("features.read"),
    ) -> FeatureViewPage:
        """Search one project's views by name, description, tag, owner and column."""
        hits, start = features.find(project, q), int(cursor or 0)
        end, now, made = start + limit, features.now(), features.current(project)
        return FeatureViewPage(
            items=[wire.summary(hit, now) for hit in hits[start:end]],
            next_cursor=str(end) if end < len(hits) else None,
            snapshot=made.id if made else None,
        )


def _views(router: APIRouter, features: CatalogService, guard: Guard) -> None:
    """Routes about one view."""

    @router.get(f"{BASE}/views/{{name}}")
    def read_feature_view(
        project: str, name: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureView:
        """Read one view: schema, statistics, freshness, use, cost, code and consumers."""
        return wire.detail(features.detail(project, name), features.now())

    @router.get(f"{BASE}/views/{{name}}/history")
    def read_feature_history(
        project: str, name: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureHistory:
        """Read how a view's values change over event time."""
        return wire.history(*features.history(project, name))

    @router.get(f"{BASE}/views/{{name}}/versions")
    def list_feature_versions(
        project: str, name: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureVersions:
        """Read which definitions a view had, and what each changed."""
        return wire.versions(features.versions(project, name))

    @router.get(f"{BASE}/views/{{name}}/lineage")
    def read_feature_lineage(
        project: str, name: str, caller: Caller = guard.needs("lineage.read")
    ) -> LineageGraph:
        """Read what a view is made from and what is made from it, down to the dashboards."""
        features.view(project, name)
        return LineageGraph.model_validate(features.lineage(project, name))


def _registry(router: APIRouter, features: CatalogService, guard: Guard) -> None:
    """Routes about a project's whole registry."""

    @router.get(f"{BASE}/snapshot")
    def read_feature_snapshot(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureSnapshot:
        """Read which registry snapshot is current."""
        return FeatureSnapshot.model_validate(features.snapshot(project))

    @router.get(f"{BASE}/registry")
    def read_feature_registry(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> RegistryState:
        """Read whether the registry's files are what was published, and what is wrong if not."""
        made = features.current(project)
        return wire.registry(features.state(project), made.id if made else None)

    @router.post(f"{BASE}/uses")
    def report_feature_reads(
        project: str, body: FeatureReads, caller: Caller = guard.needs("features.report")
    ) -> FeatureReadsTaken:
        """Count which features a notebook or a run read; a lost report harms nothing."""
        reads = wire.reads(project, body.reads, caller, features.now())
        counted = features.count(project, reads)
        return FeatureReadsTaken(counted=counted, unknown=len(reads) - counted)


def _choices(given: tuple[list[str], ...]) -> Choices:
    named = zip(NAMES, given, strict=True)
    return {name: frozenset(values) for name, values in named if values}


def _readable(projects: ProjectsService, caller: Caller) -> list[str]:
    allowed = PERMISSIONS["features.read"].roles
    return [one.name for one, roles in projects.mine(caller) if roles & allowed]
