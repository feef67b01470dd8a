"""What the catalog needs from outside: the registry's files and the engine that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from octavo_server.features.catalog.domain import Reading


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a registry's files look like, told without opening a single one."""

    pointed_to: str | None
    """What new readers get."""
    is_there: bool
    """The snapshot's folder exists."""
    snapshot_print: str
    """Changes with any file of the snapshot."""
    data_print: str
    """Changes with any file that views read."""


class RegistryFiles(Protocol):
    """A project's snapshots and the data behind them."""

    def look(self, features: Path, snapshot: str, lake: Path, sources: Sequence[str]) -> Look:
        """Look at a snapshot and at the sources, paths inside the lake."""

    def digest(self, features: Path, snapshot: str) -> str:
        """Return the digest of a snapshot's files; its own name while nobody changed them.

        Raises OSError for one that is not there or can't be read.
        """

    def data_digest(self, lake: Path, source: str) -> str:
        """Return the digest of a source's data, as it is kept of the time of its publication.

        Raises OSError for data that is not there or can't be read.
        """

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get; safe to be done again."""

    def read(self, project: str, snapshot: str, features: Path, lake: Path) -> Reading:
        """Read a snapshot whole, statistics too.

        Raises :class:`octavo_server.errors.Invalid` for a registry that nobody may read and
        :class:`octavo_server.errors.Unavailable` when the engine itself fails.
        """
