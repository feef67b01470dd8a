"""Heartbeats: what spawners see from outside, metered for many sessions in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Rows
from octavo_server.identity import Caller
from octavo_server.workspaces.sessions import idleness, rules, store
from octavo_server.workspaces.sessions.domain import HOLDING, Session, SessionState
from octavo_server.workspaces.sessions.queue import StartQueue
from octavo_server.workspaces.usage.domain import Limits, Measured, Member, Metered
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class Beat:
    """One session's sign of life."""

    session: str
    """Id of the session."""
    until: datetime
    """Until when it was seen alive (UTC)."""
    used: Measured | None = None
    """What it has used since it started; None: not known."""
    incidents: tuple[str, ...] = ()
    """Sentences about limits that it ran into, and lives on."""


AT_ONCE = 50
"""Heartbeats in one transaction: a start must not wait for all of a large hub's."""


def batched(beats: Sequence[Beat], size: int) -> Iterator[Sequence[Beat]]:
    """Give heartbeats in batches, in their order."""
    for first in range(0, len(beats), size):
        yield beats[first : first + size]


class Beats:
    """Books heartbeats, and orders stops where a quota or a budget is used up."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        usage: UsageService,
        queue: StartQueue,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._usage = usage
        self._queue = queue
        self._clock = clock

    def take(self, hub: Caller, beats: Sequence[Beat]) -> dict[str, SessionState | None]:
        """Meter sessions; return where each stands, None for one that never was.

        The same moment again, or an earlier one, changes nothing. Raises Forbidden for all but
        the hub.
        """
        rules.check_hub(hub)
        states: dict[str, SessionState | None] = {}
        for some in batched(beats, AT_ONCE):
            states |= self._take_some(hub, some)
        return states

    def _take_some(self, hub: Caller, beats: Sequence[Beat]) -> dict[str, SessionState | None]:
        self._revive_lost(hub, beats)
        with self._database.write() as rows:
            known = store.sessions(rows, [beat.session for beat in beats])
            metered = []
            for beat in beats:
                found = known.get(beat.session)
                if found is not None and found.state in HOLDING:
                    known[beat.session] = self._take(rows, found, beat)
                    if found.state is SessionState.RUNNING:
                        metered.append(self.metered(known[beat.session], beat.used))
            self._usage.book_all(rows, metered)
            for one in known.values():
                if one.state is SessionState.STARTING:
                    self._usage.hold(rows, self.metered(one))
        self._govern(hub, [one for one in known.values() if one.state is SessionState.RUNNING])
        return {
            beat.session: known[beat.session].state if beat.session in known else None
            for beat in beats
        }

    def _take(self, rows: Rows, session: Session, beat: Beat) -> Session:
        now = self._clock()
        beaten = rules.metered(session, beat.until, now)
        if beat.used is not None:
            beaten = idleness.gpu_seen(beaten, beat.used.gpu_percent, min(beat.until, now))
        beaten = rules.told(beaten, "limit", beat.incidents, now)
        store.save_session(rows, session, beaten)
        return beaten

    def metered(
        self, session: Session, used: Measured | None = None, *, ended: bool = False
    ) -> Metered:
        """Return a session as the books know it, from its turn on.

        One that never answered has used nothing that its person could have had: it costs nothing.
        """
        began = session.started_at or session.requested_at
        if session.ready_at is None:
            began = session.metered_until or began
        return Metered(
            kind="session",
            subject=session.id,
            person=session.person,
            project=session.project,
            team=session.team,
            version=self._queue.version(session),
            since=began,
            until=session.metered_until or began,
            used=used,
            ended=ended,
        )

    def _revive_lost(self, hub: Caller, beats: Sequence[Beat]) -> None:
        """Let workspaces go on that outlived an outage of the platform."""
        with self._database.read() as rows:
            known = store.sessions(rows, [beat.session for beat in beats])
        for one in known.values():
            if not rules.is_lost(one):
                continue
            subject = f"session:{one.id}"
            with self._audit.change(hub, "workspaces.revive", subject, one.project) as change:
                store.lock(change.rows)
                newest = store.session(change.rows, one.id) or one
                # Somebody who has started another one since keeps that one.
                free = store.open_of(change.rows, one.person) is None
                if free and rules.is_lost(newest):
                    store.save_session(change.rows, newest, rules.revived(newest))
                change.note(person=one.person, profile=one.profile, revived=free)

    def _govern(self, hub: Caller, sessions: Sequence[Session]) -> None:
        """Order the stop of who has used up a quota or budget; lift it when there is room again."""
        every = [
            (
                Member(person=one.person, groups=frozenset(one.groups), project=one.project),
                self._queue.version(one).profile,
            )
            for one in sessions
        ]
        for one, limits in zip(sessions, self._usage.limits_of(every), strict=True):
            if rules.ordered(one, limits.stop, self._clock() + limits.grace) != one:
                self._order(hub, one, limits)

    def _order(self, hub: Caller, session: Session, limits: Limits) -> None:
        action = "workspaces.order_stop" if limits.stop else "workspaces.lift_stop"
        with self._audit.change(hub, action, f"session:{session.id}", session.project) as change:
            store.lock(change.rows)
            newest = store.session(change.rows, session.id) or session
            ordered = rules.ordered(newest, limits.stop, change.at + limits.grace)
            store.save_session(change.rows, newest, ordered)
            at = ordered.stop_at.isoformat() if ordered.stop_at else None
            change.note(person=session.person, reason=limits.stop, stop_at=at)
