"""Saved ways to look at a project's runs, shared by its members."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Row, RowExists, Rows
from octavo_server.database.tables.experiments import run_views
from octavo_server.errors import Conflict, NotFound
from octavo_server.experiments.runs import rules
from octavo_server.identity import Caller, new_id

MOST_VIEWS: Final = 200


@dataclass(frozen=True, kw_only=True)
class ViewContent:
    """What a view shows, as somebody asks to keep it."""

    name: str
    """Its name."""
    experiment: str | None
    """Id or title of one experiment; None for all."""
    filter: str
    """The filter."""
    order_by: str
    """The order."""
    columns: tuple[str, ...]
    """The columns, left to right."""
    pins: tuple[str, ...]
    """Columns that stay in sight."""
    group_by: str | None
    """What runs are grouped by."""


@dataclass(frozen=True, kw_only=True)
class View(ViewContent):
    """A saved view."""

    view_id: str
    """Its id."""
    version: int
    """Goes up with every change."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When."""
    updated_by: str
    """Who changed it last."""
    updated_at: datetime
    """When."""


class Views:
    """Keeps views."""

    def __init__(self, database: Database, audit: AuditService) -> None:
        self._database = database
        self._audit = audit

    def listed(self, project: str) -> list[View]:
        """Return the project's views by name."""
        with self._database.read() as rows:
            found = rows.find(run_views, ("project", "=", project), order_by=("name",))
        return [_view(row) for row in found]

    def add(self, caller: Caller, project: str, content: ViewContent) -> View:
        """Keep a new view. Raises Invalid, or Conflict for a taken name or too many views."""
        check(content)
        view_id = new_id()
        with self._audit.change(
            caller, "experiments.view_saved", f"run-view:{view_id}", project
        ) as change:
            if change.rows.count(run_views, ("project", "=", project)) >= MOST_VIEWS:
                raise Conflict(
                    f"Project {project} has {MOST_VIEWS} saved views; it may have no more.",
                    "Delete one that nobody uses.",
                )
            values = {
                "id": view_id,
                "project": project,
                "version": 1,
                "created_by": caller.name,
                "created_at": change.at,
                **_values(content, change),
            }
            _write(lambda: change.rows.insert(run_views, values), content.name)
            change.note(name=content.name)
        return _view(values)

    def replace(
        self,
        caller: Caller,
        project: str,
        view_id: str,
        content: ViewContent,
        version: int | None,
    ) -> View:
        """Put ``content`` in place of a view.

        Raises Invalid, NotFound, or Conflict where ``version`` is not the stored one.
        """
        check(content)
        with self._audit.change(
            caller, "experiments.view_saved", f"run-view:{view_id[:64]}", project
        ) as change:
            kept = _kept(change.rows, project, view_id)
            if version is not None and version != kept["version"]:
                raise Conflict(
                    f"View {kept['name']!r} is at version {kept['version']} and not {version}: "
                    f"{kept['updated_by']} changed it.",
                    "Reload it, and make your change again.",
                )
            values = {**_values(content, change), "version": kept["version"] + 1}
            _write(
                lambda: change.rows.update(run_views, values, ("id", "=", view_id)), content.name
            )
            change.note(name=content.name, version=values["version"])
        return _view({**kept, **values})

    def delete(self, caller: Caller, project: str, view_id: str) -> None:
        """Forget a view. Raises NotFound."""
        with self._audit.change(
            caller, "experiments.view_deleted", f"run-view:{view_id[:64]}", project
        ) as change:
            kept = _kept(change.rows, project, view_id)
            change.rows.delete(run_views, ("id", "=", view_id))
            change.note(name=kept["name"])


def check(content: ViewContent) -> None:
    """Raise Invalid unless filter, order, columns and grouping can be read."""
    rules.tree_of(content.filter)
    rules.order_from(content.order_by)
    rules.columns_from(content.columns)
    rules.columns_from(content.pins)
    if content.group_by is not None:
        rules.field_from(content.group_by, "group_by")


def _kept(rows: Rows, project: str, view_id: str) -> Row:
    kept = rows.get(run_views, id=view_id, project=project)
    if kept is None:
        raise NotFound(
            f"Project {project} has no saved view {view_id[:64]!r}.",
            "Reload the list: somebody may have deleted it.",
        )
    return kept


def _write(write: Callable[[], object], name: str) -> None:
    try:
        write()
    except RowExists as error:
        raise Conflict(
            f"The project has a view named {name!r} already.", "Choose another name."
        ) from error


def _values(content: ViewContent, change: Change) -> dict[str, Any]:
    return {
        "name": content.name,
        "experiment": content.experiment,
        "filter": content.filter,
        "order_by": content.order_by,
        "columns": list(content.columns),
        "pins": list(content.pins),
        "group_by": content.group_by,
        "updated_by": change.caller.name,
        "updated_at": change.at,
    }


def _view(row: Mapping[str, Any]) -> View:
    kept = {name: value for name, value in row.items() if name not in {"id", "project"}}
    lists = {"columns": tuple(row["columns"]), "pins": tuple(row["pins"])}
    return View(view_id=row["id"], **{**kept, **lists})
