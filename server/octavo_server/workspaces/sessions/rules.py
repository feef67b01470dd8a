"""Pure decisions about starts and sessions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from octavo.records.workspaces import DIGEST, NAME
from octavo_server.errors import Forbidden, IllegalMove, Invalid
from octavo_server.identity import HUB, Caller, CallerKind
from octavo_server.workspaces.profiles import fit_rules
from octavo_server.workspaces.profiles.domain import MICRO, Profile, ProfileVersion
from octavo_server.workspaces.profiles.findings import NodePool
from octavo_server.workspaces.profiles.rules import in_audience
from octavo_server.workspaces.sessions.domain import (
    HOLDING,
    LOST,
    MOVES,
    WORKSPACE_ENVIRONMENT,
    Choice,
    Failure,
    Incident,
    MachineFacts,
    Session,
    SessionState,
)

MOST_INCIDENTS = 10


class StartRefused(Forbidden):
    """A start was refused; the trail has it already, in the person's own name."""

    code = "start_refused"
    on_trail = False


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


# ---- what speaks against a start


def check_shape(choice: Choice) -> None:
    """Raise Invalid for a project or profile that is missing, or for what can't be one."""
    for field, value in (("project", choice.project), ("profile", choice.profile)):
        if not value:
            raise Invalid(f"No {field} was chosen.", "Choose one on the start page.")
        if not re.fullmatch(NAME, value):
            raise Invalid(
                f"{field} is {value[:100]!a}; it must be small letters, digits and hyphens between "
                "them, 63 at most.",
                "Choose one on the start page.",
            )
    if choice.digest is not None and not re.fullmatch(DIGEST, choice.digest):
        raise Invalid(
            f"digest is {choice.digest[:100]!a}; it must be sha256: and 64 hexadecimal digits.",
            "Leave it out, or start from the profile's card on the start page.",
        )


def trail_place(choice: Choice) -> tuple[str, str | None]:
    """Return subject and project of a refusal on the trail, whatever was sent as a choice."""
    project = choice.project if re.fullmatch(NAME, choice.project) else None
    return f"profile:{ascii(choice.profile[:100])[1:-1]}", project


def obstacles(profile: Profile, pools: Sequence[NodePool]) -> tuple[str, ...]:
    """Say why no workspace of this profile can run here at all; empty when one can."""
    found = []
    if not fit_rules.fitting(profile, pools):
        found.append(_nowhere(profile, pools))
    if WORKSPACE_ENVIRONMENT not in profile.environments:
        found.append(f"{profile.title} is for {' and '.join(profile.environments)} only.")
    return tuple(found)


def _nowhere(profile: Profile, pools: Sequence[NodePool]) -> str:
    if len(pools) == 1 and pools[0].machine:
        machine = pools[0]
        if profile.gpu > machine.gpu:
            have = f"has {machine.gpu}" if machine.gpu else "has no GPU"
            return f"This machine {have}; {profile.title} needs {profile.gpu} x {profile.gpu_type}."
    why = "; ".join(f"{pool.name}: {', '.join(fit_rules.misfits(profile, pool))}" for pool in pools)
    return f"{profile.title} fits nowhere here ({why or 'no node pool is declared'})."


def shortfalls(
    profile: Profile, machine: MachineFacts, pools: Sequence[NodePool]
) -> tuple[str, ...]:
    """Say what the machine has less of than the profile allows: it runs, with less."""
    if not any(pool.machine for pool in pools):
        return ()
    if profile.cpu <= machine.cpus and profile.memory_gib <= machine.memory_gib:
        return ()
    has = f"{machine.cpus:g} CPU and {machine.memory_gib:.0f} GiB"
    return (f"This machine has {has} for everyone; a workspace can't get more.",)


