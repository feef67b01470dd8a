"""Rows of snapshots and of the discovery index."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.features import (
    feature_index,
    feature_snapshots,
    feature_views,
    feature_windows,
)
from octavo_server.features.catalog.domain import (
    Column,
    Entry,
    Freshness,
    IndexState,
    Problem,
    Snapshot,
    Source,
    Standing,
    View,
    Windows,
)

_OWN = ("project", "snapshot", "name", "description", "owner")
_CHANGING = ("description", "owner", "definition", "newest_event_at", "materialized_until")
_STANDING = tuple(field.name for field in fields(Standing))


def current(rows: Rows, project: str) -> Snapshot | None:
    """Return the project's current snapshot."""
    row = rows.get(feature_snapshots, project=project, current=True)
    return _snapshot(row) if row else None


def currents(rows: Rows) -> list[Snapshot]:
    """Return the current snapshots of all projects."""
    found = rows.find(feature_snapshots, ("current", "=", True), order_by=("project",))
    return [_snapshot(row) for row in found]


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


def replace_views(
    rows: Rows, project: str, views: Sequence[View], published_at: datetime | None = None
) -> bool:
    """Make ``views`` the project's whole index; tell whether anything but their age changed.

    Only rows that differ get a new revision, so that readers take in what changed and no more.
    """
    kept = {row["name"]: row for row in rows.find(feature_views, ("project", "=", project))}
    wanted = {view.name: _moved_on(kept.get(view.name), _values(view)) for view in views}
    gone = [name for name, row in kept.items() if name not in wanted and not row["removed"]]
    new = [name for name, values in wanted.items() if _differs(kept.get(name), values)]
    if gone or new:
        revision = bump(rows, project)
        for name in gone:
            _update(rows, project, name, {"removed": True, "revision": revision})
        for name in new:
            _write(rows, kept.get(name), {**wanted[name], "revision": revision}, published_at)
    for name in wanted.keys() - set(new):
        values = {one: wanted[name][one] for one in ("snapshot", "checked_at")}
        if kept[name]["published_at"] is None:
            values["published_at"] = published_at
        _update(rows, project, name, values)
    _keep_windows(rows, [view for view in views if view.history is not None])
    return bool(gone or new)


def _differs(row: Row | None, values: Row) -> bool:
    if row is None or row["removed"]:
        return True
    return any(row[name] != values[name] for name in _CHANGING)


def _moved_on(row: Row | None, values: Row) -> Row:
    """Return the values with freshness that jobs and pushes brought since the registry was built.

    A snapshot never changes, so it knows nothing of them; a view of another shape starts anew.
    """
    if row is None or row["removed"] or _shape(row["definition"]) != _shape(values["definition"]):
        return values
    pushed = values["definition"]["source"].get("push_source") is not None
    figures = ("materialized_until", *(("newest_event_at",) if pushed else ()))
    kept = {name: row[name] for name in figures if row[name]}
    newer = {name: at for name, at in kept.items() if not values[name] or at > values[name]}
    return {**values, **newer}


