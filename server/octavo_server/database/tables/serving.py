"""Tables of serving: what versions did, second by second, and what of requests is kept."""

from sqlalchemy import BigInteger, Column, Float, Index, Integer, String, Table

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

deployment_figures = Table(
    "deployment_figures",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("deployment", String(63), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("writer", String(32), primary_key=True),
    Column("requests", BigInteger, nullable=False),
    Column("errors", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("latencies", json_type(), nullable=False),
    Column("compared", BigInteger, nullable=False),
    Column("difference", Float, nullable=False),
    Index("ix_deployment_figures_at", "at"),
)
"""One row ten seconds, version and writing process; the writer replaces its own."""

deployment_request_logs = Table(
    "deployment_request_logs",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("deployment", String(63), primary_key=True),
    Column("share", Float, nullable=False),
    Column("redacted", json_type(), nullable=False),
    Column("keep_days", Integer, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("changed_by", String(255), nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)