def facts(
    profile: Profile,
    groups: Iterable[str],
    pools: Sequence[NodePool],
    left_micro_eur: int,
    today: date,
) -> dict[str, Any]:
    """Return the typed facts on which policy decides about a start; money in euro cents."""
    return {
        "profile": profile.id,
        "audience": in_audience(profile, groups),
        "available": not obstacles(profile, pools),
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


def smuggled(further: Mapping[str, str]) -> tuple[str, ...]:
    """Say of each option that no page of Octavo's sends that it can't be chosen."""
    return tuple(
        f"Unknown option {name!r} ({value!r:.80}). A workspace is started with a project, a "
        "profile and one of its images; everything else comes from the profile."
        for name, value in sorted(further.items())
    )


def wrong_image(choice: Choice, profile: Profile) -> tuple[str, ...]:
    """Say that the chosen image isn't one of the profile's; empty when it is."""
    names = [image.name for image in profile.images]
    if choice.image is None or choice.image in names:
        return ()
    allowed = f"choose one of: {', '.join(names)}" if names else "it has none to choose from"
    return (f"The image {choice.image!r} is none of {profile.title}'s; {allowed}.",)


def image_of(choice: Choice, profile: Profile) -> str | None:
    """Return the name of the image that is started; None: the profile has none."""
    first = profile.images[0].name if profile.images else None
    return choice.image or first


def hours_left(left_micro_eur: int, profile: Profile, today: date) -> float | None:
    """Return how many hours of the profile an amount pays for; None when it costs nothing."""
    price = profile.price_on(today)
    return left_micro_eur / price if price else None


def idle_rule(profile: Profile) -> str:
    """Say in words when a workspace of the profile stops by itself."""
    gpu = profile.gpu_idle_minutes
    rule = f"Stops after {profile.idle_minutes} min idle"
    return f"{rule}, or {gpu} min without GPU use." if gpu is not None else f"{rule}."


# ---- a session's life


def same_start(session: Session, choice: Choice, image: str | None) -> bool:
    """Whether a session that waits or starts is what is asked for again."""
    return (
        session.state in {SessionState.QUEUED, SessionState.STARTING}
        and (session.project, session.profile) == (choice.project, choice.profile)
        and session.image == image
    )


def moved(session: Session, to: SessionState) -> None:
    """Raise IllegalMove when a session can't go there."""
    if to not in MOVES[session.state]:
        raise IllegalMove(
            f"The session {session.id} is {session.state.value}; it can't become {to.value}.",
            "Start a new workspace.",
        )


def granted(session: Session, pool: str, gpus: Sequence[int], now: datetime) -> Session:
    """Return a queued session that may start. Raises IllegalMove for another."""
    moved(session, SessionState.STARTING)
    return replace(
        session,
        state=SessionState.STARTING,
        pool=pool,
        gpus=tuple(gpus),
        started_at=now,
        metered_until=now,
    )


def started(session: Session, at: datetime, now: datetime) -> Session:
    """Return the session running since ``at``; one that runs stays as it is.

    Raises IllegalMove for one that waits or has ended: only a lost one runs again, by being seen.
    """
    if session.state is SessionState.RUNNING:
        return session
    if session.state is not SessionState.STARTING:
        raise IllegalMove(
            f"The session {session.id} is {session.state.value}; it can't become running.",
            "Start a new workspace.",
        )
    ready = min(max(at, session.started_at or at), now)
    return replace(session, state=SessionState.RUNNING, ready_at=ready)


def rescued(session: Session, *, rescue: bool) -> Session:
    """Return the session marked as opened beside a home that is full, when it was."""
    return replace(session, rescue=session.rescue or rescue)


def is_lost(session: Session) -> bool:
    """Whether the session ended because nobody saw it, so that seeing it again revives it."""
    return session.state is SessionState.ENDED and session.end_reason == LOST


def revived(session: Session) -> Session:
    """Return a lost session running again. Raises IllegalMove for one that ended otherwise."""
    if SessionState.RUNNING not in MOVES[session.state] or not is_lost(session):
        raise IllegalMove(f"The session {session.id} has ended.", "Start a new workspace.")
    return replace(session, state=SessionState.RUNNING, ended_at=None, end_reason=None)


def metered(session: Session, until: datetime, now: datetime) -> Session:
    """Return the session metered up to ``until``: never backwards, never into the future.

    Raises IllegalMove when it holds nothing that could be metered.
    """
    if session.state is SessionState.ENDED:
        raise IllegalMove(f"The session {session.id} has ended.", "Start a new workspace.")
    if session.state not in HOLDING or session.metered_until is None:
        raise IllegalMove(f"The session {session.id} still waits.", "Wait for its turn.")
    return replace(session, metered_until=max(session.metered_until, min(until, now)))


def ended(
    session: Session, until: datetime, reason: str, now: datetime, failure: Failure | None = None
) -> Session:
    """Return the session ended at ``until``. Raises IllegalMove when it had ended before."""
    moved(session, SessionState.ENDED)
    holding = session.state in HOLDING
    last = metered(session, until, now) if holding else session
    return replace(
        last,
        state=SessionState.ENDED,
        ended_at=last.metered_until if holding else now,
        end_reason=reason,
        failure=failure,
    )


def told(session: Session, kind: str, messages: Iterable[str], now: datetime) -> Session:
    """Return the session with what its person must know; the same words once."""
    known = {one.message for one in session.incidents}
    new = [Incident(kind=kind, message=one, at=now) for one in messages if one and one not in known]
    return replace(session, incidents=(*session.incidents, *new)[-MOST_INCIDENTS:])


def ordered(session: Session, stop: str | None, at: datetime) -> Session:
    """Return the session with the order to stop for a quota or budget, or with it lifted.

    An order that stands is not put off, and one of another kind is left alone.
    """
    limit = {"quota", "budget"}
    if stop is not None and session.stop_at is None:
        return replace(session, stop_at=at, stop_reason=stop)
    if stop is None and session.stop_reason in limit:
        return replace(session, stop_at=None, stop_reason=None)
    return session
