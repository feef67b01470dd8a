"""Tables of the discovery index over the feature registries' snapshots."""

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

feature_snapshots = Table(
    "feature_snapshots",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("views", json_type(), nullable=False),
    Column("services", json_type(), nullable=False),
    Column("previous", String(64)),
    Column("current", Boolean, nullable=False),
    Index("ix_feature_snapshots_project_current", "project", "current"),
)

feature_views = Table(
    "feature_views",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("snapshot", String(64), nullable=False),
    Column("description", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("definition", json_type(), nullable=False),
    Column("newest_event_at", UtcDateTime),
    Column("materialized_until", UtcDateTime),
    Column("checked_at", UtcDateTime, nullable=False),
)
