"""Table of registrations under way, and how those ended."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, metadata

registrations = Table(
    "registrations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("run_id", String(64), nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("card", Text, nullable=False),
    Column("owner", String(255), nullable=False),
    Column("convert", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    Column("step", String(16), nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("remedy", Text, nullable=False),
    Column("version", Integer),
    Column("requested_by", String(255), nullable=False),
    Column("cancel_requested_by", String(255)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("step_at", UtcDateTime),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_registrations_project", "project", "created_at"),
    Index("ix_registrations_state", "state", "seen_at"),
)
