"""What the audit trail needs from outside."""

from __future__ import annotations

from typing import Protocol


class CheckpointSigner(Protocol):
    """Signs and checks checkpoint texts."""

    @property
    def verifier_key(self) -> str:
        """The public key as text."""

    def sign(self, text: str) -> str:
        """Return the signed note of ``text``."""

    def verify(self, note: str) -> str:
        """Return the text inside. Raises ValueError when the signature doesn't hold."""


class CheckpointCopies(Protocol):
    """Where checkpoints are kept outside the database, so that a cut trail can be seen."""

    def add(self, note: str) -> None:
        """Keep one more checkpoint."""

    def notes(self) -> list[str]:
        """Return all kept checkpoints, oldest first."""
