"""What lint needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class Packages(Protocol):
    """The environment that runs execute in."""

    def versions(self, names: Sequence[str]) -> Mapping[str, str | None]:
        """Return the version of each distribution; None where it isn't installed."""
