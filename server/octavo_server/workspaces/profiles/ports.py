"""What profiles need from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class ProfileFiles(Protocol):
    """The folder of profile files."""

    def read(self) -> tuple[dict[str, Mapping[str, Any]], dict[str, str]]:
        """Return the valid documents by profile id, and the faults by file name, as sentences."""
