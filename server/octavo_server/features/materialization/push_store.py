"""Rows of pushes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.materialization import feature_pushes
from octavo_server.features.materialization.domain import Push


def add(rows: Rows, push: Push) -> None:
    """Keep a new push with its rows."""
    values = {name: getattr(push, name) for name in Push.__dataclass_fields__}
    rows.insert(
        feature_pushes,
        values | {"views": list(push.views), "rows": [dict(one) for one in push.rows]},
    )


def online(rows: Rows, identifiers: Sequence[str], at: datetime) -> None:
    """Note that the online store has pushes."""
    if identifiers:
        rows.update(feature_pushes, {"online_at": at}, ("id", "in", list(identifiers)))


def not_online(rows: Rows, before: datetime, limit: int = 100) -> list[Push]:
    """Return pushes taken before a moment that the online store may lack, the oldest first."""
    where: tuple[Where, ...] = (("online_at", "=", None), ("pushed_at", "<", before))
    found = rows.find(feature_pushes, *where, order_by=("pushed_at", "id"), limit=limit)
    return [_push(row) for row in found]


def waiting(rows: Rows, *where: Where, limit: int) -> list[Push]:
    """Return pushes that the lake lacks, the oldest first."""
    found = rows.find(
        feature_pushes,
        ("offline_at", "=", None),
        *where,
        order_by=("pushed_at", "id"),
        limit=limit,
    )
    return [_push(row) for row in found]


def waiting_sources(rows: Rows, *where: Where) -> list[tuple[str, str]]:
    """Return project and push source of rows that the lake lacks."""
    by = ["project", "push_source"]
    found = rows.sums(feature_pushes, ["count"], ("offline_at", "=", None), *where, by=by)
    return sorted((row["project"], row["push_source"]) for row in found)


def put_into_part(rows: Rows, pushes: list[Push], part: str) -> None:
    """Fix that these pushes go to one file."""
    rows.update(feature_pushes, {"part": part}, ("id", "in", [one.id for one in pushes]))


def in_lake(rows: Rows, part: str, at: datetime) -> None:
    """Note that a file is in the lake; its rows needn't be kept here any more."""
    rows.update(feature_pushes, {"offline_at": at, "rows": None}, ("part", "=", part))


def waiting_rows(rows: Rows, project: str) -> dict[str, int]:
    """Return how many rows the lake lacks, by push source."""
    found = rows.sums(
        feature_pushes,
        ["count"],
        ("project", "=", project),
        ("offline_at", "=", None),
        by=["push_source"],
    )
    return {row["push_source"]: int(row["count"]) for row in found}


def last_pushed_at(rows: Rows, project: str, push_source: str) -> datetime | None:
    """Return when rows last came."""
    where: tuple[Where, ...] = (("project", "=", project), ("push_source", "=", push_source))
    found = rows.find(feature_pushes, *where, order_by=("-pushed_at",), limit=1)
    at: datetime | None = found[0]["pushed_at"] if found else None
    return at


def projects(rows: Rows) -> set[str]:
    """Return the projects that rows were pushed in."""
    return {row["project"] for row in rows.sums(feature_pushes, ["count"], by=["project"])}


def taken_between(rows: Rows, project: str, since: datetime, until: datetime) -> list[Push]:
    """Return the pushes of a project that were taken from one moment to another."""
    where: tuple[Where, ...] = (
        ("project", "=", project),
        ("pushed_at", ">=", since),
        ("pushed_at", "<=", until),
    )
    return [_push(row) for row in rows.find(feature_pushes, *where, order_by=("pushed_at",))]


def forget(rows: Rows, before: datetime) -> int:
    """Remove pushes that the lake has had since before a moment; return how many."""
    return rows.delete(feature_pushes, ("offline_at", "<", before))


def _push(row: Row) -> Push:
    return Push(**{**row, "views": tuple(row["views"]), "rows": row["rows"] or ()})
