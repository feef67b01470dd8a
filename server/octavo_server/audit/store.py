"""Rows of the audit trail."""

from __future__ import annotations

from octavo_server.audit.domain import Checkpoint, Entry
from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.audit import audit_checkpoints, audit_entries


def next_seq(rows: Rows) -> int:
    """Return the position that the next entry takes; holds other writers until this one ends."""
    rows.lock("audit")
    newest = rows.find(audit_entries, order_by=("-seq",), limit=1)
    return newest[0]["seq"] + 1 if newest else 0


def append(rows: Rows, entry: Entry, leaf: bytes) -> None:
    """Write one entry with its leaf hash."""
    values = {name: getattr(entry, name) for name in Entry.__dataclass_fields__}
    rows.insert(audit_entries, {**values, "details": dict(entry.details), "leaf": leaf})


def entries(
    rows: Rows, *where: Where, limit: int | None = None, newest_first: bool = False
) -> list[Entry]:
    """Return the matching entries in order of their position."""
    order = ("-seq",) if newest_first else ("seq",)
    return [_entry(row) for row in rows.find(audit_entries, *where, order_by=order, limit=limit)]


def leaves(rows: Rows, size: int | None = None) -> list[bytes]:
    """Return the leaf hashes of the first ``size`` entries, or of all."""
    where: list[Where] = [] if size is None else [("seq", "<", size)]
    return [row["leaf"] for row in rows.find(audit_entries, *where, order_by=("seq",))]


def add_checkpoint(rows: Rows, checkpoint: Checkpoint) -> None:
    """Write a signed checkpoint."""
    values = {name: getattr(checkpoint, name) for name in Checkpoint.__dataclass_fields__}
    rows.insert(audit_checkpoints, values)


def checkpoints(rows: Rows, limit: int | None = None) -> list[Checkpoint]:
    """Return the checkpoints, newest first."""
    found = rows.find(audit_checkpoints, order_by=("-size",), limit=limit)
    return [Checkpoint(**row) for row in found]


def _entry(row: Row) -> Entry:
    return Entry(**{name: row[name] for name in Entry.__dataclass_fields__})
