"""Rows of profiles, sessions and usage."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.workspaces import (
    profile_versions,
    usage_days,
    workspace_sessions,
)
from octavo_server.workspaces import rules
from octavo_server.workspaces.domain import Profile, ProfileVersion, Session, SessionState, Usage


def current_profiles(rows: Rows) -> dict[str, ProfileVersion]:
    """Return the newest version of each profile by its id, withdrawn ones included."""
    found = rows.find(profile_versions, order_by=("profile", "version"))
    return {row["profile"]: _version(row) for row in found}


def profile_version(rows: Rows, profile: str, version: int) -> ProfileVersion | None:
    """Return one version of a profile, or None."""
    row = rows.get(profile_versions, profile=profile, version=version)
    return _version(row) if row else None


def profile_at(rows: Rows, profile: str, moment: datetime) -> ProfileVersion | None:
    """Return the version that was current at ``moment``, else the first one, or None."""
    found = [_version(row) for row in rows.find(
        profile_versions, ("profile", "=", profile), order_by=("version",)
    )]  # fmt: skip
    before = [one for one in found if one.published_at <= moment]
    return (before[-1] if before else found[0]) if found else None


def add_profile(rows: Rows, version: ProfileVersion) -> None:
    """Write a new version."""
    rows.insert(
        profile_versions,
        {
            "profile": version.profile.id,
            "version": version.version,
            "digest": version.digest,
            "content": rules.content_of(version.profile),
            "published_at": version.published_at,
            "withdrawn_at": version.withdrawn_at,
        },
    )


def withdraw_profile(rows: Rows, version: ProfileVersion, at: datetime) -> None:
    """Mark a version as no longer offered."""
    key: tuple[Where, ...] = (
        ("profile", "=", version.profile.id),
        ("version", "=", version.version),
    )
    rows.update(profile_versions, {"withdrawn_at": at}, *key)


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


def book(rows: Rows, usage: Usage) -> None:
    """Write the usage of a day, in place of what was known of it."""
    values = {**asdict(usage), "day": usage.day.isoformat()}
    key: list[Where] = [(name, "=", values[name]) for name in ("kind", "subject", "day")]
    if rows.update(usage_days, values, *key):
        return
    try:
        rows.insert(usage_days, values)
    except RowExists:
        rows.update(usage_days, values, *key)


def last_booked(rows: Rows, kind: str, subject: str) -> Usage | None:
    """Return the usage of the last day that is booked, or None."""
    found = rows.find(
        usage_days, ("kind", "=", kind), ("subject", "=", subject), order_by=("-day",), limit=1
    )
    return _usage(found[0]) if found else None


def usage_of(rows: Rows, kind: str, subject: str) -> list[Usage]:
    """Return all usage of one session, run or deployment."""
    return [
        _usage(row) for row in rows.find(usage_days, ("kind", "=", kind), ("subject", "=", subject))
    ]


def usage_between(rows: Rows, since: date, until: date, project: str | None) -> list[Usage]:
    """Return the usage of the days ``since`` to ``until``, both included."""
    where: list[Where] = [("day", ">=", since.isoformat()), ("day", "<=", until.isoformat())]
    if project is not None:
        where.append(("project", "=", project))
    return [_usage(row) for row in rows.find(usage_days, *where, order_by=("day",))]


def _version(row: Row) -> ProfileVersion:
    content = dict(row["content"])
    lists = {name: tuple(content[name]) for name in ("audiences", "environments")}
    return ProfileVersion(
        profile=Profile(**{**content, **lists}),
        version=row["version"],
        digest=row["digest"],
        published_at=row["published_at"],
        withdrawn_at=row["withdrawn_at"],
    )


def _session(row: Row) -> Session:
    values = {name: row[name] for name in Session.__dataclass_fields__}
    return Session(**{**values, "state": SessionState(row["state"])})


def _usage(row: Row) -> Usage:
    values = {name: row[name] for name in Usage.__dataclass_fields__}
    return Usage(**{**values, "day": date.fromisoformat(row["day"])})
