"""What a workspace's server says: kept in a file for admins, its last lines for a failure."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import deque
from pathlib import Path

KEPT_LINES = 60
LARGEST_FILE_BYTES = 1024 * 1024
"""A file over this size is set aside; one older part is kept. So nobody can fill the disk."""
LONGEST_LINE = 2_000
PIECE_BYTES = 65_536


class LastWords:
    """Takes in what one server writes, for as long as somebody holds the writing end."""

    def __init__(self, file: Path) -> None:
        """Take the file; it and its folder are for the services' account alone."""
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = file
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._half = b""
        self._reading, self.writing = os.pipe()
        os.set_blocking(self._reading, False)
        asyncio.get_running_loop().add_reader(self._reading, self._take)

    def lines(self) -> tuple[str, ...]:
        """Return the last lines, oldest first, with what has arrived by now."""
        self._take()
        rest = [self._half.decode(errors="replace")] if self._half else []
        return (*self._lines, *rest)

    def close_writing(self) -> None:
        """Let go of the writing end, once the server has it."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def close(self) -> None:
        """Stop listening. What was kept stays readable."""
        self.close_writing()
        if self._reading >= 0:
            self._take()
        self._stop()

    def _take(self) -> None:
        while self._reading >= 0:
            try:
                piece = os.read(self._reading, PIECE_BYTES)
            except BlockingIOError:
                return
            if not piece:
                self._stop()
                return
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        *whole, self._half = (self._half + piece).split(b"\n")
        self._half = self._half[:LONGEST_LINE]
        self._lines.extend(line[:LONGEST_LINE].decode(errors="replace") for line in whole)
        # A disk that is full costs the log, not the workspace.
        with contextlib.suppress(OSError):
            if self._file.exists() and self._file.stat().st_size > LARGEST_FILE_BYTES:
                self._file.replace(self._file.with_suffix(".old.log"))
            with self._file.open("ab") as file:
                file.write(piece)

    def _stop(self) -> None:
        if self._reading >= 0:
            asyncio.get_running_loop().remove_reader(self._reading)
            os.close(self._reading)
            self._reading = -1
