"""What happens in an attempt, kept for those who watch: cells, errors, and what cells print."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from octavo_server.database.rows import Database
from octavo_server.execution import Happening
from octavo_server.pipelines.runs import store
from octavo_server.pipelines.runs.domain import Event, Run

NOTE_EVERY_S: Final = 0.2
"""Events are written at most this often."""
MOST_PRINTED: Final = 1_000_000
"""Characters of streams that are kept of an attempt; the output notebook has the rest."""
LONGEST_MESSAGE: Final = 1_000
LONGEST_LOG: Final = 20_000
"""Characters of one event of a stream."""
REST: Final = "[the rest is in the output notebook]"
TOLD: Final = frozenset({"cell_started", "cell_finished", "error", "stream"})


class Following:
    """Keeps what happens in an attempt for those who watch."""

    def __init__(self, database: Database, run: Run) -> None:
        self._database = database
        self._run = run
        self._pending: list[Event] = []
        self._next = 0.0
        self._cell = self._cells = 0
        self._left = MOST_PRINTED

    def happened(self, happening: Happening) -> None:
        """Take a happening in; several that come at once are written at once."""
        self._cells = happening.cells or self._cells
        if happening.kind == "cell_finished" and happening.cell is not None:
            self._cell = happening.cell + 1
        if happening.kind in TOLD:
            self._add(event_of(happening, self._run.attempts))
        self.keep()

    def keep(self, *, at_once: bool = False) -> None:
        """Write what is new, unless something was written just now."""
        if not self._pending or (time.monotonic() < self._next and not at_once):
            return
        self._next = time.monotonic() + NOTE_EVERY_S
        with self._database.write() as rows:
            for event in self._pending:
                store.add_event(rows, self._run.id, event)
            store.note_progress(rows, self._run.id, self._cell, self._cells)
        self._pending = []

    def _add(self, event: Event) -> None:
        if event.kind != "log":
            self._pending.append(event)
            return
        if self._left <= 0 or not event.message:
            return
        self._left -= len(event.message)
        if self._left <= 0:
            event = replace(event, message=f"{event.message}\n{REST}\n")
        last = self._pending[-1] if self._pending else None
        if last and last.kind == "log" and last.cell == event.cell:
            joined = last.message + event.message
            if len(joined) <= LONGEST_LOG:
                self._pending[-1] = replace(last, message=joined)
                return
        self._pending.append(event)


def event_of(happening: Happening, attempt: int) -> Event:
    """Return what people are told of a happening; a piece of a stream becomes ``log``."""
    details = happening.details
    message = str(details.get("text", ""))
    if happening.kind == "error":
        message = f"{details.get('ename')}: {details.get('evalue')}"
    memory = details.get("memory_mib")
    stream = happening.kind == "stream"
    return Event(
        kind="log" if stream else happening.kind,
        at=happening.at,
        attempt=attempt,
        cell=happening.cell,
        cells=happening.cells,
        seconds=happening.seconds,
        memory_mib=float(memory) if isinstance(memory, int | float) else None,
        message=message[: LONGEST_LOG if stream else LONGEST_MESSAGE],
    )
