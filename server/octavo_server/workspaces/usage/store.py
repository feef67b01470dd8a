"""Rows of usage."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.usage import usage_days
from octavo_server.workspaces.usage.domain import Usage


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


def _usage(row: Row) -> Usage:
    values = {name: row[name] for name in Usage.__dataclass_fields__}
    return Usage(**{**values, "day": date.fromisoformat(row["day"])})
