"""Which worker processes live, in the database: heartbeats, and one lock a machine."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, Any

from octavo_server.database.rows import Database
from octavo_server.database.tables.pipelines import workers
from octavo_server.errors import Conflict
from octavo_server.identity import new_id

DEAD_AFTER = timedelta(seconds=60)
KEPT = timedelta(days=7)


class WorkerRows:
    """This process among the workers."""

    def __init__(self, database: Database, lock_file: Path, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._lock_file = lock_file
        self._clock = clock
        self._lock: IO[bytes] | None = None
        self._id = new_id()

    @property
    def own_id(self) -> str:
        """Id of this process; another one at each start."""
        return self._id

    def enter(self) -> None:
        """Begin to be seen. Raises Conflict while another worker of this machine lives.

        The lock ends with its holder, so whoever gets it knows that all others here are dead.
        """
        self._lock_file.parent.mkdir(parents=True, exist_ok=True)
        self._lock = self._lock_file.open("ab")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(
                f"Another worker is at work here: it holds {self._lock_file}.",
                "Stop it first; one worker a machine is enough.",
            ) from None
        now, host = self._clock(), socket.gethostname()
        with self._database.write() as rows:
            rows.update(workers, {"ended_at": now}, ("host", "=", host), ("ended_at", "=", None))
            rows.delete(workers, ("seen_at", "<", now - KEPT))
            rows.insert(
                workers,
                {
                    "id": self._id,
                    "host": host,
                    "pid": os.getpid(),
                    "started_at": now,
                    "seen_at": now,
                    "ended_at": None,
                    "tasks": {},
                },
            )

    def beat(self, tasks: Mapping[str, Any]) -> None:
        """Say that this process lives, and how its periodic tasks do."""
        values = {"seen_at": self._clock(), "tasks": dict(tasks)}
        with self._database.write() as rows:
            rows.update(workers, values, ("id", "=", self._id))

    def leave(self) -> None:
        """Say that this process is about to end."""
        with self._database.write() as rows:
            rows.update(workers, {"ended_at": self._clock()}, ("id", "=", self._id))
        if self._lock is not None:
            self._lock.close()

    def lives(self, worker: str) -> bool:
        """Return whether that worker process may still be at work."""
        with self._database.read() as rows:
            row = rows.get(workers, id=worker)
        if row is None or row["ended_at"] is not None:
            return False
        return bool(row["seen_at"] > self._clock() - DEAD_AFTER)
