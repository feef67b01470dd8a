"""Sessions, wants and rooms for tests of the pure rules.

- ``T0``: the moment from which tests count; ``MINUTE``, ``HOUR``
- ``session(**more)``: a running session without probes, with fields replaced
- ``probe(at, **more)``: a probe of an idle workspace, with fields replaced
- ``want(name, ...)``, ``held(name, ...)``, ``room(...)``: what admission decides on
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from octavo_server.workspaces.sessions.admission import Held, Room, Size, Want
from octavo_server.workspaces.sessions.domain import Probe, Session, SessionState

T0 = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def session(**more: Any) -> Session:
    """Return a running session, with fields replaced."""
    running = Session(
        id="s1",
        person="scientist",
        project="flights",
        profile="cpu-small",
        profile_version=1,
        state=SessionState.RUNNING,
        pool="this machine",
        requested_at=T0,
        started_at=T0,
        ready_at=T0,
        metered_until=T0,
    )
    return replace(running, **more)


def probe(at: datetime, **more: Any) -> Probe:
    """Return a probe of a workspace in which nothing happens."""
    quiet = Probe(at=at, busy_kernels=0, active_terminals=0, gpu_percent=None, activity_at=None)
    return replace(quiet, **more)


def room(cpus: float = 4, memory_gib: float = 16, gpus: int = 0, name: str = "m") -> Room:
    """Return a machine with room."""
    size = Size(cpus=cpus, memory_gib=memory_gib, gpus=gpus)
    return Room(name=name, size=size, numbered=True)


def want(
    name: str,
    cpus: float = 1,
    memory_gib: float = 1,
    gpus: int = 0,
    *,
    since: datetime = T0,
    pools: tuple[str, ...] = ("m",),
    lasts: timedelta = HOUR,
) -> Want:
    """Return a start that waits."""
    return Want(
        session=name,
        size=Size(cpus=cpus, memory_gib=memory_gib, gpus=gpus),
        pools=pools,
        since=since,
        ready_after=10 * SECOND,
        lasts=lasts,
    )


def held(
    name: str,
    cpus: float = 1,
    memory_gib: float = 1,
    gpus: tuple[int, ...] = (),
    *,
    free_at: datetime = T0 + HOUR,
    ready_at: datetime | None = None,
    pool: str = "m",
) -> Held:
    """Return what a session holds."""
    return Held(
        session=name,
        pool=pool,
        size=Size(cpus=cpus, memory_gib=memory_gib, gpus=len(gpus)),
        gpus=gpus,
        ready_at=ready_at,
        free_at=free_at,
    )
