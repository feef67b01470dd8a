"""Rows of sessions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.workspaces import workspace_sessions
from octavo_server.workspaces.sessions.domain import (
    HOLDING,
    OPEN,
    Failure,
    Incident,
    Session,
    SessionState,
)

PLAIN = tuple(
    name
    for name in Session.__dataclass_fields__
    if name not in {"state", "groups", "gpus", "incidents", "failure"}
)


def add_session(rows: Rows, session: Session) -> None:
    """Write a new session. Raises RowExists when its person has an open one."""
    rows.insert(workspace_sessions, _values(session))


QUEUE = "workspace starts"
"""Name of the lock under which sessions change their state."""


def lock(rows: Rows) -> None:
    """Let one transaction at a time change states: turns are given by looking at all sessions."""
    rows.lock(QUEUE)


def save_session(rows: Rows, before: Session, after: Session) -> None:
    """Write what changed of a session, and nothing else: others may change the rest meanwhile.

    Raises RowExists when its person has another open one.
    """
    known = _values(before)
    changed = {name: value for name, value in _values(after).items() if known[name] != value}
    if changed:
        rows.update(workspace_sessions, changed, ("id", "=", after.id))


def session(rows: Rows, session_id: str) -> Session | None:
    """Return a session, or None."""
    row = rows.get(workspace_sessions, id=session_id)
    return _session(row) if row else None


def sessions(rows: Rows, ids: Iterable[str]) -> dict[str, Session]:
    """Return the sessions of some ids."""
    found = rows.find(workspace_sessions, ("id", "in", list(ids)))
    return {row["id"]: _session(row) for row in found}


def open_sessions(rows: Rows, *where: Where) -> list[Session]:
    """Return the open sessions that match, in the order of their requests."""
    states = [state.value for state in OPEN]
    found = rows.find(
        workspace_sessions, ("state", "in", states), *where, order_by=("requested_at", "id")
    )
    return [_session(row) for row in found]


def open_of(rows: Rows, person: str) -> Session | None:
    """Return the one open session of a person, or None."""
    row = rows.get(workspace_sessions, open_person=person)
    return _session(row) if row else None


def unseen(rows: Rows, since: datetime) -> list[Session]:
    """Return the sessions that hold something and were last seen before a moment."""
    return [
        _session(row)
        for row in rows.find(
            workspace_sessions,
            ("state", "in", [state.value for state in HOLDING]),
            ("metered_until", "<", since),
            order_by=("requested_at",),
        )
    ]


def lives(rows: Rows, profile: str, limit: int) -> list[tuple[datetime, datetime]]:
    """Return begin and end of the newest sessions of a profile that have run and ended."""
    found = rows.find(
        workspace_sessions,
        ("profile", "=", profile),
        ("state", "=", SessionState.ENDED.value),
        ("ready_at", "!=", None),
        order_by=("-ended_at",),
        limit=limit,
    )
    return [(row["started_at"], row["ended_at"]) for row in found]


def count_since(rows: Rows, since: datetime) -> int:
    """Return how many starts were asked for since a moment."""
    return rows.count(workspace_sessions, ("requested_at", ">=", since))


def failed_since(rows: Rows, since: datetime) -> list[tuple[str, str, str]]:
    """Return kind, message and raw text of what failed since a moment, newest first."""
    found = rows.find(
        workspace_sessions,
        ("requested_at", ">=", since),
        ("failure", "!=", None),
        order_by=("-requested_at",),
    )
    return [(row["failure"], row["failure_text"], row["failure_raw"]) for row in found]


def _values(session: Session) -> dict[str, Any]:
    failure = session.failure
    return {
        **{name: getattr(session, name) for name in PLAIN},
        "open_person": session.person if session.state in OPEN else None,
        "state": session.state.value,
        "groups": list(session.groups),
        "gpus": list(session.gpus),
        "incidents": [asdict(one) | {"at": one.at.isoformat()} for one in session.incidents],
        "failure": failure.kind if failure else None,
        "failure_text": failure.message if failure else "",
        "failure_raw": failure.raw if failure else "",
    }


def _session(row: Row) -> Session:
    failure = None
    if row["failure"] is not None:
        failure = Failure(kind=row["failure"], message=row["failure_text"], raw=row["failure_raw"])
    return Session(
        **{name: row[name] for name in PLAIN},
        state=SessionState(row["state"]),
        groups=tuple(row["groups"]),
        gpus=tuple(row["gpus"]),
        incidents=tuple(
            Incident(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in row["incidents"]
        ),
        failure=failure,
    )
