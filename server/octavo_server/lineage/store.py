"""Rows of the lineage graph."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from octavo_server.database.rows import Rows, Where
from octavo_server.database.tables.lineage import lineage_edges
from octavo_server.database.tables.proof import openlineage_cursors
from octavo_server.lineage.domain import Edge


def add(rows: Rows, edge: Edge) -> None:
    """Write an edge; an edge that is there already stays as it was first recorded."""
    found = rows.get(lineage_edges, source=edge.source, target=edge.target, relation=edge.relation)
    if found is None:
        rows.insert(lineage_edges, {n: getattr(edge, n) for n in Edge.__dataclass_fields__})


def into(rows: Rows, project: str, targets: Collection[str]) -> list[Edge]:
    """Return the project's edges that end at ``targets``."""
    where: list[Where] = [("project", "=", project), ("target", "in", list(targets))]
    return [Edge(**row) for row in rows.find(lineage_edges, *where, order_by=("at",))]


def out_of(rows: Rows, project: str, sources: Collection[str]) -> list[Edge]:
    """Return the project's edges that start at ``sources``."""
    where: list[Where] = [("project", "=", project), ("source", "in", list(sources))]
    return [Edge(**row) for row in rows.find(lineage_edges, *where, order_by=("at",))]


def after(rows: Rows, since: datetime, until: datetime, limit: int) -> list[Edge]:
    """Return edges of all projects that were recorded after ``since``, the oldest first."""
    where: list[Where] = [("at", ">", since), ("at", "<=", until)]
    found = rows.find(lineage_edges, *where, order_by=("at", "source", "target"), limit=limit)
    return [Edge(**row) for row in found]


def cursor(rows: Rows, sink: str) -> tuple[datetime, int] | None:
    """Return up to which time a sink has been told, and how many events that were."""
    row = rows.get(openlineage_cursors, sink=sink)
    return (row["at"], row["sent"]) if row else None


def move_cursor(rows: Rows, sink: str, at: datetime, sent: int) -> None:
    """Keep how far a sink is."""
    values = {"at": at, "sent": sent}
    if not rows.update(openlineage_cursors, values, ("sink", "=", sink)):
        rows.insert(openlineage_cursors, {"sink": sink, **values})


def every(rows: Rows, project: str) -> list[Edge]:
    """Return all edges of the project."""
    return [Edge(**row) for row in rows.find(lineage_edges, ("project", "=", project))]
