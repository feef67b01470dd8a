"""Rows of what happened to views: their versions, who read them, what keeping them fresh cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from octavo_server.database.rows import Rows, Where
from octavo_server.database.tables.features import feature_costs, feature_uses, feature_versions
from octavo_server.features.catalog import versions as rules
from octavo_server.features.catalog.domain import Cost, Read, Snapshot, Version, View

MOST_VERSIONS = 100
MOST_USES = 2_000
"""Rows of use that are read for one view."""
KEPT_FOR = timedelta(days=400)
"""How long reads are remembered."""


def versions(rows: Rows, project: str, view: str, limit: int = MOST_VERSIONS) -> list[Version]:
    """Return the definitions that a view had, newest first."""
    where: list[Where] = [("project", "=", project), ("view", "=", view)]
    found = rows.find(feature_versions, *where, order_by=("-number",), limit=limit)
    own = Version.__dataclass_fields__
    return [Version(**{name: row[name] for name in own}) for row in found]


def newest(rows: Rows, project: str) -> dict[str, Version]:
    """Return the newest definition of every view that the project ever had."""
    found = rows.find(feature_versions, ("project", "=", project), order_by=("number",))
    own = Version.__dataclass_fields__
    return {row["view"]: Version(**{name: row[name] for name in own}) for row in found}


def keep_versions(rows: Rows, made: Snapshot, views: Sequence[View]) -> None:
    """Write a version of each view whose definition ``made`` changed, or that it took away."""
    known = newest(rows, made.project)
    wanted = {view.name: rules.definition(view) for view in views}
    for name, definition in wanted.items():
        last = known.get(name)
        if last is None or last.removed or last.definition != definition:
            _add(rows, made, name, (last.number if last else 0) + 1, definition, removed=False)
    for name, last in known.items():
        if name not in wanted and not last.removed:
            _add(rows, made, name, last.number + 1, dict(last.definition), removed=True)


def _add(
    rows: Rows,
    made: Snapshot,
    view: str,
    number: int,
    definition: dict[str, object],
    *,
    removed: bool,
) -> None:
    values = {
        "project": made.project,
        "view": view,
        "number": number,
        "snapshot": made.id,
        "published_at": made.published_at,
        "published_by": made.published_by,
        "reason": made.reason,
        "removed": removed,
        "definition": definition,
    }
    rows.insert(feature_versions, values)


def count_reads(rows: Rows, reads: Iterable[Read]) -> None:
    """Add reads to those of the same reader on the same day."""
    summed: dict[tuple[str, ...], dict[str, object]] = {}
    for read in reads:
        day = read.at.date().isoformat()
        key = (read.project, read.view, day, read.how, read.person, read.subject)
        before = summed.get(key)
        count = int(str(before["count"])) if before else 0
        summed[key] = {
            "project": read.project,
            "view": read.view,
            "day": day,
            "how": read.how,
            "person": read.person,
            "subject": read.subject,
            "service": read.service,
            "columns": list(read.columns),
            "last_at": read.at,
            "count": count + read.count,
        }
    # Sorted, so that two transactions that count the same readers don't wait in a circle.
    rows.upsert(feature_uses, [summed[key] for key in sorted(summed)], add=("count",))


def reads_since(rows: Rows, project: str, view: str, since: datetime) -> list[Read]:
    """Return a view's reads since a moment, one a reader and day, newest first."""
    where: list[Where] = [
        ("project", "=", project),
        ("view", "=", view),
        ("last_at", ">=", since),
    ]
    found = rows.find(feature_uses, *where, order_by=("-last_at",), limit=MOST_USES)
    return [
        Read(
            project=project,
            view=view,
            columns=tuple(row["columns"]),
            how=row["how"],
            person=row["person"],
            at=row["last_at"],
            service=row["service"],
            subject=row["subject"],
            count=row["count"],
        )
        for row in found
    ]


def forget_reads(rows: Rows, before: datetime) -> int:
    """Remove reads that are older than anybody asks for; return how many rows went."""
    return rows.delete(feature_uses, ("last_at", "<", before))


def book_cost(rows: Rows, project: str, view: str, at: datetime, cost: Cost) -> None:
    """Add what materialising a view cost to its day."""
    row = {
        "project": project,
        "view": view,
        "day": at.date().isoformat(),
        "materializations": cost.materializations,
        "seconds": cost.seconds,
        "micro_eur": cost.micro_eur,
    }
    rows.upsert(feature_costs, [row], add=("materializations", "seconds", "micro_eur"))


def cost_since(rows: Rows, project: str, view: str, since: datetime) -> Cost:
    """Return what materialising a view cost since a day."""
    columns = ("materializations", "seconds", "micro_eur")
    where: list[Where] = [
        ("project", "=", project),
        ("view", "=", view),
        ("day", ">=", since.date().isoformat()),
    ]
    [total] = rows.sums(feature_costs, columns, *where)
    return Cost(**{name: total[name] for name in columns})
