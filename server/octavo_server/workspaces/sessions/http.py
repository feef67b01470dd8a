"""Routes of profile cards and sessions."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from octavo.records.workspaces import (
    ExtensionRequest,
    Heartbeats,
    HeartbeatsTaken,
    Offers,
    OffersRequest,
    OpenSessions,
    Orphan,
    Probe,
    ProfileCards,
    QueuedTurns,
    Session,
    SessionEnd,
    SessionStarted,
    SpawnChoice,
    SpawnDecision,
    StartFailures,
    StopRequest,
)
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.workspaces.sessions import wire
from octavo_server.workspaces.sessions.service import SessionsService

SessionId = Annotated[str, Path(max_length=64, description="Id of the session.")]
ProjectName = Annotated[str, Query(max_length=100, description="Project the cards are for.")]
Days = Annotated[int, Query(ge=1, le=90, description="How many days back.")]


def routes(sessions: SessionsService, guard: Guard) -> APIRouter:
    """Return the room's routes: cards and starts, sessions for the hub, one's own for a person."""
    router = area_router("workspaces")
    _starts(router, sessions, guard)
    _hub(router, sessions, guard)
    _own(router, sessions, guard)
    return router


def _starts(router: APIRouter, sessions: SessionsService, guard: Guard) -> None:
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
        leads_to, note = sessions.followed(caller, body.linked)
        return Offers(
            person=body.person,
            projects=[wire.offer(one, sessions.today()) for one in found],
            leads_to=leads_to,
            link_note=note,
        )

    @router.post("/workspaces/decision")
    def decide(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.offer")
    ) -> SpawnDecision:
        """Tell the hub whether a choice may start; starts nothing."""
        card = sessions.decide(caller, body.person, body.groups, wire.choice(body))
        return wire.decision(card, sessions.today())

    @router.post("/workspaces/sessions", status_code=201)
    def open_session(
        body: SpawnChoice, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Grant a start, or put it in the queue."""
        opened = sessions.open_session(caller, body.person, body.groups, wire.choice(body))
        return wire.session(opened)

    @router.get("/workspaces/failures")
    def failures(
        days: Days = 7, caller: Caller = guard.needs("workspaces.failures")
    ) -> StartFailures:
        """Count how starts failed, and show the unknown ones raw."""
        return wire.failures(sessions.failures(days))


def _hub(router: APIRouter, sessions: SessionsService, guard: Guard) -> None:
    @router.get("/workspaces/sessions")
    def list_open(caller: Caller = guard.needs("workspaces.meter")) -> OpenSessions:
        """List all open sessions for the hub."""
        found = sessions.open_for(caller)
        return OpenSessions(items=[wire.open_session(one) for one in found])

    @router.get("/workspaces/turns")
    def turns(caller: Caller = guard.needs("workspaces.meter")) -> QueuedTurns:
        """Give turns, and tell the hub of all starts that wait and all stops that are due."""
        return wire.turns(sessions.turns(caller))

    @router.post("/workspaces/heartbeats")
    def beats(
        body: Heartbeats, caller: Caller = guard.needs("workspaces.meter")
    ) -> HeartbeatsTaken:
        """Meter many sessions up to a moment."""
        return wire.beaten(sessions.beats.take(caller, [wire.beat(one) for one in body.items]))

    @router.post("/workspaces/sessions/{session_id}/started")
    def started(
        session_id: SessionId,
        body: SessionStarted,
        caller: Caller = guard.needs("workspaces.meter"),
    ) -> Session:
        """Note that a workspace answers."""
        return wire.session(
            sessions.started(caller, session_id, body.at, rescue=body.rescue, notice=body.notice)
        )

    @router.post("/workspaces/sessions/{session_id}/end")
    def end(
        session_id: SessionId, body: SessionEnd, caller: Caller = guard.needs("workspaces.meter")
    ) -> Session:
        """Meter a session a last time and close it."""
        failure = wire.failure(body.failure)
        return wire.session(
            sessions.end_session(caller, session_id, body.until, body.reason, failure)
        )

    @router.post("/workspaces/orphans", status_code=201)
    def orphan(body: Orphan, caller: Caller = guard.needs("workspaces.meter")) -> Orphan:
        """Book a server that ran without a session and was closed."""
        sessions.book_orphan(caller, **dict(body))
        return body


def _own(router: APIRouter, sessions: SessionsService, guard: Guard) -> None:
    @router.get("/workspaces/mine")
    def mine(caller: Caller = guard.needs("workspaces.own")) -> Session:
        """Read one's own workspace: cost so far, what stops it and when, what to know."""
        return wire.session(sessions.own.mine(caller))

    @router.post("/workspaces/mine/probe")
    def probe(body: Probe, caller: Caller = guard.needs("workspaces.own")) -> Session:
        """Say what goes on in one's own workspace."""
        return wire.session(sessions.own.probe(caller, wire.probe(body)))

    @router.post("/workspaces/mine/extend")
    def extend(body: ExtensionRequest, caller: Caller = guard.needs("workspaces.own")) -> Session:
        """Take the one extension of one's own workspace."""
        return wire.session(sessions.own.extend(caller, body.reason))

    @router.post("/workspaces/mine/stop")
    def stop(
        body: StopRequest | None = None, caller: Caller = guard.needs("workspaces.own")
    ) -> Session:
        """Stop one's own workspace, or leave the queue."""
        return wire.session(sessions.own.stop(caller, body.reason if body else "stopped"))
