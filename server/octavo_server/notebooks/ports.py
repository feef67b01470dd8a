"""What the area needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from octavo.records.notebooks import CellDiff


class NotebookDiffer(Protocol):
    """Aligns two notebooks by meaning, not by line."""

    def diff(self, old: bytes, new: bytes) -> Sequence[CellDiff]:
        """Return all cells of both, in order. Raises Unavailable when it takes too long."""


class ReleaseFiles(Protocol):
    """Immutable folders, one a release, named by digest."""

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        """Keep the files; all or none become visible, and they are on disk when it returns."""

    def read(self, digest: str) -> Mapping[str, bytes]:
        """Return all files of a release by name; nothing where there is no such folder."""


class ReleaseSigner(Protocol):
    """Signs statements; see ``adapters/signing.py``."""

    @property
    def key_id(self) -> str:
        """Name of the key."""

    def sign(self, statement_bytes: bytes) -> dict[str, Any]:
        """Return a DSSE envelope."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """Return the statement that a trusted key signed. Raises Conflict otherwise."""


class Installed(Protocol):
    """What is installed where runs execute."""

    def python(self) -> str:
        """Return the interpreter's version."""

    def versions(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return the version of each distribution; None where it isn't installed."""
