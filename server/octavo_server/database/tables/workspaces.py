"""Tables of spawner profiles, sessions and usage."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

profile_versions = Table(
    "profile_versions",
    metadata,
    Column("profile", String(63), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("digest", String(71), nullable=False, index=True),
    Column("content", json_type(), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("withdrawn_at", UtcDateTime),
)

workspace_sessions = Table(
    "workspace_sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("person", String(128), nullable=False),
    Column("project", String(100), nullable=False, index=True),
    Column("profile", String(63), nullable=False),
    Column("profile_version", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("metered_until", UtcDateTime, nullable=False),
    Column("active_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("end_reason", String(32)),
    Index("ix_workspace_sessions_state_person", "state", "person"),
)

usage_days = Table(
    "usage_days",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(128), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("person", String(255), nullable=False),
    Column("project", String(100), nullable=False),
    Column("profile", String(63), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cost_micro_eur", BigInteger, nullable=False),
    Index("ix_usage_days_project_day", "project", "day"),
    Index("ix_usage_days_day", "day"),
)
