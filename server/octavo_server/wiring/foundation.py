"""What every area stands on."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from octavo_server.adapters.cedar import CedarEngine
from octavo_server.adapters.checkpoint_files import CheckpointFile
from octavo_server.adapters.signed_note import NoteSigner
from octavo_server.adapters.signing import Signer
from octavo_server.adapters.signing_keys import SigningKeys
from octavo_server.audit.service import AuditService
from octavo_server.database.migrate import check_version
from octavo_server.database.rows import Database
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.identity import RunTokens
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService
from octavo_server.registry.proof.domain import Revocation
from octavo_server.registry.proof.store import revocations
from octavo_server.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Foundation:
    """What every area stands on."""

    settings: Settings
    clock: Callable[[], datetime]
    database: Database
    signer: SigningKeys
    run_tokens: RunTokens
    audit: AuditService
    policy: PolicyService
    lineage: LineageService


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def build_foundation(settings: Settings) -> Foundation:
    """Return what every area stands on. Raises as :func:`build_services`."""
    engine = open_engine(settings.platform_database)
    check_version(engine)
    database = SqlDatabase(engine)
    key_file = settings.state / "signing.key"
    first = Signer.open(key_file)
    signer = SigningKeys(first, settings.state / "statement-keys", lambda: _revoked(database))
    copies = CheckpointFile(settings.state / "checkpoints.jsonl")
    audit = AuditService(database, NoteSigner(key_file), copies, utc_now)
    return Foundation(
        settings=settings,
        clock=utc_now,
        database=database,
        signer=signer,
        run_tokens=RunTokens(derived_key(key_file.read_bytes(), "run-tokens"), utc_now),
        audit=audit,
        policy=PolicyService(database, audit, CedarEngine()),
        lineage=LineageService(database),
    )


def _revoked(database: Database) -> dict[str, Revocation]:
    with database.read() as rows:
        return revocations(rows)


def derived_key(secret: bytes, purpose: str) -> bytes:
    """Return a 32-byte key for one purpose, so that no two purposes share one (HMAC-SHA256)."""
    return hmac.new(secret, purpose.encode(), hashlib.sha256).digest()
