"""Tables of runs: the read model, which can be built anew from MLflow, and what people keep."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

tracking_sync = Table(
    "tracking_sync",
    metadata,
    Column("id", String(20), primary_key=True),
    Column("boot", String(40), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("synced_at", UtcDateTime),
    Column("swept_at", UtcDateTime),
)

tracked_experiments = Table(
    "tracked_experiments",
    metadata,
    Column("experiment_id", String(40), primary_key=True),
    Column("project", String(100), nullable=False, index=True),
    Column("name", String(500), nullable=False),
)

tracked_runs = Table(
    "tracked_runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("experiment_id", String(40), nullable=False),
    Column("name", String(500), nullable=False),
    Column("status", String(20), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("detail", json_type(), nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index("ix_tracked_runs_project_started_at", "project", "removed", "started_at"),
    Index("ix_tracked_runs_experiment_started_at", "experiment_id", "removed", "started_at"),
    Index("ix_tracked_runs_project_revision", "project", "revision"),
)

run_baselines = Table(
    "run_baselines",
    metadata,
    Column("experiment_id", String(40), primary_key=True),
    Column("project", String(100), nullable=False, index=True),
    Column("run_id", String(64), nullable=False),
    Column("pinned_by", String(255), nullable=False),
    Column("pinned_at", UtcDateTime, nullable=False),
)

run_views = Table(
    "run_views",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("name", String(100), nullable=False),
    Column("experiment", String(500)),
    Column("filter", Text, nullable=False),
    Column("order_by", Text, nullable=False),
    Column("columns", json_type(), nullable=False),
    Column("pins", json_type(), nullable=False),
    Column("group_by", Text),
    Column("version", BigInteger, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_by", String(255), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("project", "name"),
)
