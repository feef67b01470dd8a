"""Tables of changes of the feature registries, and of what their snapshots were built from."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

feature_changes = Table(
    "feature_changes",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("state", String(20), nullable=False),
    Column("author", String(255), nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("base_snapshot", String(64)),
    Column("digest", String(64), nullable=False),
    Column("added", Integer, nullable=False),
    Column("changed", Integer, nullable=False),
    Column("removed", Integer, nullable=False),
    Column("breaks", Integer, nullable=False),
    Column("reviewer", String(255)),
    Column("review_reason", Text),
    Column("reviewed_at", UtcDateTime),
    Column("worker", String(64)),
    Column("step", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("steps", Integer, nullable=False),
    Column("started_at", UtcDateTime),
    Column("cancelled_by", String(255)),
    Column("snapshot", String(64)),
    Column("message", Text, nullable=False),
    Column("ended_at", UtcDateTime),
    Index("ix_feature_changes_project_created_at", "project", "created_at"),
    Index("ix_feature_changes_state", "state"),
)

# Apart from the changes themselves: a list of changes is read without what they declare.
feature_change_plans = Table(
    "feature_change_plans",
    metadata,
    Column("change", String(64), primary_key=True),
    Column("declaration", json_type(), nullable=False),
    Column("plan", json_type(), nullable=False),
)

feature_builds = Table(
    "feature_builds",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("snapshot", String(64), primary_key=True),
    Column("declaration", json_type(), nullable=False),
    Column("loaded_rows", Integer, nullable=False),
    Column("load_seconds", Float, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_feature_builds_project_at", "project", "at"),
)
