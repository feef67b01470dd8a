"""Tables of workspace sessions."""

from sqlalchemy import Column, Index, Integer, String, Table

from octavo_server.database.tables.base import UtcDateTime, metadata

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
