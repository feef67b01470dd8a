"""governed workspaces: profiles under four eyes, queued sessions, usage by the hour"""

import sqlalchemy as sa
from alembic import op
from octavo_server.database.migrations import first_light_rows as moves
from octavo_server.database.tables import base


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply: three tables are made anew, with what was in them."""
    bind = op.get_bind()
    versions = moves.read(bind, moves.PROFILE_VERSIONS)
    sessions = moves.read(bind, moves.SESSIONS)
    usage = moves.read(bind, moves.USAGE_DAYS)
    for table in ('profile_versions', 'workspace_sessions', 'usage_days'):
        op.drop_table(table)
    _create_profiles()
    _create_sessions()
    _create_limits()
    _create_hours()
    _create_meters()
    _extend_runs()
    moves.write(bind, 'profile_versions', moves.profile_versions(versions))
    moves.write(bind, 'workspace_sessions', moves.sessions(sessions))
    moves.write(bind, 'usage_meters', moves.meters(sessions))
    moves.write(bind, 'usage_hours', moves.usage_hours(usage))
    moves.write(bind, 'usage_project_hours', moves.project_hours(usage))


def downgrade() -> None:
    """Refuse: what the first release can't say would be lost."""
    raise RuntimeError('Octavo goes back only by the backup from before the upgrade.')


