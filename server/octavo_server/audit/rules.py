"""What an entry's leaf is the hash of, and where a trail first differs from its leaves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

from octavo.merkle import canonical, leaf_hash
from octavo_server.audit.domain import Entry


def entry_bytes(entry: Entry) -> bytes:
    """Return the canonical JSON that the leaf is the hash of."""
    document: dict[str, Any] = {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor,
        "actor_kind": entry.actor_kind,
        "action": entry.action,
        "subject": entry.subject,
        "project": entry.project,
        "request_id": entry.request_id,
        "details": dict(entry.details),
    }
    return canonical(document)


def first_difference(entries: Sequence[Entry], leaves: Sequence[bytes]) -> int | None:
    """Return the position of the first entry whose content or place is not what was hashed."""
    for position, (entry, leaf) in enumerate(zip(entries, leaves, strict=True)):
        if entry.seq != position or leaf_hash(entry_bytes(entry)) != leaf:
            return position
    return None
