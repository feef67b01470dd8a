"""What the rows of the first release become in the second: profiles, sessions and usage.

Used by migration 0002 alone. It holds the shapes of that moment and imports no area, so that later
changes of the code can't change what an upgrade does.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import rfc8785
import sqlalchemy as sa

from octavo_server.database.tables.base import UtcDateTime, json_type

Row = Mapping[str, Any]

PROFILE_VERSIONS = sa.table(
    "profile_versions",
    *(sa.column(name) for name in ("profile", "version", "digest")),
    sa.column("content", json_type()),
    *(sa.column(name, UtcDateTime()) for name in ("published_at", "withdrawn_at")),
)
SESSIONS = sa.table(
    "workspace_sessions",
    *(sa.column(name) for name in (
        "id", "person", "project", "profile", "profile_version", "state", "end_reason",
    )),
    *(sa.column(name, UtcDateTime()) for name in (
        "started_at", "metered_until", "active_at", "ended_at",
    )),
)  # fmt: skip
USAGE_DAYS = sa.table(
    "usage_days",
    *(sa.column(name) for name in (
        "kind", "subject", "day", "person", "project", "profile", "seconds", "cost_micro_eur",
    )),
)  # fmt: skip

GUARANTEED = 1 / 8
"""Part of a profile's limits that it is sure to get; the first release promised nothing."""
LONGEST_HOURS = 72.0
EXTENSION_MINUTES = 60
NOTHING_USED = dict.fromkeys(
    [f"{what}_seconds{kind}" for what in ("core", "gib", "gpu")
     for kind in ("", "_requested", "_used")], 0.0,
)  # fmt: skip


def read(bind: sa.Connection, table: sa.TableClause) -> list[Row]:
    """Return all rows of a table as the first release had it."""
    return [dict(row) for row in bind.execute(sa.select(*table.columns)).mappings()]


def write(bind: sa.Connection, name: str, rows: list[dict[str, Any]]) -> None:
    """Write rows into a new table, with the column types that the migration made."""
    if not rows:
        return
    made = sa.Table(name, sa.MetaData(), autoload_with=bind)
    # What the database gives back as a time would take one without a zone.
    columns = [
        sa.column(one.name, UtcDateTime() if isinstance(one.type, sa.DateTime) else one.type)
        for one in made.columns
    ]
    bind.execute(sa.table(name, *columns).insert(), rows)


def profile_versions(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the versions with what a profile says now, and the state of each."""
    by_profile: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_profile[row["profile"]].append(row)
    made = []
    for versions in by_profile.values():
        ordered = sorted(versions, key=lambda row: row["version"])
        for row, after in zip(ordered, [*ordered[1:], None], strict=True):
            made.append(_version(row, after))
    return made


def _version(row: Row, after: Row | None) -> dict[str, Any]:
    content = _content(row["content"], row["published_at"].date().isoformat())
    withdrawn = row["withdrawn_at"]
    state = "retired" if withdrawn else "superseded" if after else "published"
    return {
        "profile": row["profile"],
        "version": row["version"],
        "state": state,
        "digest": "sha256:" + hashlib.sha256(rfc8785.dumps(content)).hexdigest(),
        "content": content,
        "text": "",
        "author": "service:install",
        "reviewer": None,
        "reason": "Published from its file.",
        "published_at": row["published_at"],
        "ended_at": withdrawn or (after["published_at"] if after else None),
        "redirect_to": None,
        "message": "",
    }


def _content(old: Row, since: str) -> dict[str, Any]:
    kept = {name: value for name, value in old.items() if name != "price_micro_eur"}
    return {
        **kept,
        "cpu_guarantee": old["cpu"] * GUARANTEED,
        "memory_guarantee_gib": old["memory_gib"] * GUARANTEED,
        "images": [],
        "rates": [{"since": since, "micro_eur": old["price_micro_eur"]}],
        "gpu_idle_minutes": None,
        "extension_minutes": EXTENSION_MINUTES,
        "longest_hours": LONGEST_HOURS,
        "capacity": "on-demand",
        "node_selector": {},
        "tolerations": [],
        "volumes": [],
        "environment": {},
        "labels": {},
    }


def sessions(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the sessions; those that were running still are, and are their persons' only ones."""
    return [
        {
            **row,
            "open_person": row["person"] if row["state"] == "running" else None,
            "groups": [],
            "team": "",
            "image": None,
            "gpus": [],
            "pool": "",
            "requested_at": row["started_at"],
            "ready_at": row["started_at"],
            "stop_at": None,
            "stop_reason": None,
            "extended_until": None,
            "probed_at": None,
            "activity": "unknown",
            "gpu_at": None,
            "gpu_seen_at": None,
            "rescue": False,
            "incidents": [],
            "failure": None,
            "failure_text": "",
            "failure_raw": "",
        }
        for row in rows
    ]


def meters(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return a meter for each session, read up to where it had been metered."""
    return [
        {
            "kind": "session",
            "subject": row["id"],
            "person": row["person"],
            "project": row["project"],
            "team": "",
            "part": "",
            "cores": 0.0,
            "gib": 0.0,
            "gpus": 0.0,
            "until": row["metered_until"],
            "cpu_seconds": None,
            "cpu_at": None,
            "charge_rest": 0.0,
            "waste_rest": 0.0,
            "seen_at": row["metered_until"],
            "ended": row["state"] == "ended",
        }
        for row in rows
    ]


def usage_hours(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return each day's usage in the day's first hour: nobody knows the hours any more."""
    return [
        {
            "kind": row["kind"],
            "subject": row["subject"],
            "hour": f"{row['day']}T00",
            "day": row["day"],
            "person": row["person"],
            "project": row["project"],
            "team": "",
            "profile": row["profile"],
            "profile_version": 0,
            "part": "",
            "price_micro_eur": 0,
            "seconds": row["seconds"],
            **NOTHING_USED,
            "charge_micro_eur": row["cost_micro_eur"],
            "waste_micro_eur": 0,
        }
        for row in rows
    ]


def project_hours(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return the sums of projects and hours of the same."""
    sums: dict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        sums[row["project"], f"{row['day']}T00"] += row["cost_micro_eur"]
    return [
        {
            "project": project,
            "hour": hour,
            "core_seconds": 0.0,
            "gib_seconds": 0.0,
            "gpu_seconds": 0.0,
            "charge_micro_eur": charge,
        }
        for (project, hour), charge in sums.items()
    ]
