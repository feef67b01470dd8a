"""Tables of pipelines, schedules, runs, attempts, events and workers."""

from sqlalchemy import (
    JSON,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from octavo_server.database.tables.base import UtcDateTime, metadata

pipelines = Table(
    "pipelines",
    metadata,
    Column("project", String(40), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("title", String(120), nullable=False),
    Column("release", String(64), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

pipeline_schedules = Table(
    "pipeline_schedules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(40), nullable=False),
    Column("pipeline", String(63), nullable=False),
    Column("cron", String(120), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("last_run", String(32)),
    Index("ix_pipeline_schedules_next_at", "next_at"),
    Index("ix_pipeline_schedules_pipeline", "project", "pipeline"),
)

pipeline_runs = Table(
    "pipeline_runs",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(40), nullable=False),
    Column("pipeline", String(63), nullable=False),
    Column("release", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("trigger", String(16), nullable=False),
    Column("schedule", String(32)),
    Column("tick", UtcDateTime),
    Column("requested_by", String(255), nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("profile", String(63), nullable=False),
    Column("message", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("expected_s", Float),
    Column("attempts", Integer, nullable=False),
    Column("cell", Integer, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("error", JSON(none_as_null=True)),
    Column("comparison", JSON(none_as_null=True)),
    Column("inputs", JSON, nullable=False),
    Column("inputs_changed", JSON, nullable=False),
    Column("artifacts", JSON, nullable=False),
    Column("output_digest", String(64)),
    Column("provenance_digest", String(64)),
    Column("cancel_requested_by", String(255)),
    Column("cost", Float),
    UniqueConstraint("schedule", "tick"),
    Index("ix_pipeline_runs_project", "project", "created_at"),
    Index("ix_pipeline_runs_state", "state"),
)

pipeline_attempts = Table(
    "pipeline_attempts",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("worker", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("message", Text, nullable=False),
    Column("account", String(40), nullable=False),
    Column("peak_memory_mib", Float),
)

pipeline_run_events = Table(
    "pipeline_run_events",
    metadata,
    Column("run", String(32), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("attempt", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("cell", Integer),
    Column("cells", Integer),
    Column("seconds", Float),
    Column("state", String(16)),
    Column("message", Text, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("tasks", JSON, nullable=False),
)
