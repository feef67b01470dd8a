"""Pure decisions about profiles, sessions, metering and cost."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import rfc8785

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import Caller, CallerKind
from octavo_server.workspaces.domain import (
    LOST,
    MICRO,
    MOVES,
    WORKSPACE_ENVIRONMENT,
    MachineFacts,
    Profile,
    ProfileVersion,
    Session,
    SessionState,
    Usage,
)

HUB = "service:spawner"
HOUR_S = 3600
SECOND = timedelta(seconds=1)


def profile_of(document: Mapping[str, Any]) -> Profile:
    """Return the profile that a valid profile file describes."""
    resources = document["resources"]
    price = Decimal(str(document["price_eur_per_hour"]))
    return Profile(
        id=document["id"],
        title=document["title"],
        description=document["description"],
        cpu=float(resources["cpu"]),
        memory_gib=float(resources["memory_gib"]),
        processes=resources["processes"],
        gpu=resources.get("gpu", 0),
        gpu_type=resources.get("gpu_type"),
        price_micro_eur=int(price * MICRO),
        idle_minutes=document["idle_minutes"],
        ready_seconds=document["ready_seconds"],
        audiences=tuple(sorted(document["audiences"])),
        environments=tuple(sorted(document["environments"])),
        pipelines=document["pipelines"],
    )


def content_of(profile: Profile) -> dict[str, Any]:
    """Return the profile as a JSON document."""
    lists = {"audiences": list(profile.audiences), "environments": list(profile.environments)}
    return {**asdict(profile), **lists}


def digest_of(profile: Profile) -> str:
    """Return the SHA-256 of the profile's canonical JSON (RFC 8785)."""
    return "sha256:" + hashlib.sha256(rfc8785.dumps(content_of(profile))).hexdigest()


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


def in_audience(profile: Profile, groups: Iterable[str]) -> bool:
    """Whether a person in ``groups`` may use the profile."""
    return not profile.audiences or bool(set(profile.audiences) & set(groups))


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


def outsider(profile: Profile) -> str:
    """Say for whom the profile is, to somebody who isn't one of them."""
    return f"{profile.title} is for {' and '.join(profile.audiences)}; ask an admin to join."


def shortfalls(profile: Profile, machine: MachineFacts) -> tuple[str, ...]:
    """Say what the machine has less of than the profile allows: it runs, with less."""
    if profile.cpu <= machine.cpus and profile.memory_gib <= machine.memory_gib:
        return ()
    has = f"{machine.cpus} CPU and {machine.memory_gib:.0f} GiB"
    return (f"This machine has {has} for everyone; a workspace can't get more.",)


def facts(
    profile: Profile, groups: Iterable[str], machine: MachineFacts, left_micro_eur: int
) -> dict[str, Any]:
    """Return the typed facts on which policy decides about a start; money in euro cents."""
    return {
        "profile": profile.id,
        "audience": in_audience(profile, groups),
        "available": not obstacles(profile, machine),
        "budget_left_cents": left_micro_eur * 100 // MICRO,
        "price_cents_per_hour": -(-profile.price_micro_eur * 100 // MICRO),
    }


def changed_since(seen: str | None, version: ProfileVersion) -> str | None:
    """Say that the profile changed after the person saw it; None when it didn't."""
    if seen is None or seen == version.digest:
        return None
    price = version.profile.price_micro_eur / MICRO
    return (
        f"{version.profile.title} was changed after you opened the page; it now costs "
        f"{price:.2f} EUR an hour. Look at its card again and start it if you still want it."
    )


def hours_left(left_micro_eur: int, profile: Profile) -> float | None:
    """Return how many hours of the profile an amount pays for; None when it costs nothing."""
    return left_micro_eur / profile.price_micro_eur if profile.price_micro_eur else None


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


def days(since: datetime, until: datetime) -> Iterator[tuple[date, float]]:
    """Yield each UTC day between two moments with the seconds that fall into it."""
    at = since.astimezone(UTC)
    end = until.astimezone(UTC)
    while at < end:
        midnight = datetime.combine(at.date() + timedelta(days=1), time(), UTC)
        edge = min(midnight, end)
        yield at.date(), (edge - at) / SECOND
        at = edge


def cost(seconds: float, price_micro_eur: int) -> int:
    """Return what ``seconds`` cost at a price an hour, in millionths of a euro."""
    return round(seconds * price_micro_eur / HOUR_S)


def usage_by_day(
    kind: str,
    subject: str,
    *,
    person: str,
    project: str,
    profile: Profile,
    since: datetime,
    until: datetime,
) -> list[Usage]:
    """Return the usage of everything between two moments, one record a UTC day."""
    return [
        Usage(
            kind=kind,
            subject=subject,
            day=day,
            person=person,
            project=project,
            profile=profile.id,
            seconds=seconds,
            cost_micro_eur=cost(seconds, profile.price_micro_eur),
        )
        for day, seconds in days(since, until)
    ]


def first_of_month(moment: datetime) -> date:
    """Return the first UTC day of the month that ``moment`` lies in."""
    return moment.astimezone(UTC).date().replace(day=1)


def grouped(usage: Iterable[Usage], key: Callable[[Usage], str]) -> list[tuple[str, float, int]]:
    """Return (name, hours, cost in millionths of a euro) for each name, dearest first."""
    seconds: dict[str, float] = defaultdict(float)
    money: dict[str, int] = defaultdict(int)
    for one in usage:
        seconds[key(one)] += one.seconds
        money[key(one)] += one.cost_micro_eur
    names = sorted(money, key=lambda name: (-money[name], name))
    return [(name, seconds[name] / HOUR_S, money[name]) for name in names]
