"""Enters folders below a root step by step, so that no link on the way leads elsewhere."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
"""Without waiting: what claims to be a file may be a pipe that nobody writes."""

READABLE: Final = 0o755
"""Outputs are read by the project's people, as the rest of its lake; the services alone write."""


@contextmanager
def entered(root: Path, parts: Sequence[str], *, create: bool = False) -> Iterator[int]:
    """Give a folder's descriptor; with ``create`` what is missing below ``root`` is made.

    Raises OSError: FileNotFoundError where nothing is, ENOTDIR for a link or a file on the way.
    """
    at = os.open(root, FOLDER)
    try:
        for part in parts:
            if create:
                _make(at, part)
            below = os.open(part, FOLDER, dir_fd=at)
            os.close(at)
            at = below
        yield at
    finally:
        os.close(at)


def opened(root: Path, parts: Sequence[str]) -> int:
    """Return the descriptor of a file below ``root``. Raises OSError, also for a link."""
    with entered(root, parts[:-1]) as folder:
        return os.open(parts[-1], FILE, dir_fd=folder)


def write_durably(folder: int, name: str, content: bytes, mode: int = 0o444) -> None:
    """Write a file into a folder, whole or not at all; replaces what is there."""
    part = f".{name}.part"
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(part, new, 0o600, dir_fd=folder), "wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), mode)
        os.fsync(file.fileno())
    os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    os.fsync(folder)


def _make(folder: int, name: str) -> None:
    try:
        os.mkdir(name, READABLE, dir_fd=folder)
        os.chmod(name, READABLE, dir_fd=folder)
    except FileExistsError:
        return
    os.fsync(folder)
