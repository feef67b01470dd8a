"""Tables of policy as code."""

from sqlalchemy import Column, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, metadata

policy_versions = Table(
    "policy_versions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("digest", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("author", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("reviewer", String(255)),
    Column("review_reason", Text),
    Column("reviewed_at", UtcDateTime),
)
