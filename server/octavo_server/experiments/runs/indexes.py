"""Keeps the index of each project that somebody looks at, and keeps it up with the read model."""

import logging
import threading
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.errors import StillReading
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.index.project import ProjectIndex

#: Runs that are read in one transaction.
BATCH: Final = 2_000
#: Seconds that a question waits for an index that is being read.
LONGEST_WAIT_S: Final = 20.0
#: Runs of all projects together that are held, where no setting says otherwise.
MOST_RUNS: Final = 1_000_000
logger = logging.getLogger(__name__)


class Indexes:
    """The indexes by project, the one that was asked for last at the end."""

    def __init__(self, database: Database, most: int = MOST_RUNS) -> None:
        """Take what they are read from, and how many runs they hold together."""
        self._database = database
        self._most = most
        self._known: dict[str, Upkeep] = {}
        self._lock = threading.Lock()

    def of(self, project: str, revision: int) -> ProjectIndex:
        """Return the project's index with all changes up to ``revision`` in it.

        The first call reads the whole project. Raises StillReading while another call does.
        """
        with self._lock:
            upkeep = self._known.pop(project, None) or Upkeep(self._database, project)
            self._known[project] = upkeep
        found = upkeep.at(revision)
        self._drop()
        return found

    def _drop(self) -> None:
        """Let go of what was asked for longest ago; what was asked for last stays, however large.

        Whoever reads a dropped one still has it, and the next question reads it anew.
        """
        with self._lock:
            held = sum(one.size for one in self._known.values())
            for project in list(self._known)[:-1]:
                if held <= self._most:
                    return
                dropped = self._known.pop(project)
                held -= dropped.size
                logger.info("the %s runs of %s leave the memory", f"{dropped.size:,}", project)


class Upkeep:
    """One project's index and how far it has read."""

    def __init__(self, database: Database, project: str) -> None:
        self._database = database
        self._project = project
        self._index = ProjectIndex()
        self._place = (0, "")
        self._revision = -1
        self._reading = threading.Lock()

    @property
    def size(self) -> int:
        """How many runs it holds."""
        return self._index.size

    def at(self, revision: int) -> ProjectIndex:
        """Return the index, read up to ``revision``. Raises StillReading."""
        if self._revision >= revision:
            return self._index
        if not self._reading.acquire(timeout=LONGEST_WAIT_S):
            raise StillReading(
                f"The runs of project {self._project} are being read; "
                f"{self._index.size:,} are known so far.",
                "Try again in a few seconds.",
            )
        try:
            if self._revision < revision:
                self._read(revision)
        finally:
            self._reading.release()
        return self._index

    def _read(self, revision: int) -> None:
        if self._index.worn:
            self._index, self._place = ProjectIndex(), (0, "")
        more = True
        while more:
            with self._database.read() as rows:
                found = store.indexed_after(rows, self._project, *self._place, BATCH)
                titles = store.titles(rows, self._project)
            self._index.take(found, titles)
            more = len(found) == BATCH
            if found:
                self._place = (found[-1].revision, found[-1].run_id)
        self._revision = revision
