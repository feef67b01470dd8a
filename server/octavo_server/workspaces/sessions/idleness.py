"""Pure decisions about when a workspace stops by itself, from what its probes say.

Only fresh probes count: what isn't known stops nothing. A running cell or an active terminal is
never idle. The longest life holds in any case.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from octavo_server.errors import IllegalMove
from octavo_server.workspaces.profiles.domain import Profile
from octavo_server.workspaces.sessions.domain import Activity, Probe, Session, SessionState

FRESH = timedelta(seconds=90)
"""A probe older than this says nothing about now."""
FUTURE = timedelta(seconds=5)
"""So far a workspace's clock may be ahead."""
GPU_USED_PERCENT = 5.0
"""Below this use a GPU counts as unused: drivers and displays take a little."""


@dataclass(frozen=True, kw_only=True)
class Stop:
    """A stop that is due or foreseen."""

    at: datetime
    """When (UTC)."""
    reason: str
    """Why."""


def activity_of(probe: Probe) -> Activity:
    """Return what keeps a workspace from being idle."""
    if probe.busy_kernels:
        return "cell"
    if probe.active_terminals:
        return "terminal"
    return "gpu" if (probe.gpu_percent or 0.0) >= GPU_USED_PERCENT else "idle"


def probed(session: Session, probe: Probe, now: datetime) -> Session:
    """Return the session as its workspace describes it; an older probe than the last is ignored.

    A probe from the future counts as taken now: a clock that runs ahead must not keep a workspace
    for longer.
    """
    at = min(probe.at, now)
    if session.probed_at is not None and at < session.probed_at:
        return session
    activity = activity_of(probe)
    seen = [one for one in (session.active_at, probe.activity_at) if one is not None]
    if activity in {"cell", "terminal"}:
        seen.append(at)
    active_at = min(max(seen), now) if seen else None
    known = replace(session, probed_at=at, activity=activity, active_at=active_at)
    return gpu_seen(known, probe.gpu_percent, at)


def gpu_seen(session: Session, percent: float | None, at: datetime) -> Session:
    """Return the session with the use of its GPUs as it was seen; None: it wasn't."""
    if percent is None:
        return session
    used = percent >= GPU_USED_PERCENT
    return replace(session, gpu_seen_at=at, gpu_at=at if used else session.gpu_at)


def is_fresh(session: Session, now: datetime) -> bool:
    """Whether the newest probe says something about now."""
    return session.probed_at is not None and now - session.probed_at <= FRESH


def activity_now(session: Session, now: datetime) -> Activity:
    """Return what keeps it from being idle; unknown without a fresh probe."""
    return session.activity if is_fresh(session, now) else "unknown"


def idle_stop(session: Session, profile: Profile, now: datetime) -> Stop | None:
    """Return when it stops if nothing happens from now on; None: something happens, or unknown."""
    if session.state is not SessionState.RUNNING or not is_fresh(session, now):
        return None
    if session.activity in {"cell", "terminal"}:
        return None
    stops = [_gpu_stop(session, profile, now)]
    if session.activity == "idle":
        since = _since(session, session.active_at)
        idle = timedelta(minutes=profile.idle_minutes)
        stops.append(Stop(at=_extended(session, since + idle), reason="idle"))
    return min((one for one in stops if one is not None), key=lambda one: one.at, default=None)


def _gpu_stop(session: Session, profile: Profile, now: datetime) -> Stop | None:
    if not profile.gpu or profile.gpu_idle_minutes is None:
        return None
    if session.gpu_seen_at is None or now - session.gpu_seen_at > FRESH:
        return None
    since = _since(session, session.gpu_at)
    at = since + timedelta(minutes=profile.gpu_idle_minutes)
    return Stop(at=_extended(session, at), reason="gpu_idle")


def _since(session: Session, moment: datetime | None) -> datetime:
    began = session.ready_at or session.started_at or session.requested_at
    return max(began, moment) if moment is not None else began


def _extended(session: Session, at: datetime) -> datetime:
    return max(at, session.extended_until) if session.extended_until is not None else at


def gpu_rests(session: Session, profile: Profile, now: datetime) -> bool:
    """Whether a cell runs on, and the GPU has had nothing to do for as long as would stop it."""
    if activity_now(session, now) not in {"cell", "terminal"}:
        return False
    stop = _gpu_stop(session, profile, now)
    return stop is not None and stop.at <= now


def life_ends(session: Session, profile: Profile) -> datetime | None:
    """Return when its longest life is over; None while it is queued."""
    if session.started_at is None:
        return None
    return session.started_at + timedelta(hours=profile.longest_hours)


def due(session: Session, profile: Profile, now: datetime) -> str | None:
    """Return why a session must stop now; None: it need not."""
    ends = life_ends(session, profile)
    if ends is not None and ends <= now:
        return "longest_life"
    if session.stop_at is not None and session.stop_at <= now:
        return session.stop_reason
    idle = idle_stop(session, profile, now)
    return idle.reason if idle is not None and idle.at <= now else None


def extended(session: Session, profile: Profile, now: datetime) -> Session:
    """Return the session with its one extension. Raises IllegalMove with the reason why not."""
    if session.state is not SessionState.RUNNING:
        raise IllegalMove(
            f"The workspace is {session.state.value}: only one that runs can be extended.",
            "Wait until it runs.",
        )
    if session.stop_at is not None:
        raise IllegalMove(
            f"The workspace stops at {session.stop_at:%H:%M} UTC whatever happens in it; an "
            "extension would change nothing.",
            "Save your work; a hand-off goes on without the workspace.",
        )
    if not profile.extension_minutes:
        raise IllegalMove(
            f"{profile.title} has no extension.", "Run a cell, or choose another profile next time."
        )
    if session.extended_until is not None:
        raise IllegalMove(
            f"The one extension was taken; it lasts until {session.extended_until:%H:%M} UTC.",
            "Run a cell to keep the workspace, or hand the notebook off as a run.",
        )
    idle = idle_stop(session, profile, now)
    # What it would have lived on without activity isn't paid for by the one extension.
    due_at = idle.at if idle is not None else now + timedelta(minutes=profile.idle_minutes)
    until = max(now, due_at) + timedelta(minutes=profile.extension_minutes)
    ends = life_ends(session, profile)
    return replace(session, extended_until=min(until, ends) if ends is not None else until)
