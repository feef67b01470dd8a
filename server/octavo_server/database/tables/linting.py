"""The table of versions of projects' lint rules."""

from sqlalchemy import JSON, Column, Index, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, metadata

lint_rules = Table(
    "lint_rules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(40), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("settings", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("loosens", JSON, nullable=False),
    Column("author", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("reviewer", String(255)),
    Column("review_reason", Text),
    Column("reviewed_at", UtcDateTime),
    Index("ix_lint_rules_project", "project", "state"),
)
