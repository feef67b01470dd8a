"""Rows of metered hours and of meters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.usage import usage_hours, usage_meters
from octavo_server.workspaces.usage import rules
from octavo_server.workspaces.usage.domain import Meter, UsageHour

CUBE = ("day", "kind", "person", "project", "team", "profile", "part")
"""The sides from which a report sees usage."""
FIGURES = ("seconds", "charge_micro_eur", "waste_micro_eur")


def meter(rows: Rows, kind: str, subject: str) -> Meter | None:
    """Return how far something has been metered, or None; nobody else meters it meanwhile."""
    rows.lock(f"usage:{kind}:{subject}")
    row = rows.get(usage_meters, kind=kind, subject=subject)
    return Meter(**row) if row else None


def save_meter(rows: Rows, one: Meter) -> None:
    """Write how far something has been metered."""
    values = asdict(one)
    key: list[Where] = [("kind", "=", one.kind), ("subject", "=", one.subject)]
    if rows.update(usage_meters, values, *key):
        return
    try:
        rows.insert(usage_meters, values)
    except RowExists:
        rows.update(usage_meters, values, *key)


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


def kept(rows: Rows, column: str, seen_after: datetime, *where: Where) -> float:
    """Return how much of ``column`` is kept by what runs or waits and was seen lately."""
    live: list[Where] = [("ended", "=", False), ("seen_at", ">", seen_after)]
    return float(rows.sums(usage_meters, [column], *live, *where)[0][column])


def add_hour(rows: Rows, hour: UsageHour) -> None:
    """Add an interval to its hour."""
    key: list[Where] = [(name, "=", getattr(hour, name)) for name in ("kind", "subject", "hour")]
    found = rows.get(usage_hours, kind=hour.kind, subject=hour.subject, hour=hour.hour)
    if found is None:
        rows.insert(usage_hours, asdict(hour))
        return
    grown = rules.added(UsageHour(**found), hour)
    rows.update(usage_hours, {name: getattr(grown, name) for name in rules.ADDED}, *key)


def sums(rows: Rows, columns: Sequence[str], *where: Where) -> Row:
    """Return the sums of the matching hours' columns."""
    return rows.sums(usage_hours, columns, *where)[0]


def charge(rows: Rows, *where: Where) -> int:
    """Return what the matching hours cost, in millionths of a euro."""
    return int(sums(rows, ["charge_micro_eur"], *where)["charge_micro_eur"])


def charges_by(rows: Rows, column: str, *where: Where) -> dict[str, int]:
    """Return what the matching hours cost for each value of ``column``."""
    found = rows.sums(usage_hours, ["charge_micro_eur"], *where, by=[column])
    return {row[column]: int(row["charge_micro_eur"]) for row in found}


def cube(rows: Rows, *where: Where) -> list[Row]:
    """Return the matching hours summed up by all sides of a report."""
    return rows.sums(usage_hours, FIGURES, *where, by=CUBE)


def hours_of_day(rows: Rows, day: str, *where: Where) -> list[UsageHour]:
    """Return the matching hours of one UTC day, in order of time."""
    found = rows.find(usage_hours, ("day", "=", day), *where, order_by=("hour", "kind", "subject"))
    return [UsageHour(**row) for row in found]


def seconds_by_person(rows: Rows, profile: str, first_day: str) -> dict[str, float]:
    """Return the metered seconds of a profile since a UTC day for each person."""
    where: list[Where] = [("profile", "=", profile), ("day", ">=", first_day)]
    found = rows.sums(usage_hours, ["seconds"], *where, by=["person"])
    return {row["person"]: float(row["seconds"]) for row in found}
