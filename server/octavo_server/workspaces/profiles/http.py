"""Routes of governed profiles."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from octavo.records.profiles import (
    ChangeEdit,
    ChangeRequest,
    ChangeState,
    DocumentCheck,
    DocumentRequest,
    ProfileChange,
    ProfileChanges,
    ProfileDetail,
    ProfileSummaries,
    ProfileUsers,
)
from octavo.records.reviews import Review
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.workspaces.profiles import domain, wire
from octavo_server.workspaces.profiles.catalog import CatalogService
from octavo_server.workspaces.profiles.changes import ChangesService, Wanted

ProfileId = Annotated[str, Path(max_length=63, description="Id of the profile.")]
ChangeId = Annotated[str, Path(max_length=64, description="Id of the change.")]
OfProfile = Annotated[str | None, Query(max_length=63, description="Only this profile's.")]
InState = Annotated[ChangeState | None, Query(description="Only those in this state.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Most changes of the page.")]
Cursor = Annotated[str, Query(pattern=r"^\d{0,6}$", max_length=6, description="Where it begins.")]


def routes(catalog: CatalogService, changes: ChangesService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    router = area_router("profiles")
    _catalog_routes(router, catalog, guard)
    _change_routes(router, changes, guard)
    _step_routes(router, changes, guard)
    return router


def _catalog_routes(router: APIRouter, catalog: CatalogService, guard: Guard) -> None:
    @router.get("/profiles/schema")
    def read_schema(caller: Caller = guard.needs("profiles.schema")) -> dict[str, Any]:
        """Read the JSON Schema of profile documents."""
        return dict(catalog.schema())

    @router.get("/profiles/catalog")
    def list_profiles(caller: Caller = guard.needs("profiles.read")) -> ProfileSummaries:
        """List all profiles, retired ones included."""
        return ProfileSummaries(items=[wire.summary(one) for one in catalog.summaries()])

    @router.get("/profiles/catalog/{profile}")
    def read_profile(
        profile: ProfileId, caller: Caller = guard.needs("profiles.read")
    ) -> ProfileDetail:
        """Read one profile with its versions and changes."""
        return wire.detail(catalog.detail(profile), catalog, caller)

    @router.get("/profiles/catalog/{profile}/users")
    def read_users(
        profile: ProfileId, caller: Caller = guard.needs("profiles.read")
    ) -> ProfileUsers:
        """See who uses a profile, before it is retired."""
        return wire.users(catalog.users(profile))

    @router.post("/profiles/check")
    def check_document(
        body: DocumentRequest, caller: Caller = guard.needs("profiles.check")
    ) -> DocumentCheck:
        """Check a document, as YAML or as a form has it; changes nothing."""
        return wire.check(catalog.check(body.text, body.document, body.file))


def _change_routes(router: APIRouter, changes: ChangesService, guard: Guard) -> None:
    @router.get("/profiles/changes")
    def list_changes(
        caller: Caller = guard.needs("profiles.read"),
        profile: OfProfile = None,
        state: InState = None,
        limit: Limit = 50,
        cursor: Cursor = "",
    ) -> ProfileChanges:
        """List changes of profiles, newest first."""
        start, wanted = int(cursor or 0), domain.ChangeState(state) if state else None
        found = changes.changes(profile, wanted, limit=limit + 1, offset=start)
        return wire.changes(found, limit, start, caller)

    @router.post("/profiles/changes", status_code=201)
    def propose_change(
        body: ChangeRequest, caller: Caller = guard.needs("profiles.propose")
    ) -> ProfileChange:
        """Propose to publish, retire or roll back a profile."""
        wanted = Wanted(
            kind=domain.ChangeKind(body.kind),
            to_version=body.version,
            **body.model_dump(exclude={"kind", "version"}),
        )
        return wire.change(changes.propose(caller, wanted), caller)

    @router.get("/profiles/changes/{change}")
    def read_change(
        change: ChangeId, caller: Caller = guard.needs("profiles.read")
    ) -> ProfileChange:
        """Read one change."""
        return wire.change(changes.change(change), caller)

    @router.put("/profiles/changes/{change}")
    def edit_change(
        change: ChangeId, body: ChangeEdit, caller: Caller = guard.needs("profiles.propose")
    ) -> ProfileChange:
        """Change the document of one's own proposal."""
        return wire.change(changes.edit(caller, change, **body.model_dump()), caller)


def _step_routes(router: APIRouter, changes: ChangesService, guard: Guard) -> None:
    @router.post("/profiles/changes/{change}/submit")
    def submit_change(
        change: ChangeId, caller: Caller = guard.needs("profiles.propose")
    ) -> ProfileChange:
        """Offer one's own draft for review."""
        return wire.change(changes.submit(caller, change), caller)

    @router.post("/profiles/changes/{change}/withdraw")
    def withdraw_change(
        change: ChangeId, caller: Caller = guard.needs("profiles.propose")
    ) -> ProfileChange:
        """Take a proposal back."""
        return wire.change(changes.withdraw(caller, change), caller)

    @router.post("/profiles/changes/{change}/review")
    def review_change(
        change: ChangeId, body: Review, caller: Caller = guard.needs("profiles.review")
    ) -> ProfileChange:
        """Put a change in force at once, or reject it; never one's own."""
        decided = changes.review(
            caller,
            change,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
        )
        return wire.change(decided, caller)
