"""Routes of profile cards, sessions and cost."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records.workspaces import (
    CostReport,
    Heartbeat,
    Offers,
    OffersRequest,
    ProfileCards,
    Session,
    SessionEnd,
    SpawnChoice,
    SpawnDecision,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.workspaces import wire
from octavo_server.workspaces.service import Choice, WorkspacesService

SessionId = Annotated[str, Path(max_length=64, description="Id of the session.")]
Since = Annotated[date | None, Query(description="First UTC day; unset: the month's first.")]
Until = Annotated[date | None, Query(description="Last UTC day; unset: today.")]
ProjectName = Annotated[str, Query(max_length=100, description="Project the cards are for.")]


def _choice(body: SpawnChoice) -> Choice:
    return Choice(project=body.project, profile=body.profile, digest=body.digest)


def routes(workspaces: WorkspacesService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("workspaces")

    @router.get("/profiles")
    def list_cards(
        project: ProjectName, caller: Caller = guard.needs("workspaces.cards")
    ) -> ProfileCards:
        """List the profile cards of a project, as the caller sees them."""
        cards = workspaces.cards(caller, project)
        return ProfileCards(project=project, items=[wire.card(one) for one in cards])

    @router.post("/workspaces/offers")
    def offer(body: OffersRequest, caller: Caller = guard.needs("workspaces.offer")) -> Offers:
        """Tell the hub what a signed-in person may start."""
        found = workspaces.offers(caller, body.person, body.groups)
        return Offers(person=body.person, projects=[wire.offer(one) for one in found])

    @router.post("/workspaces/decision")
    def decide(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.offer")
    ) -> SpawnDecision:
        """Tell the hub whether a choice may start; changes nothing."""
        return wire.decision(workspaces.decide(caller, body.person, body.groups, _choice(body)))

    @router.post("/workspaces/sessions", status_code=201)
    def open_session(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Grant a start and begin metering it."""
        opened = workspaces.open_session(caller, body.person, body.groups, _choice(body))
        return wire.session(opened)

    @router.post("/workspaces/sessions/{session_id}/heartbeat")
    def beat(
        session_id: SessionId, body: Heartbeat, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Meter a session up to a moment."""
        return wire.session(workspaces.heartbeat(caller, session_id, body.until, body.active_at))

    @router.post("/workspaces/sessions/{session_id}/end")
    def end(
        session_id: SessionId, body: SessionEnd, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Meter a session a last time and close it."""
        return wire.session(workspaces.end_session(caller, session_id, body.until, body.reason))

    @router.get("/projects/{project}/cost")
    def project_cost(
        project: str,
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost"),
    ) -> CostReport:
        """Read what a project consumed, by person, profile, kind and day."""
        return wire.report(workspaces.cost(project, since, until))

    @router.get("/cost")
    def whole_cost(
        since: Since = None,
        until: Until = None,
        caller: Caller = guard.needs("workspaces.cost_of_all"),
    ) -> CostReport:
        """Read what all projects consumed."""
        return wire.report(workspaces.cost(None, since, until))

    return router
