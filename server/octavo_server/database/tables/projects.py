"""Tables of projects."""

from sqlalchemy import BigInteger, Column, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, metadata

projects = Table(
    "projects",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("title", String(100), nullable=False),
    Column("description", Text, nullable=False),
    Column("template", String(40)),
    Column("monthly_budget_cents", BigInteger, nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

project_members = Table(
    "project_members",
    metadata,
    Column("project", String(40), primary_key=True),
    Column("kind", String(8), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("role", String(16), primary_key=True),
)
