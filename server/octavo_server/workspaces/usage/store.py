"""Rows of metered hours and of meters.

Every interval is kept twice: in the hours of its subject, and in those of its project, which
budgets and quotas read at every start.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.usage import usage_hours, usage_meters, usage_project_hours
from octavo_server.workspaces.usage import rules
from octavo_server.workspaces.usage.metering import Meter, UsageHour

Subject = tuple[str, str]
"""Kind and identifier of what is metered."""
CUBE = ("day", "kind", "person", "project", "team", "profile", "part")
"""The sides from which a report sees usage."""
FIGURES = ("seconds", "charge_micro_eur", "waste_micro_eur")
COUNTED = ("core_seconds", "gib_seconds", "gpu_seconds")
"""What quotas count."""
OF_PROJECTS = (*COUNTED, "charge_micro_eur")


# ---- meters


def meters(rows: Rows, subjects: Collection[Subject]) -> dict[Subject, Meter]:
    """Return how far each has been metered that was; nobody else meters them meanwhile."""
    for kind, subject in sorted(subjects):
        rows.lock(f"usage:{kind}:{subject}")
    names: dict[str, list[str]] = defaultdict(list)
    for kind, subject in subjects:
        names[kind].append(subject)
    found = [
        Meter(**row)
        for kind, named in names.items()
        for row in rows.find(usage_meters, ("kind", "=", kind), ("subject", "in", named))
    ]
    return {(one.kind, one.subject): one for one in found}


def save_meters(rows: Rows, every: Iterable[Meter]) -> None:
    """Write how far each has been metered."""
    ordered = sorted(every, key=lambda one: (one.kind, one.subject))
    rows.upsert(usage_meters, [vars(one) for one in ordered])


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


def kept_by(
    rows: Rows, side: str, columns: Sequence[str], seen_after: datetime, *where: Where
) -> dict[str, Row]:
    """Return how much of ``columns`` is kept for each person or project.

    That is by what runs or waits, and was seen lately.
    """
    live: list[Where] = [("ended", "=", False), ("seen_at", ">", seen_after)]
    return {row[side]: row for row in rows.sums(usage_meters, columns, *live, *where, by=[side])}


# ---- hours


def add_hours(rows: Rows, every: Sequence[UsageHour]) -> None:
    """Add intervals to the hours of their subjects and of their projects."""
    ordered = sorted(every, key=lambda one: (one.kind, one.subject, one.hour))
    rows.upsert(usage_hours, [vars(one) for one in ordered], add=rules.ADDED)
    of_projects: dict[tuple[str, str], dict[str, Any]] = {}
    for one in every:
        nothing = {"project": one.project, "hour": one.hour, **dict.fromkeys(OF_PROJECTS, 0)}
        row = of_projects.setdefault((one.project, one.hour), nothing)
        for name in OF_PROJECTS:
            row[name] += getattr(one, name)
    totals = [of_projects[key] for key in sorted(of_projects)]
    rows.upsert(usage_project_hours, totals, add=OF_PROJECTS)


def sums(rows: Rows, columns: Sequence[str], *where: Where) -> Row:
    """Return the sums of the matching hours' columns."""
    return rows.sums(usage_hours, columns, *where)[0]


def used_by_person(
    rows: Rows, people: Collection[str], kinds: Collection[str], since: str
) -> dict[str, Row]:
    """Return for each person what they used since a UTC hour, as quotas count."""
    where: list[Where] = [("person", "in", people), ("kind", "in", kinds), ("hour", ">=", since)]
    return {row["person"]: row for row in rows.sums(usage_hours, COUNTED, *where, by=["person"])}


def used_by_project(rows: Rows, projects: Collection[str], since: str) -> dict[str, Row]:
    """Return for each project what was used since a UTC hour, as quotas count."""
    where: list[Where] = [("project", "in", projects), ("hour", ">=", since)]
    found = rows.sums(usage_project_hours, COUNTED, *where, by=["project"])
    return {row["project"]: row for row in found}


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
