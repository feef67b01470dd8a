"""Puts files that other runs left where a run finds them: beside its working folder, read-only."""

from __future__ import annotations

import os
from pathlib import Path

from octavo_server.errors import Invalid
from octavo_server.execution import Blobs, Order

INPUTS = "inputs"
KINDS_LOOK = 1 << 16


def lay_out(order: Order, home: Path, blobs: Blobs) -> None:
    """Write the order's files below ``home/inputs``; its kernel may read them and nothing else.

    Nothing of the run has been started, so no name there is anybody else's. Raises NotFound for a
    digest that isn't kept, Invalid for a path that leads elsewhere.
    """
    if not order.files:
        return
    base = home / INPUTS
    base.mkdir(mode=0o755)
    for path, digest in order.files.items():
        target = base / path
        if not target.resolve().is_relative_to(base.resolve()):
            raise Invalid(f"A file can't be handed over as {path[:200]!r}.", "Name it otherwise.")
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        target.write_bytes(blobs.get(digest))
        target.chmod(0o444)
    for folder, _, _ in os.walk(base):
        Path(folder).chmod(0o755)
