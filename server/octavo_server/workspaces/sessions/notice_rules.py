"""Pure decisions about what a person is told while they work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.sessions import idleness
from octavo_server.workspaces.sessions.domain import Session
from octavo_server.workspaces.usage.domain import Limits

IDLE_SOON = timedelta(minutes=10)
"""So long before an idle stop it is said."""
LIFE_SOON = timedelta(minutes=60)
"""So long before its longest life ends it is said."""
LEVELS = ("error", "warning", "info")

Kind = Literal["quota", "budget", "idle", "gpu_idle", "longest_life", "retired", "limit", "home"]


@dataclass(frozen=True, kw_only=True)
class Notice:
    """Something that a person should know while they work."""

    kind: Kind
    """What it is about."""
    level: Literal["info", "warning", "error"]
    """How pressing it is."""
    percent: int | None = None
    """The step that is reached, for quota and budget."""
    message: str
    """The sentence."""
    key: str
    """Same key: same notice, shown once."""


def notices(
    session: Session,
    profile: Profile,
    newest: ProfileVersion | None,
    limits: Limits,
    now: datetime,
) -> tuple[Notice, ...]:
    """Return what the person of a running workspace should know, most pressing first."""
    found = [
        *_incidents(session),
        *_limits(session, limits),
        *_life(session, profile, now),
        *_idle(session, profile, now),
        *_gpu(session, profile, now),
        *_retired(session, newest),
    ]
    return tuple(sorted(found, key=lambda one: LEVELS.index(one.level)))


def _limits(session: Session, limits: Limits) -> list[Notice]:
    stop = ""
    if session.stop_at is not None and session.stop_reason in {"quota", "budget"}:
        stop = f" The workspace stops at {clock(session.stop_at)}; your files are kept."
    return [
        Notice(
            kind=one.kind,
            level=one.level,
            percent=one.percent,
            message=one.message + (stop if one.kind == session.stop_reason else ""),
            key=one.key,
        )
        for one in limits.notices
    ]


def _incidents(session: Session) -> list[Notice]:
    return [
        Notice(
            kind="home" if one.kind == "home" else "limit",
            level="error" if one.kind == "home" else "warning",
            message=one.message,
            key=f"{one.kind}:{one.at.isoformat()}:{one.message[:40]}",
        )
        for one in session.incidents
    ]


def _life(session: Session, profile: Profile, now: datetime) -> list[Notice]:
    ends = idleness.life_ends(session, profile)
    if ends is None or ends - now > LIFE_SOON:
        return []
    message = (
        f"This workspace has run for nearly {profile.longest_hours:g} hours, the most that "
        f"{profile.title} allows. It stops at {clock(ends)}; your files are kept."
    )
    return [Notice(kind="longest_life", level="warning", message=message, key="longest_life")]


def _idle(session: Session, profile: Profile, now: datetime) -> list[Notice]:
    stop = idleness.idle_stop(session, profile, now)
    if stop is None or stop.at - now > IDLE_SOON:
        return []
    gpu = stop.reason == "gpu_idle"
    what = "The GPU isn't used" if gpu else "Nothing happens here"
    message = (
        f"{what}: the workspace stops at {clock(stop.at)}, and your files are kept. Run a cell, "
        "or extend it once."
    )
    key = f"{stop.reason}:{stop.at.isoformat()}"
    return [Notice(kind="gpu_idle" if gpu else "idle", level="warning", message=message, key=key)]


def _gpu(session: Session, profile: Profile, now: datetime) -> list[Notice]:
    if not idleness.gpu_rests(session, profile, now):
        return []
    message = (
        f"A cell runs, but its GPU has had nothing to do for {profile.gpu_idle_minutes} minutes. "
        "Hand the notebook off to a profile without a GPU, and the workspace can stop."
    )
    used = session.gpu_at.isoformat() if session.gpu_at else "never"
    return [Notice(kind="gpu_idle", level="info", message=message, key=f"gpu_rests:{used}")]


def _retired(session: Session, newest: ProfileVersion | None) -> list[Notice]:
    if newest is None or newest.offered:
        return []
    message = newest.message or f"{newest.profile.title} was retired; choose another next time."
    return [Notice(kind="retired", level="info", message=message, key=f"retired:{session.profile}")]


def clock(moment: datetime) -> str:
    """Return a moment as a person reads it."""
    return f"{moment:%H:%M} UTC"
