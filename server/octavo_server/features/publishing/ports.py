"""What publishing needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.features.publishing.domain import Checked, Order, Publication, Reader


class BuildStopped(Exception):
    """A build was stopped, as was asked."""


class FeatureEngine(Protocol):
    """Builds and reads registry snapshots; the adapter starts short child processes with Feast."""

    def build(
        self, order: Order, progress: Callable[[str], None], stop: Callable[[], bool]
    ) -> Publication:
        """Build a snapshot, tell each step as ``[1/5] words``, end it once ``stop`` says so.

        Raises :class:`octavo_server.errors.Invalid` for what can't be published,
        :class:`octavo_server.errors.Unavailable` when the engine itself fails, BuildStopped.
        """

    def declare(self, order: Order) -> FeatureDeclaration:
        """Return what the order's installed repository declares. Raises as :meth:`build`."""

    def check(self, declaration: FeatureDeclaration, lake: Path) -> Checked:
        """Look at the lake's tables and at the transformations' text. Raises as :meth:`build`."""

    def tables(self, lake: Path) -> Sequence[Mapping[str, Any]]:
        """Return the lake's tables: path, rows, columns with name, type and dtype."""


class Snapshots(Protocol):
    """A project's folder of snapshots."""

    def alone(self, features: Path) -> AbstractContextManager[bool]:
        """Give whether this process alone builds in ``features``; it ends with its holder."""

    def sweep(self, features: Path, known: Collection[str]) -> None:
        """Remove what a killed build left: everything that is no snapshot among ``known``."""

    def holds(self, features: Path, snapshot: str) -> bool:
        """Return whether a snapshot's files are there."""

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get; safe to be done again."""

    def pointed_to(self, features: Path) -> str | None:
        """Return what new readers get."""

    def discard(self, features: Path, snapshot: str) -> None:
        """Remove a snapshot that was refused."""


class Prices(Protocol):
    """What loading online values costs."""

    @property
    def profile(self) -> str:
        """Id of the profile whose price it is."""

    def eur_per_hour(self) -> float:
        """Return the price now."""


class Readers(Protocol):
    """The areas whose things read features."""

    def readers(self, project: str) -> Sequence[Reader]:
        """Return models, deployments, releases, pipelines and schedules that read features."""
