"""Rows of snapshots and of the discovery index."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.features import feature_snapshots, feature_views
from octavo_server.features.catalog.domain import Column, Freshness, Snapshot, Source, View

_OWN = ("project", "snapshot", "name", "description", "owner")


def current(rows: Rows, project: str) -> Snapshot | None:
    """Return the project's current snapshot."""
    row = rows.get(feature_snapshots, project=project, current=True)
    return _snapshot(row) if row else None


def snapshot(rows: Rows, project: str, digest: str) -> Snapshot | None:
    """Return one published snapshot."""
    row = rows.get(feature_snapshots, project=project, id=digest)
    return _snapshot(row) if row else None


def publish(rows: Rows, made: Snapshot) -> None:
    """Make ``made`` the project's current snapshot."""
    own: Where = ("project", "=", made.project)
    rows.update(feature_snapshots, {"current": False}, own, ("current", "=", True))
    values = {**asdict(made), "views": list(made.views), "services": list(made.services)}
    values["current"] = True
    if not rows.update(feature_snapshots, values, own, ("id", "=", made.id)):
        rows.insert(feature_snapshots, values)


def replace_views(rows: Rows, project: str, views: Sequence[View]) -> None:
    """Make ``views`` the project's whole index."""
    rows.delete(feature_views, ("project", "=", project))
    for view in views:
        rows.insert(feature_views, _values(view))


def views(rows: Rows, project: str) -> list[View]:
    """Return the project's views by name."""
    found = rows.find(feature_views, ("project", "=", project), order_by=("name",))
    return [_view(row) for row in found]


def view(rows: Rows, project: str, name: str) -> View | None:
    """Return one view."""
    row = rows.get(feature_views, project=project, name=name)
    return _view(row) if row else None


def _values(view: View) -> Row:
    whole = asdict(view)
    freshness = whole.pop("freshness")
    values = {name: whole.pop(name) for name in _OWN}
    return {**values, **freshness, "definition": whole}


def _view(row: Row) -> View:
    return view_from(
        row["definition"],
        freshness=Freshness(
            newest_event_at=row["newest_event_at"],
            materialized_until=row["materialized_until"],
            checked_at=row["checked_at"],
        ),
        **{name: row[name] for name in _OWN},
    )


def view_from(definition: Mapping[str, Any], *, freshness: Freshness, **own: str) -> View:
    """Return the view that a JSON ``definition`` describes."""
    return View(
        **own,
        tags=definition["tags"],
        entities=tuple(definition["entities"]),
        join_keys=tuple(definition["join_keys"]),
        key_types=definition["key_types"],
        ttl_seconds=definition["ttl_seconds"],
        features=tuple(Column(**one) for one in definition["features"]),
        source=Source(**definition["source"]),
        services=tuple(definition["services"]),
        freshness=freshness,
    )


def _snapshot(row: Row) -> Snapshot:
    values = {name: row[name] for name in Snapshot.__dataclass_fields__}
    return Snapshot(**{**values, "views": tuple(row["views"]), "services": tuple(row["services"])})
