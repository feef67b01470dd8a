"""Rows as they happen: taken once, visible online at once, in the lake within a minute."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from octavo.records.materialization import Pushed, PushRequest, PushSource, PushSourceList
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound, OctavoError, TooMany
from octavo_server.features.catalog.service import CatalogService, View
from octavo_server.features.materialization import push_rules, push_store, wire
from octavo_server.features.materialization.domain import Push
from octavo_server.features.materialization.ports import OnlineWriter
from octavo_server.features.materialization.push_rules import Bucket
from octavo_server.features.places import Places
from octavo_server.identity import Caller, new_id

log = logging.getLogger("octavo.features")

PUSHES_PER_S: Final = 50.0
PUSHES_AT_ONCE: Final = 100.0
ROWS_PER_S: Final = 10_000.0
ROWS_AT_ONCE: Final = 50_000.0
MOST_WAITING: Final = 1_000_000
"""Pushed rows of a project that may wait for the lake."""
TOLD_EVERY: Final = timedelta(seconds=10)
"""How far the newest event moves before a view's freshness is written again."""
LOOK_EVERY_S: Final = 2.0
"""How long the number of waiting rows counts as known."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """The push sources of one snapshot."""

    snapshot: str
    sources: dict[str, list[View]]


class Pushes:
    """Takes rows from people and services."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        online: OnlineWriter,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._online = online
        self._places = places
        self._clock = clock
        self._known: dict[str, _Known] = {}
        self._rates = Rates(database)
        self._shown, self._news = _Shown(), _News()

    def sources(self, project: str) -> PushSourceList:
        """Return the push sources of the current snapshot, by name."""
        with self._database.read() as rows:
            waiting = push_store.waiting_rows(rows, project)
            found = [
                _source(
                    name,
                    views,
                    waiting.get(name, 0),
                    push_store.last_pushed_at(rows, project, name),
                )
                for name, views in sorted(self._sources(project).items())
            ]
        return PushSourceList(items=found)

    def push(self, caller: Caller, project: str, wanted: PushRequest) -> Pushed:
        """Take rows: keep them, and show them to online readers.

        They are kept first, so that nothing that was answered for is lost: should writing online
        fail, the worker does it seconds later. Raises NotFound, Invalid, TooMany.
        """
        self._rates.take(project, len(wanted.rows))
        views = self._views(project, wanted.push_source)
        shape = push_rules.shape(views)
        rows = push_rules.checked(wanted.rows, shape, self._clock())
        newest = push_rules.event_time(rows[-1], shape.event_column)
        names = tuple(one.name for one in views)
        subject = f"push_source:{project}/{wanted.push_source}"
        with self._audit.change(caller, "features.push", subject, project) as change:
            push = Push(
                id=new_id(),
                project=project,
                push_source=wanted.push_source,
                views=names,
                rows=rows,
                count=len(rows),
                oldest_event_at=push_rules.event_time(rows[0], shape.event_column),
                newest_event_at=newest,
                pushed_by=caller.name,
                pushed_at=change.at,
            )
            push_store.online(change.rows, self._shown.take(), change.at)
            push_store.add(change.rows, push)
            for name in self._news.moved(project, names, newest):
                self._catalog.note_freshness(change.rows, project, name, newest_event_at=newest)
            change.note(push=push.id, rows=push.count, newest=newest.isoformat())
        return self._show(push, views)

    def show(self, push: Push) -> bool:
        """Write a push where online readers see it; the worker's part. Return whether it worked.

        A view that is gone by now has no readers.
        """
        known = {one.name: one for one in self._catalog.views(push.project)}
        views = [known[name] for name in push.views if name in known]
        return self._show(push, views).online == "visible"

    def _show(self, push: Push, views: Sequence[View]) -> Pushed:
        features = self._places.snapshots(push.project)
        outdated = 0
        try:
            for view in views:
                found = self._online.write(features, view, push.rows, push.pushed_at)
                outdated = max(outdated, found)
        except OctavoError as error:
            log.warning("push %s of %s waits: %s", push.id, push.project, error.message)
            return wire.pushed(push, 0)
        self._shown.add(push.id)
        return wire.pushed(replace(push, online_at=self._clock()), outdated)

    def settle(self) -> None:
        """Keep that pushes were shown which no later push has kept; the worker's part."""
        shown = self._shown.take()
        if shown:
            with self._database.write() as rows:
                push_store.online(rows, shown, self._clock())

    def _views(self, project: str, push_source: str) -> list[View]:
        sources = self._sources(project)
        if push_source not in sources:
            there = ", ".join(sorted(sources)) or "none"
            raise NotFound(
                f"There is no push source {push_source[:100]!r} in {project}.",
                f"The current snapshot has: {there}. Declare one in the feature repository.",
            )
        return sources[push_source]

    def _sources(self, project: str) -> dict[str, list[View]]:
        """Return the views behind each push source; read again only when the snapshot changed."""
        current = self._catalog.current(project)
        if current is None:
            return {}
        known = self._known.get(project)
        if known is None or known.snapshot != current.id:
            sources: dict[str, list[View]] = {}
            for view in self._catalog.views(project):
                if view.source.push_source is not None:
                    sources.setdefault(view.source.push_source, []).append(view)
            known = self._known[project] = _Known(snapshot=current.id, sources=sources)
        return known.sources


