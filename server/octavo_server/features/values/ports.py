"""What reading values needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from octavo_server.features.catalog.domain import View
from octavo_server.features.values.domain import JoinOrder, Met, StoredValue


class OnlineStore(Protocol):
    """Reads newest values."""

    def read(
        self,
        features: Path,
        view: View,
        columns: Sequence[str],
        keys: Sequence[Mapping[str, str | int]],
    ) -> list[dict[str, StoredValue]]:
        """Return, for each key, the stored values by column; an absent one is left out.

        Raises :class:`octavo_server.errors.Unavailable` when the store can't be read.
        """


class Join(Protocol):
    """Joins rows with the sources of views."""

    def join(self, lake: Path, order: JoinOrder) -> dict[str, list[Met]]:
        """Return for each view what each row met, as of the row's own time.

        Raises :class:`octavo_server.errors.Unavailable` when a source can't be read in time.
        """
