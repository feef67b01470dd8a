"""What features a project has: search, detail, history, consumers, use, snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from octavo_server.audit.service import Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import NotFound
from octavo_server.features.catalog import (
    consumption,
    history_store,
    rules,
    search,
    store,
    versions,
)
from octavo_server.features.catalog.domain import (
    Consumer,
    Cost,
    Difference,
    Entry,
    IndexState,
    Read,
    Snapshot,
    Version,
    View,
    Windows,
)
from octavo_server.features.catalog.facets import Choices, Division, Facet
from octavo_server.features.catalog.index import LiveIndex, Shelf
from octavo_server.features.catalog.search import Hit
from octavo_server.features.catalog.uses import UseBook
from octavo_server.features.places import Places
from octavo_server.identity import Caller
from octavo_server.lineage.service import Graph, LineageService

__all__ = ["CatalogService", "Cost", "Entry", "Hit", "Snapshot", "View", "view_node"]

USES_WITHIN = timedelta(days=90)
COST_WITHIN = timedelta(days=30)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A page of what a search found."""

    hits: tuple[Hit, ...]
    """The views on this page, best first."""
    total: int
    """Views found in all."""
    columns: int
    """Features of the views found."""
    facets: tuple[Facet, ...]
    """How the found views divide."""
    unknown: tuple[str, ...]
    """Words for which there is nothing at all."""


@dataclass(frozen=True, kw_only=True)
class Detail:
    """All that is known about a view."""

    entry: Entry
    """The view."""
    consumers: tuple[Consumer, ...]
    """What was made from it."""
    reads: tuple[Read, ...]
    """Who read it, one a reader and subject, newest first."""
    cost: Cost
    """What materialising it cost lately."""
    version: Version | None
    """Its current definition."""
    state: IndexState
    """How far the read model is, and what is wrong."""