class _Shown:
    """Pushes that were shown and not yet marked so: the next push's transaction does it.

    A process that dies before leaves them to the worker, which shows them once more; that changes
    nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ids: list[str] = []

    def add(self, identifier: str) -> None:
        """Remember one."""
        with self._lock:
            self._ids.append(identifier)

    def take(self) -> list[str]:
        """Return all, and forget them."""
        with self._lock:
            taken, self._ids = self._ids, []
        return taken


class _News:
    """Says when a view's newest event moved so far that the catalog should know."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], datetime] = {}

    def moved(self, project: str, views: Sequence[str], newest: datetime) -> list[str]:
        """Return the views of which the catalog is to be told, and take it for told."""
        found = []
        for view in views:
            known = self._known.get((project, view))
            if known is None or newest - known >= TOLD_EVERY:
                self._known[project, view] = newest
                found.append(view)
        return found


class Rates:
    """Says when a project sends too much for this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._pushes: dict[str, Bucket] = {}
        self._rows: dict[str, Bucket] = {}
        self._waiting: dict[str, tuple[float, int]] = {}

    def take(self, project: str, count: int) -> None:
        """Take one push of ``count`` rows into account. Raises TooMany."""
        now = time.monotonic()
        with self._lock:
            pushes, wait = push_rules.take(
                self._pushes.get(project), 1, PUSHES_PER_S, PUSHES_AT_ONCE, now
            )
            self._pushes[project] = pushes
            rows = self._rows.get(project)
            if not wait:
                rows, wait = push_rules.take(rows, count, ROWS_PER_S, ROWS_AT_ONCE, now)
                self._rows[project] = rows
        if wait:
            raise TooMany(
                f"{project} pushes more than {PUSHES_PER_S:.0f} times or {ROWS_PER_S:,.0f} rows a "
                "second.",
                f"Wait {math.ceil(wait * 10) / 10:.1f} s, and send more rows a push.",
            )
        if self._waits(project, now) > MOST_WAITING:
            raise TooMany(
                f"{MOST_WAITING:,} pushed rows of {project} wait for the lake already.",
                "Wait a minute; if it stays, ask whether the worker runs.",
            )

    def _waits(self, project: str, now: float) -> int:
        at, count = self._waiting.get(project, (-math.inf, 0))
        if now - at > LOOK_EVERY_S:
            with self._database.read() as rows:
                count = sum(push_store.waiting_rows(rows, project).values())
            self._waiting[project] = (now, count)
        return count


def _source(
    name: str, views: list[View], waiting: int, last_pushed_at: datetime | None
) -> PushSource:
    first = views[0]
    keys = {key: view.key_types.get(key, "String") for view in views for key in view.join_keys}
    columns = {one.name: one.dtype for view in views for one in view.features}
    return PushSource(
        name=name,
        views=sorted(view.name for view in views),
        event_column=first.source.event_column,
        columns=keys | columns,
        join_keys=list(keys),
        waiting_rows=waiting,
        last_pushed_at=last_pushed_at,
    )
