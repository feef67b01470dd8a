"""Counts who reads features: in memory for a moment, then written in one batch."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from octavo_server.database.rows import Database, Rows
from octavo_server.features.catalog import history_store, store
from octavo_server.features.catalog.domain import Entry, Read

EVERY_S = 2.0
"""Seconds between two writes."""
MOST = 20_000
"""Reads that wait at most; the oldest are dropped first."""
PEOPLE_WITHIN = timedelta(days=30)
"""Who read a view within this time counts as one of its readers."""
WORTH_WRITING = timedelta(minutes=1)
"""A newer use changes a view's row only when it is newer by this much."""
_NO_PERSON = ("run:", "service:")

log = logging.getLogger("octavo.features.uses")


class UseBook:
    """A bounded queue of reads with one writer thread; a reader never waits for the database."""

    def __init__(
        self, database: Database, clock: Callable[[], datetime], every_s: float = EVERY_S
    ) -> None:
        self._database = database
        self._clock = clock
        self._every_s = every_s
        self._waiting: deque[Read] = deque(maxlen=MOST)
        self._writing = threading.Lock()
        self._starting = threading.Lock()
        self._closed = threading.Event()
        self._writer: threading.Thread | None = None

    def add(self, read: Read) -> None:
        """Queue one read; the first one starts the writer."""
        self._waiting.append(read)
        if self._writer is None:
            self._start()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if batch:
                self.write(batch)

    def write(self, reads: Sequence[Read]) -> None:
        """Count reads and say on the views' rows that they are used."""
        with self._database.write() as rows:
            history_store.count_reads(rows, reads)
            touched = dict.fromkeys((read.project, read.view) for read in reads)
            for project in dict.fromkeys(project for project, _ in touched):
                self._note(rows, project, [view for one, view in touched if one == project])

    def count_people_again(self, project: str) -> None:
        """Let people who read a view long ago count no more."""
        with self._database.read() as rows:
            found = [one for one in store.changed(rows, project, -1) if one.standing.people]
        with self._database.write() as rows:
            self._note(rows, project, [one.view.name for one in found])

    def close(self) -> None:
        """Stop the writer and write the rest."""
        self._closed.set()
        if self._writer is not None:
            self._writer.join()
        self.flush()

    def _note(self, rows: Rows, project: str, views: Iterable[str]) -> None:
        entries = [found for view in views if (found := store.entry(rows, project, view))]
        changed = [made for entry in entries if (made := self._used(rows, entry)) != entry]
        if not changed:
            return
        revision = store.bump(rows, project)
        for made in changed:
            store.note(rows, project, made.view.name, made.standing, revision)

    def _used(self, rows: Rows, entry: Entry) -> Entry:
        """Return the entry with its newest use, when that is news."""
        since = self._clock() - PEOPLE_WITHIN
        reads = history_store.reads_since(rows, entry.view.project, entry.view.name, since)
        people = len({one.person for one in reads if not one.person.startswith(_NO_PERSON)})
        newest, before = reads[0].at if reads else None, entry.standing.last_used_at
        is_news = newest is not None and (before is None or newest - before >= WORTH_WRITING)
        if not is_news and people == entry.standing.people:
            return entry
        last = newest if before is None or (newest and newest > before) else before
        standing = replace(entry.standing, people=people, last_used_at=last)
        return replace(entry, standing=standing)

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(target=self._run, name="feature-uses", daemon=True)
                self._writer.start()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self.flush()
            except Exception:
                # A lost batch must not end the counting for good; the cause is in the log.
                log.exception("a batch of feature reads was lost")
