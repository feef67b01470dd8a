"""What profiles need from outside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

from octavo_server.workspaces.profiles.findings import NodePool, Reading


class ProfileFiles(Protocol):
    """The folder of profile files."""

    def texts(self) -> dict[str, str]:
        """Return the text of each file by its name."""


class DocumentFormat(Protocol):
    """How documents are written."""

    def read(self, text: str) -> Reading:
        """Return what a text says and what is wrong with its form; never raises."""

    def write(self, document: Mapping[str, Any]) -> str:
        """Return a document as text, its fields in the schema's order.

        Raises ValueError for what no text can say: too deep, or of other values than JSON's.
        """

    def schema(self) -> Mapping[str, Any]:
        """Return the JSON Schema of documents."""


class Groups(Protocol):
    """The groups that people can be in."""

    def declared(self) -> frozenset[str]:
        """Return those that hold a role here: people may be in them who never signed in yet."""

    def names(self) -> frozenset[str] | None:
        """Return those that the Hub knows; None when it can't be asked just now."""


class NodePools(Protocol):
    """Whatever workspaces and runs run on."""

    def pools(self) -> Sequence[NodePool]:
        """Return the declared pools, or this machine as the only one; none where neither is known.

        Raises SettingRefused when the declaration can't be read.
        """


@dataclass(frozen=True, kw_only=True)
class User:
    """Something that uses a profile now."""

    kind: Literal["session", "pipeline", "schedule", "deployment", "redirect"]
    """What uses it."""
    profile: str
    """Which profile."""
    name: str
    """Which one it is."""
    project: str
    """Its project; empty for none."""
    person: str
    """Whose it is; empty where nobody's."""


class UserBook(Protocol):
    """Who uses profiles, as the other areas know it."""

    def users(self, profile: str) -> list[User]:
        """Return all that use the profile now, besides redirects."""

    def open_sessions(self) -> Mapping[str, int]:
        """Return how many workspaces, queued ones included, use each profile now."""

    def since(self, profile: str, moment: datetime) -> tuple[int, float]:
        """Return how many people used the profile since a moment, and for how many hours."""
