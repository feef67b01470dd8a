"""Reads what a run left in its folder, without trusting any name in it.

The folder belongs to the run's account while it executes: a link there could point at the
platform's own secrets. So nothing is opened through a link, and only plain files with a single
name are read.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from octavo_server.errors import Conflict

OWN = ".octavo"
SKIPPED = {"__pycache__", ".ipynb_checkpoints", ".cache", ".config", ".local"}
MOST_FILES = 1000


class EventTail:
    """The lines that have been added to the event log since the last look."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._descriptor: int | None = None
        self._rest = b""

    def lines(self, most_bytes: int = 1 << 20) -> list[str]:
        """Return the complete lines that are new; an unfinished one waits."""
        if self._descriptor is None:
            try:
                self._descriptor = _open(self._home, f"{OWN}/events.jsonl")
            except FileNotFoundError:
                return []
        self._rest += os.read(self._descriptor, most_bytes)
        *complete, self._rest = self._rest.split(b"\n")
        return [line.decode(errors="replace") for line in complete]

    def close(self) -> None:
        """Close the log."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def read(home: Path, name: str, most: int) -> bytes | None:
    """Return a plain file's bytes, None where there is none.

    Raises Conflict for a link, a device, or more than ``most`` bytes.
    """
    try:
        descriptor = _open(home, name)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Conflict(
            f"The run left a file {name!r} of more than {most} bytes.", "Write less, or elsewhere."
        )
    return content


def digest_and_size(home: Path, name: str) -> tuple[str, int]:
    """Return a plain file's SHA-256 and size. Raises Conflict as :func:`read` does."""
    with os.fdopen(_open(home, name), "rb") as file:
        found = hashlib.file_digest(file, "sha256")
        return found.hexdigest(), file.tell()


def files(home: Path, folder: str) -> Iterator[str]:
    """Yield the names (relative to ``folder``) of all plain files below it, in order.

    Links, devices and caches are left out. Raises Conflict for more than ``MOST_FILES``.
    """
    seen = 0
    base = home / folder
    for place, folders, names in os.walk(base):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(names):
            path = Path(place) / name
            if stat.S_ISREG(path.lstat().st_mode):
                seen += 1
                if seen > MOST_FILES:
                    raise Conflict(
                        f"The run left more than {MOST_FILES} files.",
                        "Write fewer, for example as one archive or Parquet dataset.",
                    )
                yield str(path.relative_to(base))


def _open(home: Path, name: str) -> int:
    """Open ``home/name`` for reading, no part of ``name`` being a link."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    *folders, last = Path(name).parts
    descriptor = os.open(home, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        for part in folders:
            inner = os.open(part, flags | os.O_DIRECTORY, dir_fd=descriptor)
            os.close(descriptor)
            descriptor = inner
        found = os.open(last, flags, dir_fd=descriptor)
    except OSError as error:
        if isinstance(error, FileNotFoundError):
            raise
        raise Conflict(
            f"The run left {name!r}, which is no plain file: {error.strerror}."
        ) from error
    finally:
        os.close(descriptor)
    facts = os.fstat(found)
    if not stat.S_ISREG(facts.st_mode) or facts.st_nlink > 1:
        os.close(found)
        raise Conflict(f"The run left {name!r}, which is a device or has a second name.")
    return found