class CatalogService:
    """The discovery index of all projects' current snapshots."""

    def __init__(
        self,
        database: Database,
        lineage: LineageService,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._lineage = lineage
        self._places = places
        self._clock = clock
        self._live = LiveIndex(database)
        self.uses = UseBook(database, clock)

    def now(self) -> datetime:
        """Return the moment that ages are told by."""
        return self._clock()

    def find(self, project: str, query: str) -> list[Hit]:
        """Return the project's views that match ``query``, best first; all of them without one."""
        shelf, wanted = self._live.shelf(project), search.asked_words(query)
        with shelf.lock:
            scores = shelf.index.scores(wanted)
            ordered = sorted(scores, key=lambda name: (-scores[name], name))
            return [shelf.index.hit(name, scores[name], wanted) for name in ordered]

    def search(
        self, projects: Iterable[str], query: str, choices: Choices, offset: int, limit: int
    ) -> Found:
        """Search the views of several projects and divide what was found by its properties."""
        now, wanted, division = self._clock(), search.asked_words(query), Division(choices)
        shelves = self._live.shelves(projects)
        passed: list[tuple[float, str, str]] = []
        columns = 0
        for project, shelf in shelves.items():
            with shelf.lock:
                for name, score in shelf.index.scores(wanted).items():
                    if division.take(shelf.facets(name, now)):
                        passed.append((-score, project, name))
                        columns += len(shelf.index.entries[name].view.features)
        passed.sort()
        hits = []
        for score, project, name in passed[offset : offset + limit]:
            shelf = shelves[project]
            with shelf.lock:
                hits.append(shelf.index.hit(name, -score, wanted))
        unknown = [word for word in wanted if not any(map(_knower(word), shelves.values()))]
        return Found(
            hits=tuple(hits),
            total=len(passed),
            columns=columns,
            facets=division.facets(),
            unknown=tuple(unknown),
        )

    def view(self, project: str, name: str) -> View:
        """Return one view of the current snapshot, with its statistics. Raises NotFound."""
        return self.entry(project, name).view

    def entry(self, project: str, name: str) -> Entry:
        """Return one view and its standing. Raises NotFound."""
        with self._database.read() as rows:
            return self._entry(rows, project, name)

    def views(self, project: str) -> list[View]:
        """Return the project's views by name, without their statistics."""
        shelf = self._live.shelf(project)
        with shelf.lock:
            return [entry.view for entry in shelf.index.entries.values()]

    def detail(self, project: str, name: str) -> Detail:
        """Return all that is known about a view. Raises NotFound."""
        now = self._clock()
        with self._database.read() as rows:
            entry = self._entry(rows, project, name)
            reads = history_store.reads_since(rows, project, name, now - USES_WITHIN)
            cost = history_store.cost_since(rows, project, name, now - COST_WITHIN)
            known = history_store.versions(rows, project, name, limit=1)
            state = store.state(rows, project)
        return Detail(
            entry=entry,
            consumers=tuple(self.consumers(entry.view)),
            reads=rules.by_reader(reads),
            cost=cost,
            version=known[0] if known else None,
            state=state,
        )

    def consumers(self, view: View) -> list[Consumer]:
        """Return what was made from ``view``: services, then whatever used them."""
        graph = self.lineage(view.project, view.name)
        relations = {edge.target: edge.relation for edge in graph.edges}
        return [
            Consumer(node=one.id, kind=one.kind, name=one.label, relation=relations[one.id])
            for one in graph.nodes
            if one.distance > 0 and one.id in relations
        ]

    def lineage(self, project: str, name: str) -> Graph:
        """Return what a view is made from and what is made from it, without other views' heirs."""
        node, depth = view_node(project, name), consumption.DEPTH
        graph = self._lineage.around(project, node, depth, consumption.directly)
        if consumption.says_who_reads(graph):
            return graph
        return self._lineage.around(project, node, depth)

    def history(self, project: str, name: str) -> tuple[View, Windows | None]:
        """Return a view and how its values change over event time. Raises NotFound."""
        with self._database.read() as rows:
            return self._entry(rows, project, name).view, store.windows(rows, project, name)

    def versions(self, project: str, name: str) -> list[tuple[Version, list[Difference]]]:
        """Return the definitions that a view had and what each changed, newest first.

        A view that is gone has them too. Raises NotFound for one that never was.
        """
        with self._database.read() as rows:
            found = history_store.versions(rows, project, name)
            if not found:
                self._entry(rows, project, name)
        return list(versions.steps(found))

    def version_in(self, project: str, view: str, snapshot: str) -> int | None:
        """Return which definition of a view a snapshot holds; None where it isn't known."""
        with self._database.read() as rows:
            made = store.snapshot(rows, project, snapshot)
            found = history_store.versions(rows, project, view) if made else []
        own = [one for one in found if one.snapshot == snapshot]
        at = own or [one for one in found if made and one.published_at <= made.published_at]
        return at[0].number if at and not at[0].removed else None

    def state(self, project: str) -> IndexState:
        """Return how far the read model is, and what doesn't agree with the registry."""
        with self._database.read() as rows:
            return store.state(rows, project)

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
        # Views that stay as they were are of the new snapshot too: whoever keeps them must know.
        store.bump(change.rows, made.project)
        self._take(change.rows, made, views)

    def replace(self, project: str, views: Sequence[View], snapshot: str | None = None) -> bool:
        """Take the views of the current snapshot, read again; tell whether it still is current.

        ``snapshot`` names the one that was read; another one may have become current since.
        """
        with self._database.write() as rows:
            made = store.current(rows, project)
            if made is None or (snapshot is not None and made.id != snapshot):
                return False
            self._take(rows, made, views)
        return True

    def _take(self, rows: Rows, made: Snapshot, views: Sequence[View]) -> None:
        bounded = [rules.bounded(view) for view in views]
        store.replace_views(rows, made.project, bounded, made.published_at)
        history_store.keep_versions(rows, made, bounded)
        read_at = min((view.freshness.checked_at for view in views), default=self._clock())
        store.save_state(rows, replace(store.state(rows, made.project), indexed_at=read_at))

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

    def used(
        self,
        project: str,
        view: str,
        columns: Sequence[str],
        *,
        how: str,
        caller: Caller,
        subject: str = "",
    ) -> None:
        """Count a read of ``view``; costs nothing, and is written a moment later."""
        self.uses.add(
            Read(
                project=project,
                view=view,
                columns=tuple(columns),
                how=how,
                person=caller.name,
                at=self._clock(),
                subject=subject,
            )
        )

    def count(self, project: str, reads: Sequence[Read]) -> int:
        """Count reads that a process tells of; return how many name a view of the project."""
        known = {view.name for view in self.views(project)}
        counted = [read for read in reads if read.view in known]
        if counted:
            self.uses.write(counted)
        return len(counted)

    def book_cost(
        self, rows: Rows, project: str, view: str, at: datetime, seconds: float, micro_eur: int
    ) -> None:
        """Add what materialising ``view`` once cost, in the transaction ``rows``."""
        cost = Cost(materializations=1, seconds=seconds, micro_eur=micro_eur)
        history_store.book_cost(rows, project, view, at, cost)

    def _entry(self, rows: Rows, project: str, name: str) -> Entry:
        found = store.entry(rows, project, name)
        if found is None:
            raise NotFound(f"There is no feature view {name[:100]!r} in {project}.")
        return found


def _knower(word: str) -> Callable[[Shelf], bool]:
    """Return whether a shelf has anything like ``word``."""

    def knows(shelf: Shelf) -> bool:
        with shelf.lock:
            return bool(shelf.index.answers(word))

    return knows


def view_node(project: str, view: str) -> str:
    """Return a view's node in the lineage graph."""
    return f"feature_view:{project}/{view}"
