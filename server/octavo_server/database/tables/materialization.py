"""Tables of materialisation: jobs, schedules, expectations and pushes."""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

materializations = Table(
    "materializations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(100), nullable=False),
    Column("views", json_type(), nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", String(16), nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("window_s", Float, nullable=False),
    Column("windows", Integer, nullable=False),
    Column("windows_done", Integer, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("message", Text, nullable=False),
    Column("requested_by", String(255), nullable=False),
    Column("schedule", String(32)),
    Column("tick", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("attempts", Integer, nullable=False),
    Column("attempt_at", UtcDateTime),
    Column("worker", String(32)),
    Column("seconds", Float, nullable=False),
    Column("cost_eur", Float),
    Column("cost_before", Float, nullable=False),
    Column("snapshot", String(64)),
    Column("cancel_requested_by", String(255)),
    UniqueConstraint("schedule", "tick"),
    Index("ix_materializations_project", "project", "created_at"),
    Index("ix_materializations_target", "project", "kind", "name", "created_at"),
    Index("ix_materializations_state", "state", "created_at"),
)

materialization_schedules = Table(
    "materialization_schedules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(100), nullable=False),
    Column("cron", String(120), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("overlap_minutes", Integer, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime),
    Column("last_job", String(32)),
    Index("ix_materialization_schedules_next_at", "next_at"),
    Index("ix_materialization_schedules_project", "project", "name"),
)

# One row a view that was ever materialised by a job: what its last job reached.
materialized_views = Table(
    "materialized_views",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("until", UtcDateTime, nullable=False),
    Column("job", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("rows", BigInteger, nullable=False),
)

feature_expectations = Table(
    "feature_expectations",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("view", String(100), primary_key=True),
    Column("newest_event_within_s", Integer),
    Column("materialized_within_s", Integer),
    Column("set_by", String(255), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
)

# A push keeps its rows until they are in a file of the lake, and is forgotten hours after.
feature_pushes = Table(
    "feature_pushes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("push_source", String(100), nullable=False),
    Column("views", json_type(), nullable=False),
    Column("rows", json_type()),
    Column("count", Integer, nullable=False),
    Column("oldest_event_at", UtcDateTime, nullable=False),
    Column("newest_event_at", UtcDateTime, nullable=False),
    Column("pushed_by", String(255), nullable=False),
    Column("pushed_at", UtcDateTime, nullable=False),
    Column("online_at", UtcDateTime),
    Column("part", String(32)),
    Column("offline_at", UtcDateTime),
    Index("ix_feature_pushes_waiting", "offline_at", "project", "push_source", "pushed_at"),
    Index("ix_feature_pushes_online", "online_at"),
    Index("ix_feature_pushes_source", "project", "push_source", "pushed_at"),
)
