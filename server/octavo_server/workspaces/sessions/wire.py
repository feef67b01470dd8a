"""Cards and sessions as they go over the wire."""

from __future__ import annotations

from datetime import date

from octavo.records import workspaces as wire
from octavo_server.workspaces.profiles.wire import euro, profile
from octavo_server.workspaces.sessions import rules
from octavo_server.workspaces.sessions.beats import Beat
from octavo_server.workspaces.sessions.domain import Choice, Failure, Probe, Session, SessionState
from octavo_server.workspaces.sessions.fit_rules import Fit
from octavo_server.workspaces.sessions.offers import Card, Offer
from octavo_server.workspaces.sessions.service import StartFailures, Turns
from octavo_server.workspaces.sessions.views import SessionView
from octavo_server.workspaces.usage.domain import Measured, QuotaLeft

HIDDEN = {"groups", "team", "pool", "incidents", "failure", "gpu_at", "gpu_seen_at"}
"""What the platform keeps of a session for itself."""


def card(one: Card, today: date) -> wire.ProfileCard:
    """Return a card with the prices of ``today`` (UTC)."""
    inner = one.version.profile
    allowed = [
        rules.hours_left(one.budget.startable_micro_eur, inner, today),
        one.quotas.hours_left(inner),
        inner.longest_hours,
    ]
    return wire.ProfileCard(
        profile=profile(one.version, today),
        available=not one.reasons,
        reasons=list(one.reasons),
        notes=list(one.notes),
        budget_eur=euro(one.budget.limit_micro_eur),
        budget_left_eur=euro(one.budget.left_micro_eur),
        hours_left=min(hours for hours in allowed if hours is not None),
        quotas=[quota(each) for each in one.quotas.items],
        free_now=one.free_now,
        expected_wait_s=round(one.expected_wait_s, 1),
        idle_rule=rules.idle_rule(inner),
        nearest=fit(one.nearest),
    )


def quota(one: QuotaLeft) -> wire.QuotaLeft:
    """Return what is left of a quota."""
    return wire.QuotaLeft(
        resource=one.resource,
        scope=one.scope,
        name=one.name,
        limit=round(one.limit, 4),
        used=round(one.used, 4),
        left=round(one.left, 4),
        window_days=one.window_days,
    )


def fit(one: Fit | None) -> wire.Fit | None:
    """Return a profile to start instead."""
    if one is None:
        return None
    inner = one.version.profile
    return wire.Fit(
        profile=inner.id, title=inner.title, digest=one.version.digest, reason=one.reason
    )


def offer(one: Offer, today: date) -> wire.ProjectOffer:
    """Return a project with its cards."""
    return wire.ProjectOffer(
        project=one.project,
        title=one.title,
        description=one.description,
        role=one.role,
        cards=[card(each, today) for each in one.cards],
    )


def choice(body: wire.SpawnChoice) -> Choice:
    """Return what a person chose."""
    return Choice(
        project=body.project,
        profile=body.profile,
        digest=body.digest,
        image=body.image,
        further=body.further,
    )


def decision(one: Card, today: date) -> wire.SpawnDecision:
    """Return a decision about a start."""
    return wire.SpawnDecision(
        allowed=not one.reasons,
        reasons=list(one.reasons),
        nearest=fit(one.nearest),
        profile=profile(one.version, today),
        policy_digest=one.policy_digest,
    )


def session(view: SessionView) -> wire.Session:
    """Return a session."""
    kept = {name: value for name, value in vars(view.session).items() if name not in HIDDEN}
    return wire.Session.model_validate(
        {
            **kept,
            "gpus": list(view.session.gpus),
            "profile": profile(view.version, view.today),
            "template": view.template,
            "position": view.position,
            "expected_wait_s": view.expected_wait_s,
            "waits_for": view.waits_for,
            "seconds": round(view.seconds, 3),
            "cost_eur": euro(view.cost_micro_eur),
            "budget_left_eur": euro(view.budget.left_micro_eur),
            "activity": view.activity,
            "idle_stop_at": view.idle_stop_at,
            "ends_at": view.ends_at,
            "extension_minutes_left": view.extension_minutes_left,
            "notices": [wire.Notice.model_validate(one) for one in view.notices],
            "quotas": [quota(one) for one in view.quotas],
            "hand_off_to": [fit(one) for one in view.hand_off_to],
        }
    )


def turns(found: Turns) -> wire.QueuedTurns:
    """Return all starts that wait and all stops that are due."""
    stops = [
        wire.StopOrder.model_validate({"session": one.id, "person": one.person, "reason": reason})
        for one, reason in found.stops
    ]
    return wire.QueuedTurns(items=[session(view) for view in found.waiting], stops=stops)


def open_session(one: Session) -> wire.OpenSession:
    """Return who has an open session."""
    return wire.OpenSession(
        session=one.id,
        person=one.person,
        project=one.project,
        profile=one.profile,
        state=one.state.value,
    )


def beat(body: wire.SessionBeat) -> Beat:
    """Return a heartbeat."""
    return Beat(
        session=body.session,
        until=body.until,
        used=Measured(**body.usage.model_dump()) if body.usage else None,
        incidents=tuple(one.message for one in body.incidents),
    )


def beaten(states: dict[str, SessionState | None]) -> wire.HeartbeatsTaken:
    """Return what became of heartbeats."""
    return wire.HeartbeatsTaken(
        items=[
            wire.Beaten(session=name, state=state.value if state else None)
            for name, state in states.items()
        ]
    )


def failure(body: wire.SessionFailure | None) -> Failure | None:
    """Return why something failed."""
    if body is None:
        return None
    return Failure(kind=body.kind, message=body.message, raw=body.raw)


def probe(body: wire.Probe) -> Probe:
    """Return what a workspace says of itself."""
    return Probe(
        at=body.at,
        busy_kernels=body.busy_kernels,
        active_terminals=body.active_terminals,
        gpu_percent=body.gpu_percent,
        activity_at=body.activity_at,
    )


def failures(found: StartFailures) -> wire.StartFailures:
    """Return how starts failed."""
    return wire.StartFailures(
        since=found.since,
        starts=found.starts,
        by_kind=dict(found.by_kind),
        unknown=list(found.unknown),
    )
