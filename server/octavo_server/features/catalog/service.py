"""What features a project has: search, detail, consumers, snapshots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from octavo_server.audit.service import Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import NotFound
from octavo_server.features.catalog import search, store
from octavo_server.features.catalog.domain import Consumer, Hit, Snapshot, View
from octavo_server.features.places import Places
from octavo_server.lineage.service import LineageService

__all__ = ["CatalogService", "Snapshot", "View", "view_node"]


class CatalogService:
    """The discovery index of all projects' current snapshots."""

    def __init__(self, database: Database, lineage: LineageService, places: Places) -> None:
        self._database = database
        self._lineage = lineage
        self._places = places

    def find(self, project: str, query: str) -> list[Hit]:
        """Return the views that match ``query``, best first; all of them without one."""
        with self._database.read() as rows:
            views = store.views(rows, project)
        return search.search(views, query)

    def view(self, project: str, name: str) -> View:
        """Return one view of the current snapshot. Raises NotFound."""
        with self._database.read() as rows:
            found = store.view(rows, project, name)
        if found is None:
            raise NotFound(f"There is no feature view {name[:100]!r} in {project}.")
        return found

    def views(self, project: str) -> list[View]:
        """Return the project's views by name."""
        with self._database.read() as rows:
            return store.views(rows, project)

    def consumers(self, view: View) -> list[Consumer]:
        """Return what was made from ``view``: services, then whatever used them."""
        graph = self._lineage.around(view.project, view_node(view.project, view.name), 3)
        relations = {edge.target: edge.relation for edge in graph.edges}
        return [
            Consumer(node=one.id, kind=one.kind, name=one.label, relation=relations[one.id])
            for one in graph.nodes
            if one.distance > 0 and one.id in relations
        ]

    def snapshot(self, project: str) -> Snapshot:
        """Return the current snapshot. Raises NotFound before the first publication."""
        found = self.current(project)
        if found is None:
            raise NotFound(
                f"No features were published in {project} yet.", "Ask a project admin to publish."
            )
        return found

    def current(self, project: str) -> Snapshot | None:
        """Return the current snapshot, or None before the first publication."""
        with self._database.read() as rows:
            return store.current(rows, project)

    def current_in(self, change: Change, project: str) -> Snapshot | None:
        """Return the current snapshot as ``change`` sees it."""
        return store.current(change.rows, project)

    def folder(self, project: str, snapshot: str) -> Path:
        """Return where a published snapshot lies. Raises NotFound for one that never was."""
        with self._database.read() as rows:
            if store.snapshot(rows, project, snapshot) is None:
                raise NotFound(f"There is no feature snapshot {snapshot[:64]!r} in {project}.")
        return self._places.snapshots(project) / snapshot

    def record(self, change: Change, made: Snapshot, views: Sequence[View]) -> None:
        """Make ``made`` the project's current snapshot, inside the change that decided it."""
        store.publish(change.rows, made)
        store.replace_views(change.rows, made.project, views)

    def replace(self, project: str, views: Sequence[View]) -> None:
        """Take the views of the current snapshot, read again."""
        with self._database.write() as rows:
            store.replace_views(rows, project, views)

    def note_freshness(
        self,
        rows: Rows,
        project: str,
        view: str,
        *,
        newest_event_at: datetime | None = None,
        materialized_until: datetime | None = None,
    ) -> None:
        """Move a view's freshness figures on, inside the transaction that made it fresher."""
        figures = {"newest_event_at": newest_event_at, "materialized_until": materialized_until}
        store.move_freshness(rows, project, view, figures)


def view_node(project: str, view: str) -> str:
    """Return a view's node in the lineage graph."""
    return f"feature_view:{project}/{view}"
