"""Tables of monitoring: baselines and month profiles are derived, alerts are kept."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

monitoring_baselines = Table(
    "monitoring_baselines",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("model", String(63), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("document", json_type()),
    Column("problem", Text, nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
)

monitoring_profiles = Table(
    "monitoring_profiles",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("model", String(63), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("rows", Integer, nullable=False),
    Column("features", json_type(), nullable=False),
    Column("findings", json_type(), nullable=False),
    Column("computed_at", UtcDateTime, nullable=False),
)

monitoring_alerts = Table(
    "monitoring_alerts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("deployment", String(63), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("level", String(16), nullable=False),
    Column("message", Text, nullable=False),
    Column("value", Float),
    Column("bound", Float),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("resolved_at", UtcDateTime),
    Column("acknowledged_by", String(255)),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledgement", Text),
    Index("ix_monitoring_alerts_place", "project", "deployment", "opened_at"),
)
