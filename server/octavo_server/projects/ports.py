"""What projects need from outside."""

from __future__ import annotations

from typing import Protocol


class TemplateNames(Protocol):
    """Knows which templates there are."""

    def names(self) -> frozenset[str]:
        """Return the names of all templates."""
