"""The worker's part of pushes: into the lake, online again where that failed, repaired."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists, Where
from octavo_server.errors import OctavoError
from octavo_server.features.catalog.service import CatalogService, Snapshot
from octavo_server.features.materialization import push_store
from octavo_server.features.materialization.domain import Push, Reason, Target
from octavo_server.features.materialization.ports import PushedFiles
from octavo_server.features.materialization.pushes import Pushes
from octavo_server.features.materialization.service import MaterializationService
from octavo_server.features.places import Places
from octavo_server.identity import new_id, service_caller

log = logging.getLogger("octavo.features")

OFFLINE_WITHIN: Final = timedelta(seconds=60)
"""How long rows wait for others that go into the same file."""
ENOUGH: Final = 20_000
"""So many rows don't wait."""
MOST_PUSHES: Final = 2_000
"""Pushes of a push source that are looked at in one go."""
ONLINE_WITHIN: Final = timedelta(seconds=3)
"""A push that isn't online after this was left behind."""
KEPT: Final = timedelta(hours=3)
"""How long a push is remembered after the lake has it."""
BUILDS_WITHIN: Final = timedelta(hours=2)
"""A snapshot that became current was not begun longer ago than this."""


class PushedRows:
    """Called by the worker every few seconds."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        jobs: MaterializationService,
        pushes: Pushes,
        files: PushedFiles,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._jobs = jobs
        self._pushes = pushes
        self._files = files
        self._places = places
        self._clock = clock
        self._turn = threading.Lock()
        self._projects: set[str] = set()
        self._seen: dict[str, str] = {}

    def step(self) -> None:
        """Do what is due: show, write to the lake, repair, forget."""
        now = self._clock()
        with self._database.read() as rows:
            hidden = push_store.not_online(rows, now - ONLINE_WITHIN)
            if not self._seen:  # at the start, and while nobody pushes
                self._projects |= push_store.projects(rows)
        for push in hidden:
            self._pushes.show(push)
        self._pushes.settle()
        self.flush(None, now)
        self._repair()
        with self._database.write() as rows:
            push_store.forget(rows, now - KEPT)

    def flush(self, project: str | None, now: datetime, *, at_once: bool = False) -> int:
        """Write waiting rows to the lake, file by file; return how many files.

        Which rows go to a file is fixed before it is written, so that a kill between both makes the
        same file again. ``at_once`` waits for no others. Calls take turns: of two at once each
        would put the same rows into a file of its own.
        """
        where: list[Where] = [("project", "=", project)] if project else []
        with self._turn:
            with self._database.read() as rows:
                sources = push_store.waiting_sources(rows, *where)
            self._projects |= {one for one, _ in sources}
            # Source by source: one that takes no files keeps nobody else's rows waiting.
            return sum(self._flush(*source, now, at_once=at_once) for source in sources)

    def _flush(self, project: str, push_source: str, now: datetime, *, at_once: bool) -> int:
        of: tuple[Where, ...] = (("project", "=", project), ("push_source", "=", push_source))
        with self._database.read() as rows:
            found = push_store.waiting(rows, *of, limit=MOST_PUSHES)
        written = sum(self._write(part, pushes) for part, pushes in _by_part(found).items())
        fresh = [one for one in found if one.part is None]
        due = bool(fresh) and (at_once or fresh[0].pushed_at <= now - OFFLINE_WITHIN)
        if due or sum(one.count for one in fresh) >= ENOUGH:
            part = new_id()
            with self._database.write() as rows:
                push_store.put_into_part(rows, fresh, part)
            written += self._write(part, fresh)
        return written

    def _write(self, part: str, pushes: list[Push]) -> bool:
        """Write one file of the lake; its view may be gone, and then nobody will read it."""
        first = pushes[0]
        view = next(
            (
                one
                for one in self._catalog.views(first.project)
                if one.source.push_source == first.push_source
            ),
            None,
        )
        try:
            if view is not None:
                created = view.source.created_column
                values = [
                    {**row, **({created: push.pushed_at.isoformat()} if created else {})}
                    for push in pushes
                    for row in push.rows
                ]
                place = self._places.lake(first.project) / view.source.path
                self._files.append(place, part, values)
        except OctavoError as error:
            log.warning("pushed rows of %s wait: %s", first.push_source, error.message)
            return False
        with self._database.write() as rows:
            push_store.in_lake(rows, part, self._clock())
        return view is not None

    # ---- repair

    def _repair(self) -> None:
        """Materialise again what was pushed while a snapshot was built that is current now.

        Publishing writes the tables of changed views anew from what the lake had then.
        """
        for project in sorted(self._projects):
            current = self._catalog.current(project)
            if current is None or self._seen.get(project) == current.id:
                continue
            until = current.published_at
            with self._database.read() as rows:
                mine = push_store.taken_between(rows, project, until - BUILDS_WITHIN, until)
            for view in sorted({name for one in mine for name in one.views}):
                if view in current.views:
                    since = min(one.oldest_event_at for one in mine if view in one.views)
                    self._ask(project, current, view, since)
            self._seen[project] = current.id

    def _ask(self, project: str, current: Snapshot, view: str, since: datetime) -> None:
        """Ask for a repair, once a snapshot and view."""
        subject = f"feature_view:{project}/{view}"
        key = hashlib.sha256(f"{project} {current.id} {view}".encode()).hexdigest()[:32]
        caller = service_caller("worker", project)
        found = self._catalog.view(project, view)
        try:
            with self._audit.change(caller, "features.push_repair", subject, project) as change:
                length = change.at - since
                job = self._jobs.new(
                    project,
                    Target(kind="view", name=view),
                    [found],
                    since,
                    change.at,
                    length,
                    Reason.PUSH_REPAIR,
                    requested_by=caller.name,
                    at=change.at,
                    schedule=key,
                    tick=current.published_at,
                    message="Rows were pushed while the current snapshot was built.",
                )
                self._jobs.add(change, job)
        except RowExists:
            log.info("the repair of %s/%s was asked for already", project, view)


def _by_part(pushes: list[Push]) -> dict[str, list[Push]]:
    found: dict[str, list[Push]] = {}
    for one in pushes:
        if one.part is not None:
            found.setdefault(one.part, []).append(one)
    return found
