"""What a run left in its folders: output notebook, files, and what its kernel had loaded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from octavo_server.adapters import run_folder
from octavo_server.execution import Blobs, LeftFile, Order

MOST_OUTPUT = 64 * 2**20


@dataclass(frozen=True, kw_only=True)
class Left:
    """What a run left."""

    output: bytes | None = None
    """The output notebook."""
    files: tuple[LeftFile, ...] = ()
    """The files of its working folder, kept by digest."""
    packages: dict[str, str] | None = None
    """Distribution to version, where the order asked for it."""
    python: str | None = None
    """Version of the interpreter, where the order asked for it."""


def left_by(order: Order, place: Path, home: Path, blobs: Blobs, *, succeeded: bool) -> Left:
    """Read what a run left: ``place`` is the runner's, ``home`` the kernel's and not trusted.

    Files count only for a run that succeeded. Raises Conflict for what can't be taken.
    """
    output = run_folder.read(place, f"{run_folder.OWN}/output.ipynb", MOST_OUTPUT)
    files = _files(order, home, blobs) if succeeded else ()
    lock = _lock(order, home)
    return Left(
        output=output, files=files, packages=lock.get("packages"), python=lock.get("python")
    )


def _lock(order: Order, home: Path) -> dict[str, Any]:
    if not order.record_environment:
        return {}
    content = run_folder.read(home, "environment.json", 2**20)
    return dict(json.loads(content)) if content else {}


def _files(order: Order, home: Path, blobs: Blobs) -> tuple[LeftFile, ...]:
    found = []
    left = order.limits.disk_mib * 2**20
    for name in run_folder.files(home, "files"):
        content = run_folder.read(home, f"files/{name}", left) or b""
        left -= len(content)
        found.append(LeftFile(path=name, digest=blobs.put(content), size=len(content)))
    return tuple(found)
