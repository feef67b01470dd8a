"""What publishing needs from outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from octavo_server.features.catalog.domain import View
from octavo_server.features.publishing.domain import Order, Publication


class FeatureEngine(Protocol):
    """Builds and reads registry snapshots; the adapter starts short child processes with Feast."""

    def build(self, order: Order, progress: Callable[[str], None]) -> Publication:
        """Build a snapshot and tell each step as it ends.

        Raises :class:`octavo_server.errors.Invalid` for a repository that can't be published and
        :class:`octavo_server.errors.Unavailable` when the engine itself fails.
        """

    def index(self, project: str, snapshot: str, features: Path) -> tuple[View, ...]:
        """Return the views of a snapshot that lies in the folder ``features``, read again."""

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get; one rename."""

    def pointed_to(self, features: Path) -> str | None:
        """Return what new readers get."""

    def discard(self, features: Path, snapshot: str) -> None:
        """Remove a snapshot that was refused."""
