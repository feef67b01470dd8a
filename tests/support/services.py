"""Services on a given database, for tests of one area."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from octavo_server.adapters.checkpoint_files import CheckpointFile
from octavo_server.adapters.signed_note import NoteSigner
from octavo_server.adapters.signing import Signer
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def open_audit(
    database: Database, folder: Path, clock: Callable[[], datetime] = lambda: NOON
) -> AuditService:
    """Return the audit trail on ``database``, by default at noon of 1 March 2026."""
    key = folder / "signing.key"
    Signer.open(key)
    copies = CheckpointFile(folder / "checkpoints.jsonl")
    return AuditService(database, NoteSigner(key), copies, clock)