def _create_profiles() -> None:
    """Make the tables of profiles."""
    op.create_table('profile_versions',
    sa.Column('profile', sa.String(length=63), nullable=False),
    sa.Column('version', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('digest', sa.String(length=71), nullable=False),
    sa.Column('content', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('author', sa.String(length=255), nullable=False),
    sa.Column('reviewer', sa.String(length=255), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('published_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('redirect_to', sa.String(length=63), nullable=True),
    sa.Column('message', sa.String(length=300), nullable=False),
    sa.PrimaryKeyConstraint('profile', 'version', name=op.f('pk_profile_versions'))
    )
    with op.batch_alter_table('profile_versions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_profile_versions_digest'), ['digest'], unique=False)
        batch_op.create_index('ix_profile_versions_state', ['state'], unique=False)

    op.create_table('profile_changes',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('profile', sa.String(length=63), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('digest', sa.String(length=71), nullable=False),
    sa.Column('base_version', sa.Integer(), nullable=True),
    sa.Column('to_version', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('diff', sa.Text(), nullable=False),
    sa.Column('findings', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('redirect_to', sa.String(length=63), nullable=True),
    sa.Column('message', sa.String(length=300), nullable=False),
    sa.Column('author', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('reviewer', sa.String(length=255), nullable=True),
    sa.Column('review_reason', sa.Text(), nullable=True),
    sa.Column('reviewed_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_profile_changes'))
    )
    with op.batch_alter_table('profile_changes', schema=None) as batch_op:
        batch_op.create_index('ix_profile_changes_profile_created', ['profile', 'created_at'], unique=False)
        batch_op.create_index('ix_profile_changes_state_created', ['state', 'created_at'], unique=False)


def _create_sessions() -> None:
    """Make the table of sessions."""
    op.create_table('workspace_sessions',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('person', sa.String(length=128), nullable=False),
    sa.Column('open_person', sa.String(length=128), nullable=True),
    sa.Column('groups', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('team', sa.String(length=255), nullable=False),
    sa.Column('profile', sa.String(length=63), nullable=False),
    sa.Column('profile_version', sa.Integer(), nullable=False),
    sa.Column('image', sa.String(length=63), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('gpus', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('pool', sa.String(length=63), nullable=False),
    sa.Column('requested_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ready_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('metered_until', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=32), nullable=True),
    sa.Column('stop_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('stop_reason', sa.String(length=32), nullable=True),
    sa.Column('extended_until', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('probed_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('activity', sa.String(length=16), nullable=False),
    sa.Column('active_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('gpu_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('gpu_seen_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('rescue', sa.Boolean(), nullable=False),
    sa.Column('incidents', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('failure', sa.String(length=32), nullable=True),
    sa.Column('failure_text', sa.Text(), nullable=False),
    sa.Column('failure_raw', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workspace_sessions')),
    sa.UniqueConstraint('open_person', name=op.f('uq_workspace_sessions_open_person'))
    )
    with op.batch_alter_table('workspace_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_workspace_sessions_profile', ['profile', 'ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_workspace_sessions_project'), ['project'], unique=False)
        batch_op.create_index('ix_workspace_sessions_requested_at', ['requested_at'], unique=False)
        batch_op.create_index('ix_workspace_sessions_state', ['state', 'requested_at'], unique=False)


def _create_limits() -> None:
    """Make the tables of budgets and quotas."""
    op.create_table('budget_alerts',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('step', sa.String(length=16), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('percent', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'month', 'step', name=op.f('pk_budget_alerts'))
    )
    op.create_table('budget_steps',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('alert_percent', sa.Integer(), nullable=False),
    sa.Column('soft_stop_percent', sa.Integer(), nullable=False),
    sa.Column('hard_stop_percent', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('project', name=op.f('pk_budget_steps'))
    )
    op.create_table('quotas',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('scope', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=255), nullable=False),
    sa.Column('resource', sa.String(length=16), nullable=False),
    sa.Column('limit', sa.Float(), nullable=False),
    sa.Column('window_days', sa.Integer(), nullable=False),
    sa.Column('set_by', sa.String(length=255), nullable=False),
    sa.Column('set_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_quotas')),
    sa.UniqueConstraint('scope', 'name', 'resource', 'window_days', name=op.f('uq_quotas_scope_name_resource_window_days'))
    )


def _create_hours() -> None:
    """Make the table of metered hours."""
    op.create_table('usage_hours',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('hour', sa.String(length=13), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('person', sa.String(length=255), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('team', sa.String(length=255), nullable=False),
    sa.Column('profile', sa.String(length=63), nullable=False),
    sa.Column('profile_version', sa.Integer(), nullable=False),
    sa.Column('part', sa.String(length=255), nullable=False),
    sa.Column('price_micro_eur', sa.BigInteger(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('core_seconds_requested', sa.Float(), nullable=False),
    sa.Column('gib_seconds_requested', sa.Float(), nullable=False),
    sa.Column('gpu_seconds_requested', sa.Float(), nullable=False),
    sa.Column('core_seconds_used', sa.Float(), nullable=False),
    sa.Column('gib_seconds_used', sa.Float(), nullable=False),
    sa.Column('gpu_seconds_used', sa.Float(), nullable=False),
    sa.Column('core_seconds', sa.Float(), nullable=False),
    sa.Column('gib_seconds', sa.Float(), nullable=False),
    sa.Column('gpu_seconds', sa.Float(), nullable=False),
    sa.Column('charge_micro_eur', sa.BigInteger(), nullable=False),
    sa.Column('waste_micro_eur', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'subject', 'hour', name=op.f('pk_usage_hours'))
    )
    with op.batch_alter_table('usage_hours', schema=None) as batch_op:
        batch_op.create_index('ix_usage_hours_day', ['day'], unique=False)
        batch_op.create_index('ix_usage_hours_person_hour', ['person', 'hour'], unique=False)
        batch_op.create_index('ix_usage_hours_project_day', ['project', 'day'], unique=False)


def _create_meters() -> None:
    """Make the tables of meters and of projects' sums."""
    op.create_table('usage_meters',
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('person', sa.String(length=255), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('team', sa.String(length=255), nullable=False),
    sa.Column('part', sa.String(length=255), nullable=False),
    sa.Column('cores', sa.Float(), nullable=False),
    sa.Column('gib', sa.Float(), nullable=False),
    sa.Column('gpus', sa.Float(), nullable=False),
    sa.Column('until', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cpu_seconds', sa.Float(), nullable=True),
    sa.Column('cpu_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('charge_rest', sa.Float(), nullable=False),
    sa.Column('waste_rest', sa.Float(), nullable=False),
    sa.Column('seen_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_usage_meters'))
    )
    with op.batch_alter_table('usage_meters', schema=None) as batch_op:
        batch_op.create_index('ix_usage_meters_live', ['ended', 'seen_at'], unique=False)
        batch_op.create_index('ix_usage_meters_person', ['person', 'project', 'seen_at'], unique=False)

    op.create_table('usage_project_hours',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('hour', sa.String(length=13), nullable=False),
    sa.Column('core_seconds', sa.Float(), nullable=False),
    sa.Column('gib_seconds', sa.Float(), nullable=False),
    sa.Column('gpu_seconds', sa.Float(), nullable=False),
    sa.Column('charge_micro_eur', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'hour', name=op.f('pk_usage_project_hours'))
    )
    with op.batch_alter_table('usage_project_hours', schema=None) as batch_op:
        batch_op.create_index('ix_usage_project_hours_hour', ['hour'], unique=False)


def _extend_runs() -> None:
    """Let a run be a hand-off."""
    with op.batch_alter_table('pipeline_runs', schema=None) as batch_op:
        batch_op.add_column(sa.Column('notebook', sa.String(length=512), nullable=True))
        batch_op.add_column(sa.Column('notebook_digest', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('session', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('private_to', sa.String(length=255), server_default='', nullable=False))
