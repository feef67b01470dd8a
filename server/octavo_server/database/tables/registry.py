"""Tables of registered models, their signed versions and the history of their aliases."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from octavo_server.database.tables.base import UtcDateTime, json_type, metadata

registered_models = Table(
    "registered_models",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

model_versions = Table(
    "model_versions",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("run_id", String(64), nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("location", String(1000), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("card", Text, nullable=False),
    Column("feature_snapshot", String(200)),
    Column("record", json_type(), nullable=False),
    Column("envelope", json_type(), nullable=False),
    Column("created_by", String(255), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("uq_model_versions_model", "project", "name", "model_id", unique=True),
)

model_aliases = Table(
    "model_aliases",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("alias", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
)

alias_moves = Table(
    "alias_moves",
    metadata,
    Column("project", String(100), primary_key=True),
    Column("name", String(100), primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("alias", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column("previous", Integer),
    Column("moved_by", String(255), nullable=False),
    Column("moved_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False),
)
