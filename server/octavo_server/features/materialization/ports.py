"""What materialisation needs from outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from octavo.records.materialization import PushValue
from octavo_server.features.catalog.service import View
from octavo_server.features.materialization.domain import Staged, Window


class Engine(Protocol):
    """Computes windows with the feature engine; the adapter starts a short child process."""

    def staging(
        self, features: Path, windows: Sequence[Window], stop: Callable[[], bool]
    ) -> AbstractContextManager[Iterator[Staged]]:
        """Give each window as it is computed, in order, from the snapshot that is current.

        What was computed lies in a folder that is gone when the block ends; so is the child.
        ``stop`` is asked about twice a second; True ends the iteration early. Raises
        :class:`octavo_server.errors.Invalid` for what the engine can't compute and
        :class:`octavo_server.errors.Unavailable` when it fails.
        """


class OnlineWriter(Protocol):
    """Writes newest values where readers read them, without keeping them waiting."""

    def merge(self, features: Path, project: str, view: str, staged: Path) -> int:
        """Take over what is newer in ``staged``; return how many values that were.

        A value that is older than the one that is there changes nothing, so doing it twice does no
        harm. Raises :class:`octavo_server.errors.Unavailable`.
        """

    def write(
        self,
        features: Path,
        view: View,
        rows: Sequence[Mapping[str, PushValue]],
        pushed_at: datetime,
    ) -> int:
        """Write checked rows of ``view`` the same way; return how many were outdated."""

    def snapshot(self, features: Path) -> str | None:
        """Return the snapshot that new readers get."""


class PushedFiles(Protocol):
    """Adds rows to a view's source in the lake."""

    def append(
        self,
        place: Path,
        part: str,
        rows: Sequence[Mapping[str, PushValue]],
    ) -> None:
        """Write ``rows`` as the file ``part`` of the folder ``place``, with its files' schema.

        The same part again is replaced. Raises :class:`octavo_server.errors.Invalid` when the
        source is no folder of files, :class:`octavo_server.errors.Unavailable` when that fails.
        """


class Prices(Protocol):
    """What the profile of materialisations costs."""

    @property
    def profile(self) -> str:
        """Its id."""

    def eur_per_hour(self) -> float:
        """Return its price now. Raises NotFound for an unknown profile."""
