"""What registering needs from outside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from octavo_server.registry.registration.domain import Checkout
from octavo_server.registry.versions.service import (
    Scan,
    Trial,
)


class Workbench(Protocol):
    """Where model files are looked at, away from the service's process and account."""

    def checkout(self, location: str) -> AbstractContextManager[Checkout]:
        """A private copy for the block."""

    def scan(self, checkout: Checkout) -> Scan:
        """Looks for code in the files, without loading them. Raises Unavailable."""

    def trial(self, checkout: Checkout) -> Trial:
        """Loads the model and predicts on its input example, in a process of its own."""
