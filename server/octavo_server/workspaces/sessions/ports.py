"""What sessions need from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from octavo_server.workspaces.profiles.findings import NodePool
from octavo_server.workspaces.sessions.domain import MachineFacts


class Machine(Protocol):
    """The machine that this process runs on."""

    def facts(self) -> MachineFacts:
        """Return what it has now."""


class Nodes(Protocol):
    """Whatever workspaces run on."""

    def pools(self) -> Sequence[NodePool]:
        """Return the declared node pools, or this machine as the only one.

        What they have is what workspaces may have: a reserve for the platform is taken off.
        """
