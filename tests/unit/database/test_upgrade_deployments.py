"""Deployments that an earlier release made, read and changed after the upgrade."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection
from tests.support.databases import new_postgres

from octavo_server.database.migrate import configuration, migrate
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.deployments.requests import store as requests
from octavo_server.deployments.rollouts import store as rollouts
from octavo_server.deployments.rollouts.domain import RolloutState
from octavo_server.deployments.serving import store as serving

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)
PLACE = {"project": "flights", "deployment": "late"}
OBJECTIVES = {"latency_p95_ms": 250.0, "error_rate": 0.01, "drift_psi": 0.2}
CANARY = {"kind": "canary", "percent": 10}
DEPLOYMENT = {
    "project": "flights", "name": "late", "model": "late", "environment": "prod",
    "profile": "cpu-small", "objectives": OBJECTIVES, "stable_version": 1, "canary_version": 2,
    "canary_percent": 10, "previous_version": None, "generation": 3, "created_at": NOON,
    "updated_at": LATER,
}  # fmt: skip
ROLLOUTS = [
    {
        "id": f"rollout-{version}", **PLACE, "request_id": f"asked-{version}", "from_version": None,
        "to_version": version, "traffic": CANARY, "state": state, "message": "", "ended_by": None,
        "requested_by": by, "started_at": at, "ended_at": None,
    }
    for version, state, by, at in [(2, "canary", "grace", LATER), (1, "live", "ada", NOON)]
]  # fmt: skip
REQUEST = {
    "id": "asked", **PLACE, "model": "late", "version": 2, "model_digest": "5" * 64,
    "environment": "prod", "profile": "cpu-small", "traffic": CANARY, "objectives": OBJECTIVES,
    "reason": "Better.", "requested_by": "grace", "requested_at": NOON, "expires_at": LATER,
    "state": "pending", "message": "", "digest": "f" * 64, "reviewer": None, "decision": None,
    "policy": {"allowed": True, "reasons": [], "policy_digest": "7" * 64},
    "review_reason": None, "reviewed_digest": None, "reviewed_at": None,
}  # fmt: skip
SCORED = {
    "id": "scored", **PLACE, "version": 1, "at": LATER, "latency_ms": 73.2, "status": "ok",
    "rows": 1, "scores": [0.05], "features": {"carrier": "US"}, "caller": "ada",
}  # fmt: skip


def _insert(connection: Connection, table: str, *rows: dict[str, Any]) -> None:
    there = sa.Table(table, sa.MetaData(), autoload_with=connection)
    for column in there.columns:
        if isinstance(column.type, sa.DateTime):
            column.type = sa.DateTime(timezone=True)
    connection.execute(there.insert(), list(rows))


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, postgres_folder: Path) -> Any:
    engine = (
        open_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
        if request.param == "sqlite"
        else open_engine(new_postgres(postgres_folder))
    )
    command.upgrade(configuration(engine), "0003")
    with engine.begin() as connection:
        _insert(connection, "deployments", DEPLOYMENT)
        _insert(connection, "deployment_rollouts", *ROLLOUTS)
        _insert(connection, "deployment_requests", REQUEST)
        _insert(connection, "deployment_requests_scored", SCORED)
    migrate(engine)
    yield SqlDatabase(engine)
    engine.dispose()


def test_a_canary_under_way_goes_on(upgraded: SqlDatabase) -> None:
    with upgraded.write() as rows:
        deployment = rollouts.deployment(rows, "flights", "late")
        latest = rollouts.latest_rollout(rows, "flights", "late")
        assert deployment is not None
        assert latest is not None
        saved = rollouts.save_deployment(rows, deployment)
    assert (deployment.canary_version, deployment.canary_percent) == (2, 10)
    assert (deployment.shadow_version, deployment.rate_limit) == (None, None)
    assert (latest.to_version, latest.state, latest.step) == (2, RolloutState.CANARY, 0)
    assert (latest.traffic.steps, latest.automatic) == ((), False)
    assert saved.generation == deployment.generation + 1


def test_who_asked_owns_it(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        deployment = rollouts.deployment(rows, "flights", "late")
        asked = requests.request(rows, "flights", "asked")
    assert deployment is not None
    assert asked is not None
    assert (deployment.owner, asked.owner) == ("ada", "grace")
    assert (asked.alias, asked.rate_limit, asked.digest) == (None, None, "f" * 64)


def test_what_was_answered_counts_for_the_stable_version(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        (scored,) = serving.scored_since(rows, "flights", "late", NOON, 10)
    assert (scored.version, scored.role, scored.scores) == (1, "stable", (0.05,))
