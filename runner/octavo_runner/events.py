"""The append-only log of one run: a line of JSON for each thing that happens."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

TELL_EVERY_S = 0.25
LONGEST_TOLD = 64 * 1024
"""Characters a cell that the log keeps of its streams; the output notebook has them all."""


class EventLog:
    """Appends lines; each is handed to the system at once."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", encoding="utf-8", errors="backslashreplace")

    def add(self, kind: str, **details: Any) -> None:
        """Append one line of ``kind`` with the time (UTC)."""
        line = {"kind": kind, "at": datetime.now(UTC).isoformat(), **details}
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


class StreamTeller:
    """Puts what a cell prints into the log, in pieces of a quarter of a second, up to a limit.

    Text that may be the beginning of a secret waits for the rest of it.
    """

    def __init__(self, log: EventLog, hide: Callable[[str], str], longest_secret: int) -> None:
        self._log = log
        self._hide = hide
        self._held = max(0, longest_secret - 1)
        self._cell: int | None = None
        self._waiting: dict[str, str] = {}
        self._left = LONGEST_TOLD
        self._told_at = 0.0

    def begin(self, cell: int | None) -> None:
        """Tell what comes from now on as this cell's."""
        self.finish()
        self._cell, self._left = cell, LONGEST_TOLD

    def hear(self, name: str, text: str) -> None:
        """Take a piece of the stream ``name``."""
        if self._left <= 0:
            return
        self._waiting[name] = self._waiting.get(name, "") + text[: self._left]
        self._left -= len(text)
        if self._left <= 0:
            self._waiting[name] += "\n[the rest is in the output notebook]\n"
        if time.monotonic() - self._told_at > TELL_EVERY_S:
            self._tell(hold=self._held)

    def look(self) -> None:
        """Tell what has waited long enough."""
        if self._waiting and time.monotonic() - self._told_at > TELL_EVERY_S:
            self._tell(hold=self._held)

    def finish(self) -> None:
        """Tell all that waits."""
        self._tell(hold=0)
        self._waiting.clear()

    def _tell(self, hold: int) -> None:
        for name, text in self._waiting.items():
            # Hidden first: the cut may go through a secret that is complete by now.
            clear = self._hide(text)
            ready = clear[: len(clear) - hold] if hold else clear
            if ready:
                self._log.add("stream", cell=self._cell, name=name, text=ready)
                self._waiting[name] = clear[len(ready) :]
        self._told_at = time.monotonic()
