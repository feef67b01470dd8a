"""Tables of usage."""

from sqlalchemy import BigInteger, Column, Float, Index, String, Table

from octavo_server.database.tables.base import metadata

usage_days = Table(
    "usage_days",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("subject", String(128), primary_key=True),
    Column("day", String(10), primary_key=True),
    Column("person", String(255), nullable=False),
    Column("project", String(100), nullable=False),
    Column("profile", String(63), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("cost_micro_eur", BigInteger, nullable=False),
    Index("ix_usage_days_project_day", "project", "day"),
    Index("ix_usage_days_day", "day"),
)
