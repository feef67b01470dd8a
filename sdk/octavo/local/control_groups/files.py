"""Reads and writes the small files by which the kernel shows its control groups."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

REMOVE_WAIT_S = 5.0


def groups_of(pid: int | str) -> dict[str, str]:
    """Return each controller's path for a process; version 2's has the empty name."""
    try:
        lines = Path(f"/proc/{pid}/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return {}
    parts = [line.split(":", 2) for line in lines]
    return {name: path for _, names, path in parts for name in names.split(",")}


def below(mount: Path, path: str) -> Path:
    """Return a group's folder; the mount itself where a container shows only part of the tree."""
    folder = mount / path.strip("/")
    return folder if folder.is_dir() else mount


def write(file: Path, value: int | str) -> None:
    """Write one value. Raises OSError when the kernel refuses it."""
    file.write_text(str(value), encoding="ascii")


def words(file: Path) -> list[str]:
    """Return the words in a file; none when it can't be read, as when the group is gone."""
    try:
        return file.read_text(encoding="ascii").split()
    except OSError:
        return []


def number(file: Path) -> int | None:
    """Return the one number in a file."""
    found = words(file)
    return int(found[0]) if found and found[0].isdecimal() else None


def pairs(file: Path) -> dict[str, int]:
    """Return a file's lines of a name and a number."""
    found = words(file)
    return {key: int(n) for key, n in zip(found[::2], found[1::2], strict=False) if n.isdecimal()}


def remove(folder: Path, wait_s: float = REMOVE_WAIT_S) -> None:
    """Remove a group; the kernel needs a moment to forget processes that have just ended."""
    deadline = time.monotonic() + wait_s
    while folder.exists():
        with contextlib.suppress(OSError):
            folder.rmdir()
            return
        if time.monotonic() >= deadline:
            return
        time.sleep(0.02)


def remove_below(place: Path) -> None:
    """Remove the groups in a folder that have no processes, and the folder if it is then empty."""
    for folder in sorted(place.iterdir()) if place.is_dir() else ():
        if folder.is_dir():
            remove(folder, wait_s=0)
    remove(place, wait_s=0)
