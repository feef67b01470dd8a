"""Tables of the read model of MLflow's runs; all of it can be built anew from MLflow."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, String, Table, Text

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
    Column("search", Text, nullable=False),
    Column("detail", json_type(), nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Index("ix_tracked_runs_project_started_at", "project", "removed", "started_at"),
    Index("ix_tracked_runs_experiment_started_at", "experiment_id", "removed", "started_at"),
    Index("ix_tracked_runs_project_revision", "project", "revision"),
)

run_metrics = Table(
    "run_metrics",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("name", String(250), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("experiment_id", String(40), nullable=False),
    Column("value", Float(53), nullable=False),
    Index("ix_run_metrics_project_value", "project", "name", "value"),
    Index("ix_run_metrics_experiment_value", "experiment_id", "name", "value"),
)

metric_names = Table(
    "metric_names",
    metadata,
    Column("experiment_id", String(40), primary_key=True),
    Column("name", String(250), primary_key=True),
    Column("project", String(100), nullable=False, index=True),
)
