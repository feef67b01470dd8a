"""notebook releases and pipelines: rules of lint, steps, triggers, backfills, places"""

import sqlalchemy as sa
from alembic import op
from octavo_server.database.tables import base


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _create_rules()
    _create_starts()
    _extend_releases()
    _extend_pipelines()
    _extend_runs()
    _name_verdicts()


def downgrade() -> None:
    """Refuse: what the fourth version can't say would be lost."""
    raise RuntimeError("Octavo goes back only by the backup from before the upgrade.")


def _create_rules() -> None:
    """Make the table of what lint weighs, by project."""
    op.create_table(
        "lint_rules",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project", sa.String(length=40), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("loosens", sa.JSON(), nullable=False),
        sa.Column("author", sa.String(length=255), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reviewer", sa.String(length=255), nullable=True),
        sa.Column("review_reason", sa.Text(), nullable=True),
        sa.Column("reviewed_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lint_rules")),
    )
    with op.batch_alter_table("lint_rules", schema=None) as batch_op:
        batch_op.create_index("ix_lint_rules_project", ["project", "state"], unique=False)


def _create_starts() -> None:
    """Make the tables of what starts pipelines beside the clock."""
    op.create_table(
        "pipeline_triggers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project", sa.String(length=40), nullable=False),
        sa.Column("pipeline", sa.String(length=63), nullable=False),
        sa.Column("on", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=256), nullable=False),
        sa.Column("settle_s", sa.Float(), nullable=False),
        sa.Column("ended", sa.String(length=16), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen", sa.String(length=80), nullable=False),
        sa.Column("settling", sa.String(length=80), nullable=False),
        sa.Column("settling_since", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("last_run", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_triggers")),
    )
    with op.batch_alter_table("pipeline_triggers", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pipeline_triggers_pipeline", ["project", "pipeline"], unique=False
        )
    op.create_table(
        "pipeline_backfills",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("project", sa.String(length=40), nullable=False),
        sa.Column("pipeline", sa.String(length=63), nullable=False),
        sa.Column("parameter", sa.String(length=63), nullable=False),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("at_a_time", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("created_at", base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested_by", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pipeline_backfills")),
    )
    with op.batch_alter_table("pipeline_backfills", schema=None) as batch_op:
        batch_op.create_index(
            "ix_pipeline_backfills_pipeline", ["project", "pipeline"], unique=False
        )
        batch_op.create_index("ix_pipeline_backfills_state", ["state"], unique=False)


def _extend_releases() -> None:
    """Let approvals of releases be taken back."""
    with op.batch_alter_table("notebook_releases", schema=None) as batch_op:
        batch_op.add_column(sa.Column("withdrawn_by", sa.String(length=255), nullable=True))
        batch_op.add_column(
            sa.Column("withdrawn_at", base.UtcDateTime(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("withdrawn_reason", sa.Text(), nullable=True))


def _extend_pipelines() -> None:
    """Add steps, places and policies to pipelines and their schedules."""
    with op.batch_alter_table("pipelines", schema=None) as batch_op:
        batch_op.add_column(sa.Column("graph", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("concurrency", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(
            sa.Column("when_full", sa.String(length=8), server_default="queue", nullable=False)
        )
    with op.batch_alter_table("pipeline_schedules", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("catch_up", sa.String(length=8), server_default="latest", nullable=False)
        )
        batch_op.add_column(sa.Column("max_age_hours", sa.Float(), nullable=True))
        batch_op.add_column(
            sa.Column("paused", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def _extend_runs() -> None:
    """Add steps, reuse, retries and places to runs, and memory to their events."""
    with op.batch_alter_table("pipeline_runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("kind", sa.String(length=16), server_default="release", nullable=False)
        )
        batch_op.add_column(sa.Column("graph", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("parent", sa.String(length=32), nullable=True))
        batch_op.add_column(
            sa.Column("step", sa.String(length=40), server_default="", nullable=False)
        )
        batch_op.add_column(sa.Column("item", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("reuses", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("resumes", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("backfill", sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column("cache_key", sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column("handed", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("retry", sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column("not_before", base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("timeout_s", sa.Float(), nullable=True))
        batch_op.add_column(sa.Column("priority", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(
            sa.Column("concurrency", sa.Integer(), server_default="0", nullable=False)
        )
        batch_op.add_column(sa.Column("verdict", sa.String(length=16), nullable=True))
        batch_op.create_index("ix_pipeline_runs_cache_key", ["cache_key"], unique=False)
        batch_op.create_unique_constraint(
            batch_op.f("uq_pipeline_runs_backfill_tick"), ["backfill", "tick"]
        )
        batch_op.create_unique_constraint(
            batch_op.f("uq_pipeline_runs_parent_step_item"), ["parent", "step", "item"]
        )
    with op.batch_alter_table("pipeline_run_events", schema=None) as batch_op:
        batch_op.add_column(sa.Column("memory_mib", sa.Float(), nullable=True))


def _name_verdicts() -> None:
    """Write beside each run how its outputs compared, which lists are filtered by."""
    said = "comparison ->> 'outcome'"
    if op.get_bind().dialect.name == "sqlite":
        said = "json_extract(comparison, '$.outcome')"
    # Both texts are written here.
    op.execute(f"UPDATE pipeline_runs SET verdict = {said} WHERE comparison IS NOT NULL")  # noqa: S608
