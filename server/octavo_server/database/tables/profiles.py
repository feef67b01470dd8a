"""Tables of spawner profiles."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

profile_versions = Table(
    "profile_versions",
    metadata,
    Column("profile", String(63), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("state", String(16), nullable=False),
    Column("digest", String(71), nullable=False, index=True),
    Column("content", json_type(), nullable=False),
    Column("text", Text, nullable=False),
    Column("author", String(255), nullable=False),
    Column("reviewer", String(255)),
    Column("reason", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("redirect_to", String(63)),
    Column("message", String(300), nullable=False),
    Index("ix_profile_versions_state", "state"),
)

profile_changes = Table(
    "profile_changes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("profile", String(63), nullable=False),
    Column("state", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", String(71), nullable=False),
    Column("base_version", Integer),
    Column("to_version", Integer),
    Column("version", Integer),
    Column("diff", Text, nullable=False),
    Column("findings", json_type(), nullable=False),
    Column("redirect_to", String(63)),
    Column("message", String(300), nullable=False),
    Column("author", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("reviewer", String(255)),
    Column("review_reason", Text),
    Column("reviewed_at", UtcDateTime),
    Index("ix_profile_changes_profile_created", "profile", "created_at"),
    Index("ix_profile_changes_state_created", "state", "created_at"),
)