def _shape(definition: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what decides whether stored values still belong to a view."""
    columns = [(one["name"], one["dtype"]) for one in definition["features"]]
    return definition["join_keys"], definition["key_types"], columns


def _write(rows: Rows, kept: Row | None, values: Row, published_at: datetime | None) -> None:
    if kept is None:
        rows.insert(feature_views, {**values, "published_at": published_at})
        return
    if kept["published_at"] is None:
        values = {**values, "published_at": published_at}
    _update(rows, values["project"], values["name"], {**values, "removed": False})


def _update(rows: Rows, project: str, name: str, values: Mapping[str, Any]) -> None:
    rows.update(feature_views, values, ("project", "=", project), ("name", "=", name))


def _keep_windows(rows: Rows, views: Iterable[View]) -> None:
    every = [
        {
            "project": view.project,
            "view": view.name,
            "computed_at": view.freshness.checked_at,
            "columns": dict(view.history or {}),
        }
        for view in views
    ]
    rows.upsert(feature_windows, every)


def windows(rows: Rows, project: str, view: str) -> Windows | None:
    """Return how a view's values change over event time."""
    row = rows.get(feature_windows, project=project, view=view)
    return Windows(computed_at=row["computed_at"], columns=row["columns"]) if row else None


def views(rows: Rows, project: str) -> list[View]:
    """Return the project's views by name."""
    where: list[Where] = [("project", "=", project), ("removed", "=", False)]
    return [_view(row) for row in rows.find(feature_views, *where, order_by=("name",))]


def entry(rows: Rows, project: str, name: str) -> Entry | None:
    """Return one view of the current snapshot."""
    row = rows.get(feature_views, project=project, name=name, removed=False)
    return _entry(row) if row else None


def changed(rows: Rows, project: str, after: int) -> list[Entry]:
    """Return the views that changed after revision ``after``, removed ones too, in its order."""
    where: list[Where] = [("project", "=", project), ("revision", ">", after)]
    return [_entry(row) for row in rows.find(feature_views, *where, order_by=("revision", "name"))]


def note(rows: Rows, project: str, name: str, standing: Standing, revision: int) -> None:
    """Keep what is known of a view besides its registry."""
    _update(rows, project, name, {**asdict(standing), "revision": revision})


def move_freshness(
    rows: Rows, project: str, name: str, figures: Mapping[str, datetime | None]
) -> None:
    """Take those figures that are newer than what is kept; freshness never goes back."""
    row = rows.get(feature_views, project=project, name=name, removed=False)
    if row is None:
        return
    newer = {key: at for key, at in figures.items() if at and (not row[key] or at > row[key])}
    if newer:
        _update(rows, project, name, {**newer, "revision": bump(rows, project)})


def states(rows: Rows) -> list[IndexState]:
    """Return how far the read models of all projects are."""
    return [_state(row) for row in rows.find(feature_index)]


def state(rows: Rows, project: str) -> IndexState:
    """Return how far the read model of a project is."""
    row = rows.get(feature_index, project=project)
    return _state(row) if row else IndexState(project=project)


def save_state(rows: Rows, made: IndexState) -> None:
    """Keep how far the read model of a project is."""
    rows.upsert(feature_index, [{**asdict(made), "problems": _problems_json(made.problems)}])


def bump(rows: Rows, project: str) -> int:
    """Return the project's next revision and keep it; revisions become readable in their order."""
    rows.lock(f"feature-index:{project}")
    known = state(rows, project)
    save_state(rows, replace(known, revision=known.revision + 1))
    return known.revision + 1


def _problems_json(problems: Iterable[Problem]) -> list[dict[str, str]]:
    return [{**asdict(one), "since": one.since.isoformat()} for one in problems]


def _state(row: Row) -> IndexState:
    problems = tuple(
        Problem(**{**one, "since": datetime.fromisoformat(one["since"])}) for one in row["problems"]
    )
    return IndexState(**{**row, "problems": problems})


def _values(view: View) -> Row:
    whole = asdict(replace(view, history=None))
    del whole["history"]
    freshness = whole.pop("freshness")
    values = {name: whole.pop(name) for name in _OWN}
    return {**values, **freshness, "definition": _as_json(whole)}


def _as_json(value: Any) -> Any:
    """Return ``value`` as JSON gives it back, so that it can be compared with what was read."""
    if isinstance(value, Mapping):
        return {str(key): _as_json(one) for key, one in value.items()}
    return [_as_json(one) for one in value] if isinstance(value, list | tuple) else value


def _entry(row: Row) -> Entry:
    standing = Standing(**{name: row[name] for name in _STANDING})
    return Entry(
        view=_view(row), standing=standing, revision=row["revision"], removed=row["removed"]
    )


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
        online=definition.get("online", True),
        cadence_seconds=definition.get("cadence_seconds"),
        history=definition.get("history"),
    )


def _snapshot(row: Row) -> Snapshot:
    values = {name: row[name] for name in Snapshot.__dataclass_fields__}
    return Snapshot(**{**values, "views": tuple(row["views"]), "services": tuple(row["services"])})
