"""Keeps scoring telemetry in memory for a moment and writes it in batches."""

from __future__ import annotations

import logging
import threading
from collections import deque

from octavo_server.database.rows import Database
from octavo_server.deployments.serving import store
from octavo_server.deployments.serving.domain import Scored

EVERY_S = 1.0
"""Seconds between two writes."""
MOST = 20_000
"""Records that wait at most; older ones are dropped first, and counted."""

log = logging.getLogger("octavo.deployments.telemetry")


class TelemetryBuffer:
    """A bounded queue with one writer thread; scoring never waits for the database."""

    def __init__(self, database: Database, every_s: float = EVERY_S) -> None:
        self._database = database
        self._every_s = every_s
        self._waiting: deque[Scored] = deque(maxlen=MOST)
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()
        self.dropped = 0
        """Records that were dropped because the database was too slow."""

    def add(self, scored: Scored) -> None:
        """Queue one record; the first one starts the writer."""
        if len(self._waiting) == MOST:
            self.dropped += 1
        self._waiting.append(scored)
        if self._writer is None:
            self._start()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            if batch:
                with self._database.write() as rows:
                    store.add_scored(rows, batch)

    def close(self) -> None:
        """Stop the writer and write the rest."""
        self._closed.set()
        if self._writer is not None:
            self._writer.join()
        self.flush()

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._run, name="scoring-telemetry", daemon=True
                )
                self._writer.start()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self.flush()
            except Exception:
                # A lost batch must not end telemetry for good; the cause is in the log.
                log.exception("a batch of scoring telemetry was lost")
