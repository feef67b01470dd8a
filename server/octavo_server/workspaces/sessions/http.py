"""Routes of profile cards and sessions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records.workspaces import (
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
from octavo_server.workspaces.sessions import wire
from octavo_server.workspaces.sessions.service import Choice, SessionsService

SessionId = Annotated[str, Path(max_length=64, description="Id of the session.")]
ProjectName = Annotated[str, Query(max_length=100, description="Project the cards are for.")]


def _choice(body: SpawnChoice) -> Choice:
    return Choice(project=body.project, profile=body.profile, digest=body.digest)


def routes(sessions: SessionsService, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    router = area_router("workspaces")

    @router.get("/profiles")
    def list_cards(
        project: ProjectName, caller: Caller = guard.needs("workspaces.cards")
    ) -> ProfileCards:
        """List the profile cards of a project, as the caller sees them."""
        cards = sessions.cards(caller, project)
        return ProfileCards(
            project=project, items=[wire.card(one, sessions.today()) for one in cards]
        )

    @router.post("/workspaces/offers")
    def offer(body: OffersRequest, caller: Caller = guard.needs("workspaces.offer")) -> Offers:
        """Tell the hub what a signed-in person may start."""
        found = sessions.offers(caller, body.person, body.groups)
        return Offers(
            person=body.person, projects=[wire.offer(one, sessions.today()) for one in found]
        )

    @router.post("/workspaces/decision")
    def decide(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.offer")
    ) -> SpawnDecision:
        """Tell the hub whether a choice may start; changes nothing."""
        card = sessions.decide(caller, body.person, body.groups, _choice(body))
        return wire.decision(card, sessions.today())

    @router.post("/workspaces/sessions", status_code=201)
    def open_session(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Grant a start and begin metering it."""
        opened = sessions.open_session(caller, body.person, body.groups, _choice(body))
        return wire.session(opened)

    @router.post("/workspaces/sessions/{session_id}/heartbeat")
    def beat(
        session_id: SessionId, body: Heartbeat, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Meter a session up to a moment."""
        return wire.session(sessions.heartbeat(caller, session_id, body.until, body.active_at))

    @router.post("/workspaces/sessions/{session_id}/end")
    def end(
        session_id: SessionId, body: SessionEnd, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Meter a session a last time and close it."""
        return wire.session(sessions.end_session(caller, session_id, body.until, body.reason))

    return router
