"""What sessions need from outside."""

from __future__ import annotations

from typing import Protocol

from octavo_server.workspaces.sessions.domain import MachineFacts


class Machine(Protocol):
    """Whatever workspaces run on."""

    def facts(self) -> MachineFacts:
        """Return what it has now."""
