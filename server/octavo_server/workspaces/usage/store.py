"""Rows of metered hours and of meters.

Every interval is kept twice: in the hours of its subject, and in those of its project, which
budgets and quotas read at every start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.usage import usage_hours, usage_meters, usage_project_hours
from octavo_server.workspaces.usage import rules
from octavo_server.workspaces.usage.domain import Meter, UsageHour

CUBE = ("day", "kind", "person", "project", "team", "profile", "part")
"""The sides from which a report sees usage."""
FIGURES = ("seconds", "charge_micro_eur", "waste_micro_eur")
COUNTED = ("core_seconds", "gib_seconds", "gpu_seconds")
"""What quotas count."""
OF_PROJECTS = (*COUNTED, "charge_micro_eur")


# ---- meters


def meter(rows: Rows, kind: str, subject: str) -> Meter | None:
    """Return how far something has been metered, or None; nobody else meters it meanwhile."""
    rows.lock(f"usage:{kind}:{subject}")
    row = rows.get(usage_meters, kind=kind, subject=subject)
    return Meter(**row) if row else None


def add_meter(rows: Rows, one: Meter) -> None:
    """Write a new meter."""
    rows.insert(usage_meters, asdict(one))


def save_meter(rows: Rows, one: Meter) -> None:
    """Write how far something has been metered."""
    key: list[Where] = [("kind", "=", one.kind), ("subject", "=", one.subject)]
    rows.update(usage_meters, asdict(one), *key)


def newest_meter(rows: Rows, person: str, project: str) -> Meter | None:
    """Return the meter of a person's newest workspace in a project, or None."""
    found = rows.find(
        usage_meters,
        ("kind", "=", "session"),
        ("person", "=", person),
        ("project", "=", project),
        order_by=("-seen_at",),
        limit=1,
    )
    return Meter(**found[0]) if found else None


def kept(rows: Rows, columns: Sequence[str], seen_after: datetime, *where: Where) -> Row:
    """Return how much of ``columns`` is kept by what runs or waits and was seen lately."""
    live: list[Where] = [("ended", "=", False), ("seen_at", ">", seen_after)]
    return rows.sums(usage_meters, columns, *live, *where)[0]


# ---- hours


def add_hour(rows: Rows, hour: UsageHour) -> None:
    """Add an interval to the hours of its subject and of its project."""
    values = asdict(hour)
    key: list[Where] = [(name, "=", values[name]) for name in ("kind", "subject", "hour")]
    if not rows.increase(usage_hours, {name: values[name] for name in rules.ADDED}, *key):
        rows.insert(usage_hours, values)
    amounts = {name: values[name] for name in OF_PROJECTS}
    of: dict[str, object] = {"project": hour.project, "hour": hour.hour}
    key = [(name, "=", value) for name, value in of.items()]
    if rows.increase(usage_project_hours, amounts, *key):
        return
    try:
        rows.insert(usage_project_hours, {**of, **amounts})
    except RowExists:
        rows.increase(usage_project_hours, amounts, *key)  # another workspace was first


def sums(rows: Rows, columns: Sequence[str], *where: Where) -> Row:
    """Return the sums of the matching hours' columns."""
    return rows.sums(usage_hours, columns, *where)[0]


def sums_of_project(rows: Rows, project: str, since: str) -> Row:
    """Return what a project used since a UTC hour, as quotas count."""
    where: list[Where] = [("project", "=", project), ("hour", ">=", since)]
    return rows.sums(usage_project_hours, COUNTED, *where)[0]


def charge(rows: Rows, project: str | None, since: str, until: str | None = None) -> int:
    """Return the cost of a project, or of all, from one UTC hour to another, both included."""
    found = rows.sums(usage_project_hours, ["charge_micro_eur"], *_of(project, since, until))
    return int(found[0]["charge_micro_eur"])


def charges_by_hour(rows: Rows, project: str, since: str) -> dict[str, int]:
    """Return the cost of each UTC hour of a project."""
    found = rows.find(usage_project_hours, *_of(project, since, None))
    return {row["hour"]: row["charge_micro_eur"] for row in found}


def charges_by_project(rows: Rows, since: str) -> dict[str, int]:
    """Return the cost of each project since a UTC hour."""
    found = rows.sums(
        usage_project_hours, ["charge_micro_eur"], *_of(None, since, None), by=["project"]
    )
    return {row["project"]: int(row["charge_micro_eur"]) for row in found}


def _of(project: str | None, since: str, until: str | None) -> list[Where]:
    where: list[Where] = [("hour", ">=", since)]
    where += [("hour", "<=", until)] if until is not None else []
    where += [("project", "=", project)] if project is not None else []
    return where


def cube(rows: Rows, *where: Where) -> list[Row]:
    """Return the matching hours summed up by all sides of a report."""
    return rows.sums(usage_hours, FIGURES, *where, by=CUBE)


def seconds_by_person(rows: Rows, profile: str, first_day: str) -> dict[str, float]:
    """Return the metered seconds of a profile since a UTC day for each person."""
    where: list[Where] = [("profile", "=", profile), ("day", ">=", first_day)]
    found = rows.sums(usage_hours, ["seconds"], *where, by=["person"])
    return {row["person"]: float(row["seconds"]) for row in found}


def hours_of_day(rows: Rows, day: str, *where: Where) -> list[UsageHour]:
    """Return the matching hours of one UTC day, in order of time."""
    found = rows.find(usage_hours, ("day", "=", day), *where, order_by=("hour", "kind", "subject"))
    return [UsageHour(**row) for row in found]
