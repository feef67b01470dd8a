"""Keeps audit checkpoints in an append-only file beside the database."""

from __future__ import annotations

import json
import os
from pathlib import Path


class CheckpointFile:
    """One checkpoint a line, as a JSON string; each is on disk before ``add`` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, note: str) -> None:
        """Append one checkpoint."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        handle = os.open(self._path, flags, 0o600)
        try:
            os.write(handle, (json.dumps(note) + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def notes(self) -> list[str]:
        """Return all kept checkpoints, oldest first; none where no file is yet."""
        if not self._path.exists():
            return []
        return [json.loads(line) for line in self._path.read_text().splitlines() if line]
