"""Tables of usage, budgets and quotas."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
)

from octavo_server.database.tables.base import UtcDateTime, metadata

usage_hours = Table(
    "usage_hours",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("hour", String(13), primary_key=True),
    Column("day", String(10), nullable=False),
    Column("person", String(255), nullable=False),
    Column("project", String(100), nullable=False),
    Column("team", String(255), nullable=False),
    Column("profile", String(63), nullable=False),
    Column("profile_version", Integer, nullable=False),
    Column("part", String(255), nullable=False),
    Column("price_micro_eur", BigInteger, nullable=False),
    Column("seconds", Float, nullable=False),
    Column("core_seconds_requested", Float, nullable=False),
    Column("gib_seconds_requested", Float, nullable=False),
    Column("gpu_seconds_requested", Float, nullable=False),
    Column("core_seconds_used", Float, nullable=False),
    Column("gib_seconds_used", Float, nullable=False),
    Column("gpu_seconds_used", Float, nullable=False),
    Column("core_seconds", Float, nullable=False),
    Column("gib_seconds", Float, nullable=False),
    Column("gpu_seconds", Float, nullable=False),
    Column("charge_micro_eur", BigInteger, nullable=False),
    Column("waste_micro_eur", BigInteger, nullable=False),
    Index("ix_usage_hours_project_day", "project", "day"),
    Index("ix_usage_hours_person_hour", "person", "hour"),
    Index("ix_usage_hours_day", "day"),
)

# The same by project alone: budgets and quotas are on the path of every start.
usage_project_hours = Table(
    "usage_project_hours",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("hour", String(13), primary_key=True),
    Column("core_seconds", Float, nullable=False),
    Column("gib_seconds", Float, nullable=False),
    Column("gpu_seconds", Float, nullable=False),
    Column("charge_micro_eur", BigInteger, nullable=False),
    Index("ix_usage_project_hours_hour", "hour"),
)

usage_meters = Table(
    "usage_meters",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(300), primary_key=True),
    Column("person", String(255), nullable=False),
    Column("project", String(100), nullable=False),
    Column("team", String(255), nullable=False),
    Column("part", String(255), nullable=False),
    Column("cores", Float, nullable=False),
    Column("gib", Float, nullable=False),
    Column("gpus", Float, nullable=False),
    Column("until", UtcDateTime),
    Column("cpu_seconds", Float),
    Column("cpu_at", UtcDateTime),
    Column("charge_rest", Float, nullable=False),
    Column("waste_rest", Float, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("ended", Boolean, nullable=False),
    Index("ix_usage_meters_person", "person", "project", "seen_at"),
    Index("ix_usage_meters_live", "ended", "seen_at"),
)

budget_steps = Table(
    "budget_steps",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("alert_percent", Integer, nullable=False),
    Column("soft_stop_percent", Integer, nullable=False),
    Column("hard_stop_percent", Integer, nullable=False),
)

budget_alerts = Table(
    "budget_alerts",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("step", String(16), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("percent", Integer, nullable=False),
)

quotas = Table(
    "quotas",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("scope", String(8), nullable=False),
    Column("name", String(255), nullable=False),
    Column("resource", String(16), nullable=False),
    Column("limit", Float, nullable=False),
    Column("window_days", Integer, nullable=False),
    Column("set_by", String(255), nullable=False),
    Column("set_at", UtcDateTime, nullable=False),
    UniqueConstraint("scope", "name", "resource", "window_days"),
)
