"""What the worker and the process that holds the scorers tell each other, and what both run."""

from __future__ import annotations

import functools
import hashlib
import socket
import struct
import time
from pathlib import Path
from typing import Literal

import msgspec

import octavo.local
import octavo_scorer
from octavo import __version__
from octavo_server.adapters.scorer_processes import Lent, Seen, Start

MOST_BYTES = 1 << 20
"""Bytes of a question, and of an answer."""
SOCKET, LOCK = "keeper/s", "keeper/lock"
"""Places below the installation's folder; the folder is the services' own."""


class Order(msgspec.Struct, frozen=True):
    """What the worker wants; every release understands ``known`` and ``close``."""

    verb: Literal["start", "look", "stop", "known", "close"]
    scorer: str = ""
    start: Start | None = None


class Answer(msgspec.Struct, frozen=True):
    """What became of it; every release says its release."""

    release: str = ""
    """Release that the keeper runs; empty: it didn't say one that is understood."""
    seen: Seen | None = None
    known: dict[str, Lent] = {}
    error: str = ""
    """Why it couldn't be done."""


@functools.cache
def release() -> str:
    """Return the version with a digest of the code that scorers and their keeper run.

    The version alone doesn't change with every change in development, nor where Octavo runs from a
    checkout: there a new worker would go on with scorers of code that is gone.
    """
    digest = hashlib.sha256()
    scorer, local = Path(octavo_scorer.__file__).parent, Path(octavo.local.__file__).parent
    adapters = Path(__file__).parent
    files = [*scorer.rglob("*.py"), *local.rglob("*.py"), *adapters.glob("scorer_*.py")]
    for path in sorted([*files, adapters / "model_lending.py"]):
        digest.update(f"{path.name}\0".encode() + path.read_bytes() + b"\0")
    return f"{__version__}+{digest.hexdigest()[:12]}"


def read_all(line: socket.socket, within_s: float) -> bytes:
    """Return all that comes until the other side has said everything.

    Raises TimeoutError when that isn't within the seconds, OSError for too much of it.
    """
    until = time.monotonic() + within_s
    parts: list[bytes] = []
    size = 0
    while True:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError(f"not everything within {within_s:g} s")
        line.settimeout(left)
        data = line.recv(1 << 16)
        if not data:
            return b"".join(parts)
        parts.append(data)
        size += len(data)
        if size > MOST_BYTES:
            raise OSError(f"more than {MOST_BYTES:,} bytes")


def other_side(line: socket.socket) -> tuple[int, int]:
    """Return process and user at the other end, as the kernel says it."""
    said = line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    process, user, _ = struct.unpack("3i", said)
    return int(process), int(user)
