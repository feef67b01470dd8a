"""Tables of notebook versions, and of the cells that made runs."""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

notebook_versions = Table(
    "notebook_versions",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("blob", String(64), nullable=False),
    Column("exact", Boolean, nullable=False),
    Column("path", String(500), nullable=False),
    Column("size", Integer, nullable=False),
    Column("cells", json_type(), nullable=False),
    Column("cell_count", Integer, nullable=False),
    Column("stored_by", String(255), nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
)

cell_sources = Table(
    "cell_sources",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("source", Text, nullable=False),
    Column("stored_by", String(255), nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
)

cell_runs = Table(
    "cell_runs",
    metadata,
    Column("run_id", String(64), primary_key=True),
    Column("project", String(100), nullable=False),
    Column("path", String(500), nullable=False),
    Column("cell", String(200), nullable=False),
    Column("owner", String(255), nullable=False),
    Column("started_at", UtcDateTime),
    Index("ix_cell_runs_project_path", "project", "path", "started_at"),
)
