"""Routes of the catalog of features."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.features import (
    FeatureConsumer,
    FeatureSnapshot,
    FeatureSnippet,
    FeatureView,
    FeatureViewPage,
    FeatureViewSummary,
)
from octavo_server.features.catalog import rules
from octavo_server.features.catalog.domain import Hit, View
from octavo_server.features.catalog.service import CatalogService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

MOST = 200


def routes(features: CatalogService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("features")
    base = "/projects/{project}/features"

    @router.get(f"{base}/views")
    def list_feature_views(
        project: str,
        q: Annotated[str, Query(max_length=200)] = "",
        limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
        cursor: Annotated[str, Query(pattern=r"^\d{0,6}$", max_length=6)] = "",
        caller: Caller = guard.needs("features.read"),
    ) -> FeatureViewPage:
        """Search feature views by name, description, tag, owner and column."""
        hits, start = features.find(project, q), int(cursor or 0)
        end = start + limit
        return FeatureViewPage(
            items=[_summary(hit) for hit in hits[start:end]],
            next_cursor=str(end) if end < len(hits) else None,
            snapshot=made.id if (made := features.current(project)) else None,
        )

    @router.get(f"{base}/views/{{name}}")
    def read_feature_view(
        project: str, name: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureView:
        """Read one view: schema, statistics, freshness, code and consumers."""
        return _detail(features, features.view(project, name))

    @router.get(f"{base}/snapshot")
    def read_feature_snapshot(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureSnapshot:
        """Read which registry snapshot is current."""
        return FeatureSnapshot.model_validate(features.snapshot(project))

    return router


_OF_VIEW = set(FeatureView.model_fields) - {"snippets", "consumers", "matched"}


def _summary(hit: Hit) -> FeatureViewSummary:
    found = FeatureViewSummary.model_validate(hit.view)
    return found.model_copy(update={"matched": list(hit.matched)})


def _detail(features: CatalogService, view: View) -> FeatureView:
    consumers = [FeatureConsumer.model_validate(one) for one in features.consumers(view)]
    snippets = [FeatureSnippet.model_validate(one) for one in rules.snippets(view)]
    return FeatureView.model_validate(
        {
            **{field: getattr(view, field) for field in _OF_VIEW},
            "snippets": snippets,
            "consumers": consumers,
        }
    )
