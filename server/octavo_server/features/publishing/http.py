"""Routes of publishing features."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records.feature_changes import (
    ChangeState,
    CurrentDeclaration,
    FeatureChangeDetail,
    FeatureChangePage,
    FeatureChangeRequest,
    FeaturePlan,
    FeaturePlanRequest,
    LakeTable,
    LakeTables,
)
from octavo.records.features import FeaturesPublish
from octavo.records.reviews import Review
from octavo_server.features.publishing import wire
from octavo_server.features.publishing.changes import ChangesService, Reviewed
from octavo_server.features.publishing.service import PublishingService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.projects.service import ProjectsService

BASE = "/projects/{project}/features"
ChangeId = Annotated[str, Path(max_length=64, description="Id of the change.")]
InState = Annotated[ChangeState | None, Query(description="Only those in this state.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most changes of the page.")]
Cursor = Annotated[str, Query(pattern=r"^\d{0,6}$", max_length=6, description="Where it begins.")]


def routes(
    features: PublishingService, changes: ChangesService, projects: ProjectsService, guard: Guard
) -> APIRouter:
    """Return the room's routes."""
    router = area_router("features")
    _source_routes(router, features, guard)
    _proposal_routes(router, features, changes, projects, guard)
    _decision_routes(router, changes, guard)
    return router


def _source_routes(router: APIRouter, features: PublishingService, guard: Guard) -> None:
    @router.get(f"{BASE}/declaration")
    def read_feature_declaration(
        project: str, caller: Caller = guard.needs("features.read")
    ) -> CurrentDeclaration:
        """Read what the current registry snapshot declares: the start of a change."""
        snapshot, declaration = features.declared(project)
        return CurrentDeclaration(snapshot=snapshot, declaration=declaration)

    @router.get(f"{BASE}/tables")
    def list_lake_tables(project: str, caller: Caller = guard.needs("features.read")) -> LakeTables:
        """List the lake's tables that a view can be made of."""
        found = features.tables(project)
        return LakeTables(items=[LakeTable.model_validate(one) for one in found])


def _proposal_routes(
    router: APIRouter,
    features: PublishingService,
    changes: ChangesService,
    projects: ProjectsService,
    guard: Guard,
) -> None:
    @router.post(f"{BASE}/plan")
    def plan_features(
        project: str, body: FeaturePlanRequest, caller: Caller = guard.needs("features.plan")
    ) -> FeaturePlan:
        """See what a declaration would change, whom it reaches and what it costs."""
        return wire.plan(changes.plan(caller, project, body.declaration))

    @router.get(f"{BASE}/changes")
    def list_feature_changes(
        project: str,
        state: InState = None,
        limit: Limit = 50,
        cursor: Cursor = "",
        caller: Caller = guard.needs("features.read"),
    ) -> FeatureChangePage:
        """List changes of the features, newest first."""
        offset, current = int(cursor or 0), changes.current(project)
        found = changes.changes(project, state, limit=limit + 1, offset=offset)
        items = [wire.change(one, current, caller) for one in found[:limit]]
        more = str(offset + limit) if len(found) > limit else None
        return FeatureChangePage(items=items, next_cursor=more)

    @router.post(f"{BASE}/changes", status_code=201)
    def propose_features(
        project: str, body: FeatureChangeRequest, caller: Caller = guard.needs("features.propose")
    ) -> FeatureChangeDetail:
        """Offer a declaration for review by another person."""
        made = changes.propose(
            caller, project, body.declaration, reason=body.reason, base=body.base_snapshot
        )
        return _detail(changes, made, caller)

    @router.post(f"{BASE}/snapshot", status_code=201)
    def publish_features(
        project: str, body: FeaturesPublish, caller: Caller = guard.needs("features.publish")
    ) -> FeatureChangeDetail:
        """Offer what the project's template declares for review by another person."""
        wanted = features.of_template(project, projects.get(project).template)
        made = changes.propose(caller, project, wanted, reason=body.reason)
        return _detail(changes, made, caller)


def _decision_routes(router: APIRouter, changes: ChangesService, guard: Guard) -> None:
    one = f"{BASE}/changes/{{change_id}}"

    @router.get(one)
    def read_feature_change(
        project: str, change_id: ChangeId, caller: Caller = guard.needs("features.read")
    ) -> FeatureChangeDetail:
        """Read one change: its plan, its declaration, and how far applying it is."""
        return _detail(changes, changes.change(project, change_id), caller)

    @router.post(f"{one}/review")
    def review_feature_change(
        project: str,
        change_id: ChangeId,
        body: Review,
        caller: Caller = guard.needs("features.review"),
    ) -> FeatureChangeDetail:
        """Approve a change, so that it is applied, or reject it; never one's own."""
        decided = changes.review(
            caller,
            project,
            change_id,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
        )
        return _detail(changes, decided, caller)

    @router.post(f"{one}/cancel")
    def cancel_feature_change(
        project: str, change_id: ChangeId, caller: Caller = guard.needs("features.cancel")
    ) -> FeatureChangeDetail:
        """Withdraw one's own proposal, or stop applying what was approved."""
        return _detail(changes, changes.cancel(caller, project, change_id), caller)


def _detail(changes: ChangesService, one: Reviewed, caller: Caller) -> FeatureChangeDetail:
    return wire.detail(one, changes.current(one.change.project), caller)
