"""Who watches a registration, and may end it."""

from __future__ import annotations

from typing import Protocol

from octavo_server.audit.service import Change
from octavo_server.errors import OctavoError
from octavo_server.registry.registration.domain import Step


class Cancelled(OctavoError):
    """Somebody cancelled the work."""

    code = "cancelled"
    status = 409


class Watch(Protocol):
    """Is told how far a registration is; every method may raise Cancelled but ``kept``."""

    def step(self, step: Step) -> None:
        """A step begins."""

    def copied(self, done: int, total: int) -> None:
        """So many bytes of so many are copied."""

    def beat(self) -> None:
        """The work goes on; called several times a second."""

    def kept(self, change: Change, version: int) -> None:
        """The version is kept, in this transaction."""


class Unwatched:
    """Nobody watches, nobody cancels."""

    def step(self, step: Step) -> None:
        """Nothing."""

    def copied(self, done: int, total: int) -> None:
        """Nothing."""

    def beat(self) -> None:
        """Nothing."""

    def kept(self, change: Change, version: int) -> None:
        """Nothing."""
