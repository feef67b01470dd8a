"""Tables of submissions, their replays, and releases."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from octavo_server.database.tables.base import UtcDateTime, metadata

notebook_submissions = Table(
    "notebook_submissions",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("project", String(40), nullable=False),
    Column("name", String(63), nullable=False),
    Column("path", String(512), nullable=False),
    Column("state", String(16), nullable=False),
    Column("submitted_by", String(255), nullable=False),
    Column("submitted_at", UtcDateTime, nullable=False),
    Column("note", Text, nullable=False),
    Column("notebook_digest", String(64), nullable=False),
    Column("profile", String(63), nullable=False),
    Column("idempotent", Boolean, nullable=False),
    Column("tolerance", JSON, nullable=False),
    Column("parameters", JSON, nullable=False),
    Column("replay_parameters", JSON, nullable=False),
    Column("lint", JSON, nullable=False),
    Column("inputs", JSON, nullable=False),
    Column("environment", JSON(none_as_null=True)),
    Column("verdict", JSON(none_as_null=True)),
    Column("replay_error", JSON(none_as_null=True)),
    Column("replay_seconds", Float),
    Column("results_digest", String(64)),
    Column("bundle_digest", String(64)),
    Column("review", JSON(none_as_null=True)),
    Column("release", String(64)),
    Column("previous_release", String(64)),
    Index("ix_notebook_submissions_project", "project", "submitted_at"),
    Index("ix_notebook_submissions_state", "state"),
)

notebook_replays = Table(
    "notebook_replays",
    metadata,
    Column("submission", String(32), primary_key=True),
    Column("worker", String(32), nullable=False),
    Column("pass_number", Integer, nullable=False),
    Column("cell", Integer, nullable=False),
    Column("cells", Integer, nullable=False),
    Column("step", String(200), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
)

notebook_releases = Table(
    "notebook_releases",
    metadata,
    Column("digest", String(64), primary_key=True),
    Column("project", String(40), nullable=False),
    Column("name", String(63), nullable=False),
    Column("number", Integer, nullable=False),
    Column("submission", String(32), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("manifest", JSON, nullable=False),
    Column("key_id", String(64), nullable=False),
    Column("withdrawn_by", String(255)),
    Column("withdrawn_at", UtcDateTime),
    Column("withdrawn_reason", Text),
    UniqueConstraint("project", "name", "number"),
)
