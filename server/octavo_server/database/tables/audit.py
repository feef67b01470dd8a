"""Tables of the audit trail and of idempotency keys."""

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("actor", String(255), nullable=False, index=True),
    Column("actor_kind", String(16), nullable=False),
    Column("action", String(100), nullable=False, index=True),
    Column("subject", String(500), nullable=False, index=True),
    Column("project", String(100), index=True),
    Column("request_id", String(64)),
    Column("details", json_type(), nullable=False),
    Column("leaf", LargeBinary(32), nullable=False),
)

audit_checkpoints = Table(
    "audit_checkpoints",
    metadata,
    Column("size", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", Text, nullable=False),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("caller", String(255), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("status", Integer),
    Column("body", json_type()),
)
