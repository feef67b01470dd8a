"""Verifies the audit trail on the reader's own machine: nothing is taken on trust."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from octavo import merkle
from octavo.client import Client
from octavo.records.audit import AuditCheckpoint, AuditEntries, AuditEntry
from octavo.signed_note import NoteVerifier

PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class TrailVerdict:
    """What verifying the trail found."""

    entries: int
    """Entries read and hashed here."""
    root: str
    """The Merkle root computed here, in hex."""
    signed_size: int
    """Entries that the signed checkpoint covers."""
    faults: tuple[str, ...]
    """What doesn't hold, as sentences; empty when all does."""


def leaf_of(entry: AuditEntry) -> bytes:
    """Return the leaf hash of an entry as the wire shows it."""
    document: dict[str, Any] = entry.model_dump()
    document["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return merkle.leaf_hash(merkle.canonical(document))


def verify_entries(
    entries: Sequence[AuditEntry], checkpoint: AuditCheckpoint, trusted_key: str | None = None
) -> TrailVerdict:
    """Check ``entries`` (from the first on) against a signed checkpoint.

    ``trusted_key`` is the C2SP verifier key that the reader trusts; without one the key that the
    service names is used, which shows tampering with the trail but not a replaced key.
    """
    faults: list[str] = []
    gaps = [one.seq for position, one in enumerate(entries) if one.seq != position]
    if gaps:
        faults.append(f"Entry {gaps[0]} is not where it belongs: an entry is missing before it.")
    leaves = [leaf_of(one) for one in entries]
    try:
        verifier = NoteVerifier.parse(trusted_key or checkpoint.verifier_key)
        text = verifier.verify(checkpoint.note)
    except ValueError as error:
        faults.append(f"The checkpoint can't be trusted: {error}.")
        text = ""
    covered = leaves[: checkpoint.size]
    if len(covered) < checkpoint.size:
        faults.append(f"The trail was cut: {checkpoint.size} entries were signed.")
    elif text and merkle.note_text(checkpoint.size, merkle.tree_root(covered)) != text:
        faults.append(f"The first {checkpoint.size} entries are not those that were signed.")
    return TrailVerdict(
        entries=len(entries),
        root=merkle.tree_root(leaves).hex(),
        signed_size=checkpoint.size,
        faults=tuple(faults),
    )


def verify_trail(client: Client, trusted_key: str | None = None) -> TrailVerdict:
    """Read the whole trail and verify it here. Raises ClientError without the right to read it."""
    checkpoint = client.fetch(AuditCheckpoint, "/audit/checkpoint")
    entries: list[AuditEntry] = []
    cursor: str | None = None
    while True:
        more = {"cursor": cursor} if cursor else {}
        page = client.fetch(AuditEntries, "/audit/entries", limit=PAGE, **more)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return verify_entries(entries[::-1], checkpoint, trusted_key)
