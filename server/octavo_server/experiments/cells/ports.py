"""What notebook versions need from outside."""

from collections.abc import Sequence
from typing import Protocol

from octavo.records.notebooks import CellDiff


class Blobs(Protocol):
    """Immutable bytes by their SHA-256."""

    def put(self, content: bytes) -> str:
        """Keep the bytes and return their digest; the same bytes are kept once."""

    def get(self, digest: str) -> bytes:
        """Return the bytes. Raises NotFound, or Conflict when they have changed on disk."""


class Differ(Protocol):
    """Aligns two notebooks by meaning, not by line."""

    def diff(self, old: bytes, new: bytes) -> Sequence[CellDiff]:
        """Return all cells of both, in order. Raises Unavailable when it takes too long."""
