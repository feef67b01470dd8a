"""discovery in the lab: columns of runs, a catalog of features, their changes and materialisations"""

import sqlalchemy as sa
from alembic import op
from octavo_server.database.migrations import governed_rows as moves
from octavo_server.database.tables import base


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; the read models fill themselves, what they can't find again is moved."""
    bind = op.get_bind()
    _create_changes()
    _create_facts()
    _create_histories()
    _create_pushes()
    _create_jobs()
    _create_schedules()
    _create_cells()
    _create_views()
    _drop_metrics()
    _extend_views()
    moves.fill_cells(bind)
    moves.fill_dashboards(bind)


def downgrade() -> None:
    """Refuse: what the second version can't say would be lost."""
    raise RuntimeError('Octavo goes back only by the backup from before the upgrade.')


def _create_changes() -> None:
    """Make the tables of changes to features."""
    op.create_table('feature_builds',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('snapshot', sa.String(length=64), nullable=False),
    sa.Column('declaration', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('loaded_rows', sa.Integer(), nullable=False),
    sa.Column('load_seconds', sa.Float(), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'snapshot', name=op.f('pk_feature_builds'))
    )
    with op.batch_alter_table('feature_builds', schema=None) as batch_op:
        batch_op.create_index('ix_feature_builds_project_at', ['project', 'at'], unique=False)
    op.create_table('feature_change_plans',
    sa.Column('change', sa.String(length=64), nullable=False),
    sa.Column('declaration', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('plan', sa.JSON(none_as_null=True), nullable=False),
    sa.PrimaryKeyConstraint('change', name=op.f('pk_feature_change_plans'))
    )
    op.create_table('feature_changes',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=20), nullable=False),
    sa.Column('author', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('base_snapshot', sa.String(length=64), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('added', sa.Integer(), nullable=False),
    sa.Column('changed', sa.Integer(), nullable=False),
    sa.Column('removed', sa.Integer(), nullable=False),
    sa.Column('breaks', sa.Integer(), nullable=False),
    sa.Column('reviewer', sa.String(length=255), nullable=True),
    sa.Column('review_reason', sa.Text(), nullable=True),
    sa.Column('reviewed_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('worker', sa.String(length=64), nullable=True),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('steps', sa.Integer(), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('cancelled_by', sa.String(length=255), nullable=True),
    sa.Column('snapshot', sa.String(length=64), nullable=True),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feature_changes'))
    )
    with op.batch_alter_table('feature_changes', schema=None) as batch_op:
        batch_op.create_index('ix_feature_changes_project_created_at', ['project', 'created_at'], unique=False)
        batch_op.create_index('ix_feature_changes_state', ['state'], unique=False)


def _create_facts() -> None:
    """Make the tables of what is known about features."""
    op.create_table('feature_costs',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('materializations', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('micro_eur', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', 'day', name=op.f('pk_feature_costs'))
    )
    op.create_table('feature_expectations',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('newest_event_within_s', sa.Integer(), nullable=True),
    sa.Column('materialized_within_s', sa.Integer(), nullable=True),
    sa.Column('set_by', sa.String(length=255), nullable=False),
    sa.Column('set_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', name=op.f('pk_feature_expectations'))
    )
    op.create_table('feature_index',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('checked_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('indexed_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('pointed_to', sa.Text(), nullable=True),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('problems', sa.JSON(none_as_null=True), nullable=False),
    sa.PrimaryKeyConstraint('project', name=op.f('pk_feature_index'))
    )


def _create_histories() -> None:
    """Make the tables of what happened to features."""
    op.create_table('feature_uses',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('how', sa.String(length=20), nullable=False),
    sa.Column('person', sa.String(length=255), nullable=False),
    sa.Column('subject', sa.String(length=500), nullable=False),
    sa.Column('service', sa.String(length=100), nullable=False),
    sa.Column('columns', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('last_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('count', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', 'day', 'how', 'person', 'subject', name=op.f('pk_feature_uses'))
    )
    with op.batch_alter_table('feature_uses', schema=None) as batch_op:
        batch_op.create_index('ix_feature_uses_project_view_last_at', ['project', 'view', 'last_at'], unique=False)
    op.create_table('feature_versions',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('snapshot', sa.String(length=64), nullable=False),
    sa.Column('published_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('published_by', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('removed', sa.Boolean(), nullable=False),
    sa.Column('definition', sa.JSON(none_as_null=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', 'number', name=op.f('pk_feature_versions'))
    )
    op.create_table('feature_windows',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('computed_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('columns', sa.JSON(none_as_null=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', name=op.f('pk_feature_windows'))
    )


def _create_pushes() -> None:
    """Make the table of pushed rows."""
    op.create_table('feature_pushes',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('push_source', sa.String(length=100), nullable=False),
    sa.Column('views', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('rows', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('oldest_event_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('newest_event_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('pushed_by', sa.String(length=255), nullable=False),
    sa.Column('pushed_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('online_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('part', sa.String(length=32), nullable=True),
    sa.Column('offline_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feature_pushes'))
    )
    with op.batch_alter_table('feature_pushes', schema=None) as batch_op:
        batch_op.create_index('ix_feature_pushes_online', ['online_at'], unique=False)
        batch_op.create_index('ix_feature_pushes_source', ['project', 'push_source', 'pushed_at'], unique=False)
        batch_op.create_index('ix_feature_pushes_waiting', ['offline_at', 'project', 'push_source', 'pushed_at'], unique=False)


def _create_jobs() -> None:
    """Make the table of materialisations."""
    op.create_table('materializations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('views', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.String(length=16), nullable=False),
    sa.Column('since', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('until', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('window_s', sa.Float(), nullable=False),
    sa.Column('windows', sa.Integer(), nullable=False),
    sa.Column('windows_done', sa.Integer(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.String(length=255), nullable=False),
    sa.Column('schedule', sa.String(length=32), nullable=True),
    sa.Column('tick', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('attempt_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('worker', sa.String(length=32), nullable=True),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('cost_eur', sa.Float(), nullable=True),
    sa.Column('cost_before', sa.Float(), nullable=False),
    sa.Column('snapshot', sa.String(length=64), nullable=True),
    sa.Column('cancel_requested_by', sa.String(length=255), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_materializations')),
    sa.UniqueConstraint('schedule', 'tick', name=op.f('uq_materializations_schedule_tick'))
    )
    with op.batch_alter_table('materializations', schema=None) as batch_op:
        batch_op.create_index('ix_materializations_project', ['project', 'created_at'], unique=False)
        batch_op.create_index('ix_materializations_state', ['state', 'created_at'], unique=False)
        batch_op.create_index('ix_materializations_target', ['project', 'kind', 'name', 'created_at'], unique=False)
    op.create_table('materialized_views',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('view', sa.String(length=100), nullable=False),
    sa.Column('until', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('job', sa.String(length=32), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'view', name=op.f('pk_materialized_views'))
    )


def _create_schedules() -> None:
    """Make the table of materialisation schedules."""
    op.create_table('materialization_schedules',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('cron', sa.String(length=120), nullable=False),
    sa.Column('time_zone', sa.String(length=64), nullable=False),
    sa.Column('overlap_minutes', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('next_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('last_job', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_materialization_schedules'))
    )
    with op.batch_alter_table('materialization_schedules', schema=None) as batch_op:
        batch_op.create_index('ix_materialization_schedules_next_at', ['next_at'], unique=False)
        batch_op.create_index('ix_materialization_schedules_project', ['project', 'name'], unique=False)


def _create_cells() -> None:
    """Make the tables of notebook versions and cells."""
    op.create_table('cell_runs',
    sa.Column('run_id', sa.String(length=64), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('cell', sa.String(length=200), nullable=False),
    sa.Column('owner', sa.String(length=255), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('run_id', name=op.f('pk_cell_runs'))
    )
    with op.batch_alter_table('cell_runs', schema=None) as batch_op:
        batch_op.create_index('ix_cell_runs_project_path', ['project', 'path', 'started_at'], unique=False)
    op.create_table('cell_sources',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('source', sa.Text(), nullable=False),
    sa.Column('stored_by', sa.String(length=255), nullable=False),
    sa.Column('stored_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'sha256', name=op.f('pk_cell_sources'))
    )
    op.create_table('notebook_versions',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('blob', sa.String(length=64), nullable=False),
    sa.Column('exact', sa.Boolean(), nullable=False),
    sa.Column('path', sa.String(length=500), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('cells', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('cell_count', sa.Integer(), nullable=False),
    sa.Column('stored_by', sa.String(length=255), nullable=False),
    sa.Column('stored_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'sha256', name=op.f('pk_notebook_versions'))
    )


def _create_views() -> None:
    """Make the tables of saved views and baselines."""
    op.create_table('run_baselines',
    sa.Column('experiment_id', sa.String(length=40), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('run_id', sa.String(length=64), nullable=False),
    sa.Column('pinned_by', sa.String(length=255), nullable=False),
    sa.Column('pinned_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('experiment_id', name=op.f('pk_run_baselines'))
    )
    with op.batch_alter_table('run_baselines', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_run_baselines_project'), ['project'], unique=False)
    op.create_table('run_views',
    sa.Column('id', sa.String(length=40), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('experiment', sa.String(length=500), nullable=True),
    sa.Column('filter', sa.Text(), nullable=False),
    sa.Column('order_by', sa.Text(), nullable=False),
    sa.Column('columns', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('pins', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('group_by', sa.Text(), nullable=True),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(length=255), nullable=False),
    sa.Column('updated_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_views')),
    sa.UniqueConstraint('project', 'name', name=op.f('uq_run_views_project_name'))
    )


def _drop_metrics() -> None:
    """Take away what the columns in memory have replaced."""
    with op.batch_alter_table('metric_names', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_metric_names_project'))
    op.drop_table('metric_names')
    with op.batch_alter_table('run_metrics', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_run_metrics_experiment_value'))
        batch_op.drop_index(batch_op.f('ix_run_metrics_project_value'))
    op.drop_table('run_metrics')
    with op.batch_alter_table('tracked_runs', schema=None) as batch_op:
        batch_op.drop_column('search')


def _extend_views() -> None:
    """Let views tell when they were used and what changed."""
    with op.batch_alter_table('feature_views', schema=None) as batch_op:
        batch_op.add_column(sa.Column('revision', sa.BigInteger(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('removed', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('published_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('last_used_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('consumed_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('people', sa.Integer(), server_default='0', nullable=False))
        batch_op.create_index('ix_feature_views_project_revision', ['project', 'revision'], unique=False)
