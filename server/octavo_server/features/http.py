"""Routes of the feature registry."""

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.features import (
    FeatureConsumer,
    FeatureSnapshot,
    FeatureSnippet,
    FeaturesPublish,
    FeatureView,
    FeatureViewPage,
    FeatureViewSummary,
    OnlineAnswer,
    OnlineRequest,
    OnlineRow,
)
from octavo_server.features import rules
from octavo_server.features.domain import Hit, View
from octavo_server.features.service import FeaturesService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.projects.service import ProjectsService

MOST = 200


def routes(features: FeaturesService, projects: ProjectsService, guard: Guard) -> APIRouter:
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

    _snapshots(router, features, projects, guard)
    return router


def _snapshots(
    router: APIRouter, features: FeaturesService, projects: ProjectsService, guard: Guard
) -> None:
    base = "/projects/{project}/features"

    @router.get(f"{base}/snapshot")
    def read_feature_snapshot(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> FeatureSnapshot:
        """Read which registry snapshot is current."""
        return FeatureSnapshot.model_validate(features.snapshot(project))

    @router.post(f"{base}/snapshot", status_code=201)
    def publish_features(
        project: str, body: FeaturesPublish, caller: Caller = guard.needs("features.publish")
    ) -> FeatureSnapshot:
        """Build the registry of the project's template and make it current."""
        template = projects.get(project).template
        made = features.publish(caller, project, template, body.reason)
        return FeatureSnapshot.model_validate(made)

    @router.post(f"{base}/online")
    def read_online_features(
        project: str, body: OnlineRequest, caller: Caller = guard.needs("features.online")
    ) -> OnlineAnswer:
        """Read the newest known values of features; changes nothing."""
        answers = features.online(project, body.features, body.entities)
        rows = [
            OnlineRow.model_validate({"entity": entity, "cells": cells})
            for entity, cells in zip(body.entities, answers, strict=True)
        ]
        return OnlineAnswer(rows=rows, snapshot=features.snapshot(project).id)


_OF_VIEW = set(FeatureView.model_fields) - {"snippets", "consumers", "matched"}


def _summary(hit: Hit) -> FeatureViewSummary:
    found = FeatureViewSummary.model_validate(hit.view)
    return found.model_copy(update={"matched": list(hit.matched)})


def _detail(features: FeaturesService, view: View) -> FeatureView:
    consumers = [FeatureConsumer.model_validate(one) for one in features.consumers(view)]
    snippets = [FeatureSnippet.model_validate(one) for one in rules.snippets(view)]
    return FeatureView.model_validate(
        {
            **{field: getattr(view, field) for field in _OF_VIEW},
            "snippets": snippets,
            "consumers": consumers,
        }
    )
