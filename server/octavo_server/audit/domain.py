"""Records of the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One state change: who did what to which thing, when."""

    seq: int
    """Position in the trail, from 0, without gaps."""
    at: datetime
    """When the change was made (UTC)."""
    actor: str
    """The caller's name."""
    actor_kind: str
    """person, service or run."""
    action: str
    """The verb, such as ``notebooks.approve``."""
    subject: str
    """What was changed, as ``kind:id``."""
    project: str | None
    """The project it belongs to, None for the platform."""
    request_id: str | None
    """The HTTP request that asked for it."""
    details: Mapping[str, Any]
    """What else is worth keeping; JSON without secrets."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A signed statement that the trail had ``size`` entries with this root."""

    size: int
    """Number of entries covered."""
    root: bytes
    """RFC 6962 Merkle tree hash over their leaves, 32 bytes."""
    at: datetime
    """When it was signed (UTC)."""
    note: str
    """The C2SP signed note: origin, size, root in base64, signature line."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The path from one entry's leaf to a tree's root."""

    seq: int
    """The entry's position."""
    size: int
    """The tree's number of entries."""
    leaf: bytes
    """The entry's leaf hash."""
    path: tuple[bytes, ...]
    """Sibling hashes from the leaf up (RFC 6962, 2.1.1)."""
    root: bytes
    """The tree's root."""
