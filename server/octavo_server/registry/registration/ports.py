"""What registering needs from outside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from octavo_server.registry.registration.domain import Checkout, ConvertedForm, Staged
from octavo_server.registry.registration.watch import Watch
from octavo_server.registry.versions.service import (
    Scan,
    Trial,
)


class Workbench(Protocol):
    """Where model files are looked at, away from the service's process and account."""

    def checkout(self, location: str, watch: Watch) -> AbstractContextManager[Checkout]:
        """A private copy for the block."""

    def scan(self, checkout: Checkout, watch: Watch) -> Scan:
        """Looks for code in the files, without loading them. Raises Unavailable."""

    def trial(self, checkout: Checkout, watch: Watch) -> Trial:
        """Loads the model and predicts on its input example, in a process of its own."""

    def convert(
        self, checkout: Checkout, watch: Watch
    ) -> AbstractContextManager[ConvertedForm | str]:
        """An ONNX form whose outputs match the model's, or why there is none, as a sentence."""


class Store(Protocol):
    """Immutable, content-addressed files."""

    def keep(self, staged: Staged) -> str:
        """Keep staged files and return their address. Raises Unavailable."""
