"""Tables of what proves model versions, and of what was changed in MLflow past Octavo."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

model_version_tags = Table(
    "model_version_tags",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("key", String(100), primary_key=True),
    Column("value", Text, nullable=False),
    Column("set_by", String(255), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

bills_of_materials = Table(
    "bills_of_materials",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("document", Text, nullable=False),
    Column("components", Integer, nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

environment_bills = Table(
    "environment_bills",
    metadata,
    Column("environment", String(64), primary_key=True),
    Column("digest", String(64), nullable=False),
)

model_attestations = Table(
    "model_attestations",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("kind", String(20), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("envelope", json_type(), nullable=False),
    Column("made_at", UtcDateTime, nullable=False),
)

key_revocations = Table(
    "key_revocations",
    metadata,
    Column("key_id", String(64), primary_key=True),
    Column("revoked_at", UtcDateTime, nullable=False),
    Column("revoked_by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
)

registry_differences = Table(
    "registry_differences",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(100), nullable=False),
    Column("version", Integer),
    Column("kind", String(30), nullable=False),
    Column("about", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("repaired", Boolean, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Index("ix_registry_differences_open", "project", "name", "resolved_at"),
)

openlineage_cursors = Table(
    "openlineage_cursors",
    metadata,
    Column("sink", String(40), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("sent", BigInteger, nullable=False),
)
