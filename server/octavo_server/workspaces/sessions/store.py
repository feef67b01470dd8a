"""Rows of sessions."""

from __future__ import annotations

from dataclasses import asdict

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.workspaces import workspace_sessions
from octavo_server.workspaces.sessions.domain import Session, SessionState


def add_session(rows: Rows, session: Session) -> None:
    """Write a new session."""
    rows.insert(workspace_sessions, asdict(session))


def save_session(rows: Rows, session: Session) -> None:
    """Write what changed of a session."""
    values = asdict(session)
    rows.update(workspace_sessions, values, ("id", "=", values.pop("id")))


def session(rows: Rows, session_id: str) -> Session | None:
    """Return a session, or None."""
    row = rows.get(workspace_sessions, id=session_id)
    return _session(row) if row else None


def running(rows: Rows, *where: Where) -> list[Session]:
    """Return the running sessions that match, oldest first."""
    found = rows.find(
        workspace_sessions,
        ("state", "=", SessionState.RUNNING.value),
        *where,
        order_by=("started_at",),
    )
    return [_session(row) for row in found]


def _session(row: Row) -> Session:
    values = {name: row[name] for name in Session.__dataclass_fields__}
    return Session(**{**values, "state": SessionState(row["state"])})
