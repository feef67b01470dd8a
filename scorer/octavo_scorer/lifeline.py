"""Ties the scorer's life to its parent's, and takes the secret that the parent sends.

The parent holds the other end of the scorer's standard input.  The first line is the secret, so
that it stands in no environment, argument or file; the end of the stream means that the parent
is gone, however it went.  (Linux' parent-death signal would follow the parent's *thread*.)
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from octavo_scorer.errors import Unavailable

SECRET_CHARACTERS = 32
"""Least length of a secret."""


def secret_from(source: str) -> str:
    """Return the secret from the file ``source``, or from standard input for ``-``."""
    text = sys.stdin.readline() if source == "-" else Path(source).read_text("utf-8")
    secret = text.strip()
    if len(secret) < SECRET_CHARACTERS:
        raise Unavailable(
            f"The secret from {source!r} has {len(secret)} characters.",
            f"Give at least {SECRET_CHARACTERS}.",
        )
    return secret


def end_with_parent() -> None:
    """Watch standard input in a thread; exit at once when it ends."""

    def watch() -> None:
        while sys.stdin.readline():
            continue
        os._exit(0)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()
