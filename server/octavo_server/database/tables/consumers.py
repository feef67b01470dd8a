"""Tables of consumers: who may ask deployments from outside, with which tokens."""

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

consumers = Table(
    "consumers",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(63), primary_key=True),
    Column("purpose", Text, nullable=False),
    Column("owner", String(255), nullable=False),
    Column("deployments", json_type(), nullable=False),
    Column("requests_per_second", Float, nullable=False),
    Column("burst", Integer, nullable=False),
    Column("rows_per_minute", Integer),
    Column("generation", Integer, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_by", String(255)),
    Column("revoked_at", UtcDateTime),
    Column("revoke_reason", Text),
)

consumer_patterns = Table(
    "consumer_patterns",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("deployment", String(63), primary_key=True),
    Column("caller", String(255), primary_key=True),
    Column("sentence", Text, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Callers whose rows looked like copying a model when a service last looked."""

consumer_tokens = Table(
    "consumer_tokens",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("consumer", String(63), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("note", String(200), nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_by", String(255)),
    Column("revoked_at", UtcDateTime),
    Column("revoke_reason", Text),
    Index("ix_consumer_tokens_consumer", "project", "consumer"),
)
