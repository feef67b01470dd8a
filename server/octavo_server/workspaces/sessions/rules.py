"""Pure decisions about starts and sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import HUB, Caller, CallerKind
from octavo_server.workspaces.profiles.domain import MICRO, Profile, ProfileVersion
from octavo_server.workspaces.profiles.rules import in_audience
from octavo_server.workspaces.sessions.domain import (
    LOST,
    MOVES,
    WORKSPACE_ENVIRONMENT,
    MachineFacts,
    Session,
    SessionState,
)


def check_hub(caller: Caller) -> None:
    """Raise Forbidden unless the hub itself asks: it alone says who is signed in."""
    if caller.kind is not CallerKind.SERVICE or caller.name != HUB:
        raise Forbidden(
            f"Only the hub may do this, not {caller.name}.", "Start workspaces on the hub's page."
        )


def person_of(name: str, groups: Iterable[str], request_id: str | None) -> Caller:
    """Return the signed-in person on whose behalf the hub asks."""
    kind = CallerKind.PERSON
    return Caller(name=name, kind=kind, groups=frozenset(groups), request_id=request_id)


def obstacles(profile: Profile, machine: MachineFacts) -> tuple[str, ...]:
    """Say why no workspace of this profile can run here at all; empty when one can."""
    found = []
    if profile.gpu > len(machine.gpus):
        have = f"has {len(machine.gpus)}" if machine.gpus else "has no GPU"
        found.append(
            f"This machine {have}; {profile.title} needs {profile.gpu} x {profile.gpu_type}."
        )
    elif profile.gpu > len(machine.gpus) - machine.gpus_taken:
        found.append(f"All GPUs are in use: {machine.gpus_taken} of {len(machine.gpus)}.")
    if WORKSPACE_ENVIRONMENT not in profile.environments:
        found.append(f"{profile.title} is for {' and '.join(profile.environments)} only.")
    return tuple(found)


def shortfalls(profile: Profile, machine: MachineFacts) -> tuple[str, ...]:
    """Say what the machine has less of than the profile allows: it runs, with less."""
    if profile.cpu <= machine.cpus and profile.memory_gib <= machine.memory_gib:
        return ()
    has = f"{machine.cpus} CPU and {machine.memory_gib:.0f} GiB"
    return (f"This machine has {has} for everyone; a workspace can't get more.",)


def facts(
    profile: Profile,
    groups: Iterable[str],
    machine: MachineFacts,
    left_micro_eur: int,
    today: date,
) -> dict[str, Any]:
    """Return the typed facts on which policy decides about a start; money in euro cents."""
    return {
        "profile": profile.id,
        "audience": in_audience(profile, groups),
        "available": not obstacles(profile, machine),
        "budget_left_cents": left_micro_eur * 100 // MICRO,
        "price_cents_per_hour": -(-profile.price_on(today) * 100 // MICRO),
    }


def changed_since(seen: str | None, version: ProfileVersion, today: date) -> str | None:
    """Say that the profile changed after the person saw it; None when it didn't."""
    if seen is None or seen == version.digest:
        return None
    price = version.profile.price_on(today) / MICRO
    return (
        f"{version.profile.title} was changed after you opened the page; it now costs "
        f"{price:.2f} EUR an hour. Look at its card again and start it if you still want it."
    )


def hours_left(left_micro_eur: int, profile: Profile, today: date) -> float | None:
    """Return how many hours of the profile an amount pays for; None when it costs nothing."""
    price = profile.price_on(today)
    return left_micro_eur / price if price else None


def is_lost(session: Session) -> bool:
    """Whether the session ended because nobody saw it, so that seeing it again revives it."""
    return session.state is SessionState.ENDED and session.end_reason == LOST


def revived(session: Session) -> Session:
    """Return a lost session running again. Raises IllegalMove for one that ended otherwise."""
    if SessionState.RUNNING not in MOVES[session.state] or not is_lost(session):
        raise IllegalMove(f"The session {session.id} has ended.", "Start a new workspace.")
    return replace(session, state=SessionState.RUNNING, ended_at=None, end_reason=None)


def metered(
    session: Session, until: datetime, active_at: datetime | None, now: datetime
) -> Session:
    """Return the session metered up to ``until``: never backwards, never into the future.

    Raises IllegalMove when it has ended.
    """
    if session.state is SessionState.ENDED:
        raise IllegalMove(f"The session {session.id} has ended.", "Start a new workspace.")
    reached = max(session.metered_until, min(until, now))
    active = max(session.active_at, min(active_at or session.active_at, now))
    return replace(session, metered_until=reached, active_at=active)


def ended(session: Session, until: datetime, reason: str, now: datetime) -> Session:
    """Return the session ended at ``until``. Raises IllegalMove when it had ended before."""
    if SessionState.ENDED not in MOVES[session.state]:
        raise IllegalMove(f"The session {session.id} has ended.", "Start a new workspace.")
    last = metered(session, until, None, now)
    at = last.metered_until
    return replace(last, state=SessionState.ENDED, ended_at=at, end_reason=reason)


def idle_rule(profile: Profile) -> str:
    """Say in words when a workspace of the profile stops by itself."""
    gpu = profile.gpu_idle_minutes
    rule = f"Stops after {profile.idle_minutes} min idle"
    return f"{rule}, or {gpu} min without GPU use." if gpu is not None else f"{rule}."
