"""What a person does with their own workspace: look, be seen at work, extend, stop."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import NotFound
from octavo_server.identity import Caller
from octavo_server.workspaces.sessions import idleness, rules, store
from octavo_server.workspaces.sessions.domain import Probe, Session, SessionState
from octavo_server.workspaces.sessions.queue import StartQueue
from octavo_server.workspaces.sessions.views import SessionView, Views


class OwnWorkspace:
    """The one open workspace of whoever calls."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        queue: StartQueue,
        views: Views,
        clock: Callable[[], datetime],
        release: Callable[[Rows, Session], None],
    ) -> None:
        """Take what this needs; ``release`` gives back what a session holds of the quotas."""
        self._database = database
        self._audit = audit
        self._queue = queue
        self._views = views
        self._clock = clock
        self._release = release

    def mine(self, caller: Caller) -> SessionView:
        """Return the caller's open session. Raises NotFound when there is none."""
        with self._database.read() as rows:
            found = _open(rows, caller)
        return self._view(found)

    def probe(self, caller: Caller, probe: Probe) -> SessionView:
        """Take what the workspace says of itself; an older probe than the last is ignored."""
        with self._database.write() as rows:
            found = _open(rows, caller)
            probed = idleness.probed(found, probe, self._clock())
            if probed is not found:
                store.save_session(rows, found, probed)
        return self._views.one(probed)

    def extend(self, caller: Caller, reason: str) -> SessionView:
        """Take the one extension. Raises IllegalMove with the reason why there is none."""
        with self._change(caller, "workspaces.extend") as change:
            store.lock(change.rows)
            found = _open(change.rows, caller)
            profile = self._queue.version(found).profile
            longer = idleness.extended(found, profile, change.at)
            store.save_session(change.rows, found, longer)
            until = longer.extended_until
            change.note(reason=reason, until=until.isoformat() if until else None)
        return self._view(longer)

    def stop(self, caller: Caller, reason: str = "stopped") -> SessionView:
        """Order the end of the caller's workspace; what still waits for its turn ends at once."""
        with self._change(caller, "workspaces.stop") as change:
            store.lock(change.rows)
            found = _open(change.rows, caller)
            if found.state is SessionState.QUEUED:
                stopped = rules.ended(found, change.at, "cancelled", change.at)
                self._release(change.rows, stopped)
            else:
                stopped = replace(found, stop_at=change.at, stop_reason=reason)
            store.save_session(change.rows, found, stopped)
            change.note(reason=reason, profile=found.profile)
        return self._view(stopped)

    def _change(self, caller: Caller, action: str) -> AbstractContextManager[Change]:
        with self._database.read() as rows:
            found = _open(rows, caller)
        return self._audit.change(caller, action, f"session:{found.id}", found.project)

    def _view(self, session: Session) -> SessionView:
        return self._views.full(session, self._queue.prospect(session))


def _open(rows: Rows, caller: Caller) -> Session:
    found = store.open_of(rows, caller.name)
    if found is None:
        raise NotFound(f"{caller.name} has no workspace now.", "Start one on the hub's page.")
    return found
