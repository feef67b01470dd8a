"""Table of the lineage graph's edges."""

from sqlalchemy import Column, String, Table

from octavo_server.database.tables.base import UtcDateTime, metadata

lineage_edges = Table(
    "lineage_edges",
    metadata,
    Column("source", String(500), primary_key=True),
    Column("target", String(500), primary_key=True, index=True),
    Column("relation", String(50), primary_key=True),
    Column("project", String(100), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
)
