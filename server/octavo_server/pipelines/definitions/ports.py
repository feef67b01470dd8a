"""What the room needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class DefinitionFormat(Protocol):
    """Definitions as people write them."""

    def read(self, text: str) -> dict[str, Any]:
        """Return what a text says. Raises Invalid naming the line that can't be read."""

    def write(self, document: Mapping[str, Any]) -> str:
        """Return the text that reads back as ``document``."""
