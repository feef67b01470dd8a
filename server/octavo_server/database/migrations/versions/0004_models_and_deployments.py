"""models and deployments: registrations, proof, consumers, evidence, steps of rollouts"""

import sqlalchemy as sa
from alembic import op
from octavo_server.database.tables import base


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    _create_consumers()
    _create_figures()
    _create_evidence()
    _create_bills()
    _create_marks()
    _create_registrations()
    _create_batches()
    _create_partitions()
    _create_edge()
    _extend_requests()
    _extend_deployments()
    _name_owners()


def downgrade() -> None:
    """Refuse: what the third version can't say would be lost."""
    raise RuntimeError('Octavo goes back only by the backup from before the upgrade.')


def _create_consumers() -> None:
    """Make the tables of consumers, their tokens and what their requests look like."""
    op.create_table('consumers',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=63), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('owner', sa.String(length=255), nullable=False),
    sa.Column('deployments', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('requests_per_second', sa.Float(), nullable=False),
    sa.Column('burst', sa.Integer(), nullable=False),
    sa.Column('rows_per_minute', sa.Integer(), nullable=True),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_by', sa.String(length=255), nullable=True),
    sa.Column('revoked_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoke_reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('project', 'name', name=op.f('pk_consumers'))
    )
    op.create_table('consumer_tokens',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('consumer', sa.String(length=63), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('created_by', sa.String(length=255), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('expires_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_used_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoked_by', sa.String(length=255), nullable=True),
    sa.Column('revoked_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('revoke_reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consumer_tokens'))
    )
    with op.batch_alter_table('consumer_tokens', schema=None) as batch_op:
        batch_op.create_index('ix_consumer_tokens_consumer', ['project', 'consumer'], unique=False)
    op.create_table('consumer_patterns',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('deployment', sa.String(length=63), nullable=False),
    sa.Column('caller', sa.String(length=255), nullable=False),
    sa.Column('sentence', sa.Text(), nullable=False),
    sa.Column('rows', sa.Integer(), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'deployment', 'caller', name=op.f('pk_consumer_patterns'))
    )


def _create_figures() -> None:
    """Make the tables of what deployments answered and what they log of it."""
    op.create_table('deployment_figures',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('deployment', sa.String(length=63), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('writer', sa.String(length=32), nullable=False),
    sa.Column('requests', sa.BigInteger(), nullable=False),
    sa.Column('errors', sa.BigInteger(), nullable=False),
    sa.Column('refused', sa.BigInteger(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('latencies', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('compared', sa.BigInteger(), nullable=False),
    sa.Column('difference', sa.Float(), nullable=False),
    sa.PrimaryKeyConstraint('project', 'deployment', 'version', 'role', 'at', 'writer', name=op.f('pk_deployment_figures'))
    )
    with op.batch_alter_table('deployment_figures', schema=None) as batch_op:
        batch_op.create_index('ix_deployment_figures_at', ['at'], unique=False)
    op.create_table('deployment_request_logs',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('deployment', sa.String(length=63), nullable=False),
    sa.Column('share', sa.Float(), nullable=False),
    sa.Column('redacted', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('keep_days', sa.Integer(), nullable=False),
    sa.Column('generation', sa.Integer(), nullable=False),
    sa.Column('changed_by', sa.String(length=255), nullable=False),
    sa.Column('changed_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'deployment', name=op.f('pk_deployment_request_logs'))
    )


def _create_evidence() -> None:
    """Make the tables of requests' evidence and of what happened to rollouts."""
    op.create_table('deployment_evidence',
    sa.Column('request_id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('asked_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('gathered_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('document', sa.JSON(none_as_null=True), nullable=True),
    sa.PrimaryKeyConstraint('request_id', name=op.f('pk_deployment_evidence'))
    )
    with op.batch_alter_table('deployment_evidence', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deployment_evidence_state'), ['state'], unique=False)
    op.create_table('deployment_rollout_events',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('deployment', sa.String(length=63), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('rollout_id', sa.String(length=32), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('by', sa.String(length=255), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('judgement', sa.JSON(none_as_null=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deployment_rollout_events'))
    )
    with op.batch_alter_table('deployment_rollout_events', schema=None) as batch_op:
        batch_op.create_index('ix_deployment_rollout_events_place', ['project', 'deployment', 'number'], unique=False)


def _create_bills() -> None:
    """Make the tables of bills of materials and of what was signed about versions."""
    op.create_table('bills_of_materials',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('document', sa.Text(), nullable=False),
    sa.Column('components', sa.Integer(), nullable=False),
    sa.Column('made_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_bills_of_materials'))
    )
    op.create_table('environment_bills',
    sa.Column('environment', sa.String(length=64), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('environment', name=op.f('pk_environment_bills'))
    )
    op.create_table('model_attestations',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('envelope', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('made_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'name', 'version', 'kind', name=op.f('pk_model_attestations'))
    )
    op.create_table('key_revocations',
    sa.Column('key_id', sa.String(length=64), nullable=False),
    sa.Column('revoked_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('revoked_by', sa.String(length=255), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key_id', name=op.f('pk_key_revocations'))
    )


def _create_marks() -> None:
    """Make the tables of tags, of what MLflow was told directly, and of events sent."""
    op.create_table('model_version_tags',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=100), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('set_by', sa.String(length=255), nullable=False),
    sa.Column('set_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'name', 'version', 'key', name=op.f('pk_model_version_tags'))
    )
    op.create_table('registry_differences',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=30), nullable=False),
    sa.Column('about', sa.String(length=200), nullable=False),
    sa.Column('detail', sa.Text(), nullable=False),
    sa.Column('repaired', sa.Boolean(), nullable=False),
    sa.Column('found_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('resolved_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('project', 'id', name=op.f('pk_registry_differences'))
    )
    with op.batch_alter_table('registry_differences', schema=None) as batch_op:
        batch_op.create_index('ix_registry_differences_open', ['project', 'name', 'resolved_at'], unique=False)
    op.create_table('openlineage_cursors',
    sa.Column('sink', sa.String(length=40), nullable=False),
    sa.Column('at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('sent', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('sink', name=op.f('pk_openlineage_cursors'))
    )


def _create_registrations() -> None:
    """Make the table of registrations under way."""
    op.create_table('registrations',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('run_id', sa.String(length=64), nullable=False),
    sa.Column('model_id', sa.String(length=64), nullable=False),
    sa.Column('card', sa.Text(), nullable=False),
    sa.Column('owner', sa.String(length=255), nullable=False),
    sa.Column('convert', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('step', sa.String(length=16), nullable=False),
    sa.Column('done', sa.BigInteger(), nullable=False),
    sa.Column('total', sa.BigInteger(), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('remedy', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('requested_by', sa.String(length=255), nullable=False),
    sa.Column('cancel_requested_by', sa.String(length=255), nullable=True),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('step_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('seen_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_registrations'))
    )
    with op.batch_alter_table('registrations', schema=None) as batch_op:
        batch_op.create_index('ix_registrations_project', ['project', 'created_at'], unique=False)
        batch_op.create_index('ix_registrations_state', ['state', 'seen_at'], unique=False)


def _create_batches() -> None:
    """Make the table of batches."""
    op.create_table('batches',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('source', sa.String(length=500), nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('alias', sa.String(length=100), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('environment', sa.String(length=8), nullable=False),
    sa.Column('profile', sa.String(length=100), nullable=False),
    sa.Column('keep', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('max_failures', sa.Integer(), nullable=False),
    sa.Column('output', sa.String(length=500), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.String(length=255), nullable=False),
    sa.Column('created_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('partitions', sa.Integer(), nullable=False),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('failed', sa.Integer(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('input_bytes', sa.BigInteger(), nullable=False),
    sa.Column('started_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lost', sa.Integer(), nullable=False),
    sa.Column('attempt_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.Column('worker', sa.String(length=32), nullable=True),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('cost_eur', sa.Float(), nullable=True),
    sa.Column('cost_before', sa.Float(), nullable=False),
    sa.Column('cancel_requested_by', sa.String(length=255), nullable=True),
    sa.Column('manifest_digest', sa.String(length=64), nullable=True),
    sa.Column('envelope', sa.JSON(none_as_null=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_batches'))
    )
    with op.batch_alter_table('batches', schema=None) as batch_op:
        batch_op.create_index('ix_batches_project', ['project', 'created_at'], unique=False)
        batch_op.create_index('ix_batches_state', ['state', 'created_at'], unique=False)


def _create_partitions() -> None:
    """Make the table of batches' partitions."""
    op.create_table('batch_partitions',
    sa.Column('batch', sa.String(length=32), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=500), nullable=False),
    sa.Column('keys', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('files', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('input_digest', sa.String(length=64), nullable=True),
    sa.Column('output', sa.String(length=500), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.Column('engine', sa.String(length=16), nullable=True),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('remedy', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('committed_at', base.UtcDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('batch', 'number', name=op.f('pk_batch_partitions'))
    )
    with op.batch_alter_table('batch_partitions', schema=None) as batch_op:
        batch_op.create_index('ix_batch_partitions_state', ['batch', 'state', 'number'], unique=False)


def _create_edge() -> None:
    """Make the tables of bundles for the edge and of the devices that hold them."""
    op.create_table('edge_bundles',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('place', sa.String(length=200), nullable=False),
    sa.Column('model', sa.String(length=100), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('generation', sa.BigInteger(), nullable=False),
    sa.Column('key_id', sa.String(length=64), nullable=False),
    sa.Column('envelope', sa.JSON(none_as_null=True), nullable=False),
    sa.Column('made_by', sa.String(length=255), nullable=False),
    sa.Column('made_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'digest', name=op.f('pk_edge_bundles'))
    )
    op.create_table('edge_devices',
    sa.Column('project', sa.String(length=100), nullable=False),
    sa.Column('deployment', sa.String(length=63), nullable=False),
    sa.Column('device', sa.String(length=63), nullable=False),
    sa.Column('consumer', sa.String(length=63), nullable=False),
    sa.Column('installation', sa.String(length=32), nullable=False),
    sa.Column('client', sa.String(length=40), nullable=False),
    sa.Column('version', sa.Integer(), nullable=True),
    sa.Column('digest', sa.String(length=64), nullable=True),
    sa.Column('generation', sa.BigInteger(), nullable=True),
    sa.Column('sequence', sa.BigInteger(), nullable=False),
    sa.Column('requests', sa.BigInteger(), nullable=False),
    sa.Column('errors', sa.BigInteger(), nullable=False),
    sa.Column('dropped', sa.BigInteger(), nullable=False),
    sa.Column('latency_p50_ms', sa.Float(), nullable=True),
    sa.Column('latency_p95_ms', sa.Float(), nullable=True),
    sa.Column('latency_p99_ms', sa.Float(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('refusal', sa.Text(), nullable=True),
    sa.Column('first_seen_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', base.UtcDateTime(timezone=True), nullable=False),
    sa.Column('told_until', base.UtcDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('project', 'deployment', 'device', name=op.f('pk_edge_devices'))
    )


def _extend_requests() -> None:
    """Add what a request says beside its version."""
    with op.batch_alter_table('deployment_requests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('alias', sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column('reviewed_evidence', sa.String(length=64), nullable=True))
        batch_op.add_column(sa.Column('owner', sa.String(length=255), server_default='', nullable=False))
        batch_op.add_column(sa.Column('rate_limit', sa.JSON(none_as_null=True), nullable=True))
    with op.batch_alter_table('deployment_requests_scored', schema=None) as batch_op:
        batch_op.add_column(sa.Column('role', sa.String(length=16), server_default='stable', nullable=False))


def _extend_deployments() -> None:
    """Add owner, limit, shadow and lease to deployments, steps and times to their rollouts."""
    with op.batch_alter_table('deployments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('owner', sa.String(length=255), server_default='', nullable=False))
        batch_op.add_column(sa.Column('rate_limit', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('shadow_version', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('shadow_percent', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('controlled_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('judged_at', base.UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table('deployment_rollouts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('step', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('step_since', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('judgement', sa.JSON(none_as_null=True), nullable=True))
        batch_op.add_column(sa.Column('paused_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('paused_by', sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column('automatic', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('back_asked_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('back_generation', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('back_effective_at', base.UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table('deployment_scorers', schema=None) as batch_op:
        batch_op.add_column(sa.Column('retire_at', base.UtcDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('gpus', sa.JSON(none_as_null=True), server_default='[]', nullable=False))


def _name_owners() -> None:
    """Make who asked for a request its owner, and who asked first the owner of a deployment."""
    op.execute("UPDATE deployment_requests SET owner = requested_by")
    op.execute(
        "UPDATE deployments SET owner = COALESCE((SELECT requested_by FROM deployment_rollouts"
        " WHERE deployment_rollouts.project = deployments.project"
        " AND deployment_rollouts.deployment = deployments.name"
        " ORDER BY started_at LIMIT 1), '')"
    )
