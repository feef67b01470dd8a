"""What edge needs from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol


class Keys(Protocol):
    """The installation's statement keys."""

    @property
    def key_id(self) -> str:
        """Name of the key that signs."""

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A signed envelope around a statement about `subjects` (name -> SHA-256)."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """The statement that was signed. Raises `SignatureRefused` (a Conflict)."""


class BundleFolder(Protocol):
    """Where bundles are put together before they are sent."""

    def write(self, model: Path, files: Sequence[str], proof: Mapping[str, bytes]) -> Path:
        """A zip file with the named files of a model and what proves them."""

    def scratch(self) -> Path:
        """A new, empty folder of one's own."""

    def remove(self, path: Path) -> None:
        """Remove what `write` or `scratch` made."""
