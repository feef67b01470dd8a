"""Tables of the discovery index over the feature registries' snapshots."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

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
    # Readers that keep rows in memory take those whose revision is newer than what they have; a
    # view that is gone stays as a row, so that they learn of it.
    Column("revision", BigInteger, nullable=False, default=0, server_default="0"),
    Column("removed", Boolean, nullable=False, default=False, server_default=false()),
    Column("published_at", UtcDateTime),
    Column("last_used_at", UtcDateTime),
    Column("consumed_at", UtcDateTime),
    Column("people", Integer, nullable=False, default=0, server_default="0"),
    Index("ix_feature_views_project_revision", "project", "revision"),
)

feature_index = Table(
    "feature_index",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("revision", BigInteger, nullable=False),
    Column("checked_at", UtcDateTime),
    Column("indexed_at", UtcDateTime),
    Column("pointed_to", Text),
    Column("fingerprint", Text, nullable=False),
    Column("problems", json_type(), nullable=False),
)

feature_versions = Table(
    "feature_versions",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("snapshot", String(64), nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("published_by", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("definition", json_type(), nullable=False),
)

feature_windows = Table(
    "feature_windows",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("computed_at", UtcDateTime, nullable=False),
    Column("columns", json_type(), nullable=False),
)

feature_uses = Table(
    "feature_uses",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("how", String(20), primary_key=True),
    Column("person", String(255), primary_key=True),
    Column("subject", String(500), primary_key=True),
    Column("service", String(100), nullable=False),
    Column("columns", json_type(), nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("count", BigInteger, nullable=False),
    Index("ix_feature_uses_project_view_last_at", "project", "view", "last_at"),
)

feature_costs = Table(
    "feature_costs",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("materializations", Integer, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("micro_eur", BigInteger, nullable=False),
)
