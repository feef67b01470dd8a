"""What the area needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from octavo_server.identity import Caller
from octavo_server.pipelines.runs.domain import HandOffTarget


class Workspaces(Protocol):
    """Profiles and sessions of people, as the area `workspaces` keeps them."""

    def target(self, caller: Caller, project: str, profile: str) -> HandOffTarget:
        """Return a profile as this person may use it. Raises NotFound for an unknown one."""

    def open_session(self, person: str) -> str | None:
        """Return the id of a person's open session, None when they have none."""


class ProvenanceSigner(Protocol):
    """Signs statements; see ``adapters/signing.py``."""

    @property
    def key_id(self) -> str:
        """Name of the key."""

    def sign(self, statement_bytes: bytes) -> dict[str, Any]:
        """Return a DSSE envelope."""

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """Return the statement that a trusted key signed. Raises Conflict otherwise."""
