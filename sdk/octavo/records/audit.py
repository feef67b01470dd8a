"""Wire records of the area `audit`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import Field

from octavo.records.base import Answer


class AuditEntry(Answer):
    """One state change: who did what to which thing, when."""

    seq: int = Field(description="Position in the trail, from 0, without gaps.")
    at: datetime = Field(description="When (UTC).")
    actor: str = Field(description="Who: a Hub user, `service:<name>` or `run:<id>`.")
    actor_kind: str = Field(description="person, service or run.")
    action: str = Field(description="The verb, such as `notebooks.review`.")
    subject: str = Field(description="What was changed, `kind:id`.")
    project: str | None = Field(description="The project; null: the platform.")
    request_id: str | None = Field(description="The request that asked for it.")
    details: dict[str, Any] = Field(description="What else was kept.")


class AuditEntries(Answer):
    """Entries, newest first."""

    items: list[AuditEntry] = Field(description="At most `limit`.")
    next_cursor: str | None = Field(description="Pass it on for older ones; null: no more.")


class AuditProof(Answer):
    """The path from one entry to the signed root (RFC 6962)."""

    seq: int = Field(description="The entry.")
    size: int = Field(description="Entries in the tree.")
    leaf: str = Field(description="Hex SHA-256 of 0x00 and the entry's canonical JSON.")
    path: list[str] = Field(description="Sibling hashes from the leaf up, in hex.")
    root: str = Field(description="The tree's root, in hex.")


class AuditCheckpoint(Answer):
    """A signed statement about the whole trail."""

    size: int = Field(description="Entries covered.")
    root: str = Field(description="The tree's root, in hex.")
    at: datetime = Field(description="When it was signed (UTC).")
    note: str = Field(description="C2SP signed note.")
    verifier_key: str = Field(description="C2SP verifier key that checks the note.")


class AuditVerdict(Answer):
    """What verifying the trail found."""

    entries: int = Field(description="Entries read.")
    checkpoints: int = Field(description="Signed checkpoints that hold.")
    root: str = Field(description="The tree's root, in hex.")
    faults: list[str] = Field(description="What doesn't hold; empty when all does.")
