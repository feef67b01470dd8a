"""Keeps the search index of all projects in memory, and up with the read model.

A look asks the database for one number a project. Only views whose row is newer than what is kept
are read, so a search never reads the registry, nor all rows.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from octavo_server.database.rows import Database
from octavo_server.features.catalog import facets, store
from octavo_server.features.catalog.domain import Entry, View
from octavo_server.features.catalog.search import SearchIndex


@dataclass
class Shelf:
    """One project's views."""

    index: SearchIndex = field(default_factory=SearchIndex)
    """Ready to be searched."""
    revision: int = -1
    """The newest revision that is in it."""
    dated: dict[str, facets.Dated] = field(default_factory=dict)
    """View to its facets."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever searches or changes it."""

    def take(self, entries: Iterable[Entry], revision: int, snapshot: str) -> None:
        """Take in what changed; all views are those of ``snapshot``, changed or not."""
        light = [replace(entry, view=_light(entry.view)) for entry in entries]
        self.index.change(light, snapshot)
        for entry in light:
            self.dated.pop(entry.view.name, None)
        self.revision = revision

    def facets(self, name: str, now: datetime) -> Mapping[str, tuple[str, ...]]:
        """Return a view's values by facet, as of ``now``."""
        known = self.dated.get(name)
        if known is None or (known.until is not None and now >= known.until):
            known = self.dated[name] = facets.dated(self.index.entries[name], now)
        return known.values


def _light(view: View) -> View:
    """Return the view without its statistics, which nobody searches."""
    columns = tuple(replace(column, statistics=None) for column in view.features)
    return replace(view, features=columns)


class LiveIndex:
    """The shelves of all projects."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._shelves: dict[str, Shelf] = {}
        self._refreshing = threading.Lock()

    def shelves(self, projects: Iterable[str]) -> dict[str, Shelf]:
        """Return the projects' shelves as they are now; a project without features has none."""
        wanted = frozenset(projects)
        with self._database.read() as rows:
            states = {one.project: one.revision for one in store.states(rows)}
        late = {
            name: revision
            for name, revision in states.items()
            if name in wanted and self._revision(name) < revision
        }
        for name in late:
            self._catch_up(name)
        return {name: self._shelves[name] for name in wanted if name in self._shelves}

    def shelf(self, project: str) -> Shelf:
        """Return one project's shelf; an empty one without features."""
        return self.shelves((project,)).get(project) or Shelf()

    def _revision(self, project: str) -> int:
        shelf = self._shelves.get(project)
        return shelf.revision if shelf else -1

    def _catch_up(self, project: str) -> None:
        """Take in what changed; who comes at the same time waits for it."""
        with self._refreshing:
            shelf = self._shelves.get(project) or Shelf()
            with self._database.read() as rows:
                revision = store.state(rows, project).revision
                if shelf.revision >= revision:
                    return
                entries = store.changed(rows, project, shelf.revision)
                made = store.current(rows, project)
            with shelf.lock:
                shelf.take(entries, revision, made.id if made else "")
            self._shelves[project] = shelf
