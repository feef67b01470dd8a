"""Finds what people's accounts run without an open session, as after a hub's death, and ends it."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psutil

from octavo.local.accounts import Account
from octavo.records.workspaces import OpenSession, Orphan
from octavo_hub.local.host import Host

YOUNGEST = timedelta(minutes=2)
"""What is younger is left alone: its session may be newer than what is known."""
SHOWN_PROGRAMS = 3
LONGEST_WHERE = 300


@dataclass(frozen=True, kw_only=True)
class Left:
    """What an account still runs."""

    programs: tuple[str, ...]
    """Names of its programs, each once."""
    processes: int
    """How many processes."""
    oldest: datetime
    """When the oldest of them began (UTC)."""


def close_orphans(host: Host, known: Iterable[OpenSession], busy: Iterable[str]) -> list[Orphan]:
    """End what runs without a session in a person's account; return what there was.

    ``busy`` are people whose workspaces this hub holds itself. Runs in a thread of its own.
    """
    people = {one.person for one in known} | set(busy)
    kept = {host.accounts.name_of(person) for person in people}
    found = [
        close(host, one, older_than=YOUNGEST)
        for one in host.accounts.of_people()
        if one.name not in kept
    ]
    return [orphan for orphan in found if orphan is not None]


def close(
    host: Host, account: Account, *, older_than: timedelta = timedelta(0), session: str = ""
) -> Orphan | None:
    """End what an account runs; return it unless it is nothing, young, or part of ``session``."""
    left = left_of(account)
    if left is None or datetime.now(UTC) - left.oldest < older_than:
        return None
    pids = account.processes()
    group = host.groups.of(pids[0]) if host.groups is not None and pids else None
    account.kill_all()
    if group is not None:
        group.remove()
    known = host.records.of(account.name)
    tenant, seen = known if known is not None else (None, left.oldest)
    host.records.forget(account.name)
    if tenant is not None and tenant.session == session:
        return None
    programs = ", ".join(left.programs[:SHOWN_PROGRAMS])
    where = f"account {account.name}: {left.processes} processes ({programs})"
    return Orphan(
        person=tenant.person if tenant is not None else None,
        project=tenant.project if tenant is not None else None,
        profile=tenant.profile if tenant is not None else None,
        where=where[:LONGEST_WHERE],
        # Until it was last seen with its session, it was metered with that.
        since=max(left.oldest, seen),
        until=datetime.now(UTC),
    )


def left_of(account: Account) -> Left | None:
    """Return what an account runs, None when that is nothing."""
    programs, started = [], []
    for pid in account.processes():
        try:
            process = psutil.Process(pid)
            programs.append(process.name())
            started.append(process.create_time())
        except psutil.NoSuchProcess:
            continue
    if not started:
        return None
    return Left(
        programs=tuple(dict.fromkeys(programs)),
        processes=len(started),
        oldest=datetime.fromtimestamp(min(*started, time.time()), UTC),
    )
