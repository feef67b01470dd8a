"""Tables of spawner profiles."""

from sqlalchemy import Column, Integer, String, Table, Text

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
)
