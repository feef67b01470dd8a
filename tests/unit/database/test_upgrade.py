"""A database of the first release, upgraded with all that is in it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Engine
from tests.support.databases import new_postgres

from octavo_server.database.migrate import configuration, migrate
from octavo_server.database.migrations import first_light_rows as moves
from octavo_server.database.migrations import governed_rows as governed
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.database.tables.cells import cell_runs
from octavo_server.database.tables.lineage import lineage_edges
from octavo_server.workspaces.profiles import rules
from octavo_server.workspaces.profiles import store as profiles
from octavo_server.workspaces.profiles.domain import VersionState
from octavo_server.workspaces.sessions import store as sessions
from octavo_server.workspaces.usage import store as usage

OLD_RUNS = sa.table(
    "tracked_runs",
    *(sa.column(one.name, one.type) for one in governed.RUNS.columns),
    *(sa.column(name) for name in ("experiment_id", "name", "status", "search", "revision")),
)
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
LATER = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONTENT = {
    "id": "cpu-small", "title": "Small CPU", "description": "For tables.", "cpu": 2.0,
    "memory_gib": 8.0, "processes": 1024, "gpu": 0, "gpu_type": None, "price_micro_eur": 120_000,
    "idle_minutes": 60, "ready_seconds": 8, "audiences": [], "environments": ["dev", "prod"],
    "pipelines": True,
}  # fmt: skip


def _fill(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(moves.PROFILE_VERSIONS.insert(), [
            _profile("cpu-small", 1), _profile("cpu-small", 2, published_at=LATER),
            _profile("gone", 1, withdrawn_at=LATER),
        ])  # fmt: skip
        connection.execute(moves.SESSIONS.insert(), [_session("s1"), _session("s2", NOON)])
        connection.execute(
            moves.USAGE_DAYS.insert(), [_usage("2026-05-01", 500), _usage("2026-05-02", 7)]
        )
        runs = [_run("a" * 32), _run("b" * 32, cell=""), _run("c" * 32, removed=True)]
        connection.execute(OLD_RUNS.insert(), runs)
        connection.execute(governed.EDGES.insert(), [_served(NOON), _served(LATER, version=2)])


def _profile(name: str, version: int, **more: Any) -> dict[str, Any]:
    moments = {"published_at": NOON, "withdrawn_at": None}
    content = CONTENT | {"id": name}
    digest = f"sha256:{version:064}"
    return {
        "profile": name, "version": version, "digest": digest, "content": content
    } | moments | more  # fmt: skip


def _session(name: str, ended_at: datetime | None = None) -> dict[str, Any]:
    return {
        "id": name, "person": "ada", "project": "flights", "profile": "cpu-small",
        "profile_version": 1, "state": "ended" if ended_at else "running",
        "end_reason": "stopped" if ended_at else None, "started_at": NOON, "metered_until": LATER,
        "active_at": NOON, "ended_at": ended_at,
    }  # fmt: skip


def _usage(day: str, cost_micro_eur: int) -> dict[str, Any]:
    return {
        "kind": "session", "subject": "s1", "day": day, "person": "ada", "project": "flights",
        "profile": "cpu-small", "seconds": 7200.0, "cost_micro_eur": cost_micro_eur,
    }  # fmt: skip


def _run(run_id: str, cell: str = "c1", removed: bool = False) -> dict[str, Any]:
    tags = {"octavo.notebook.path": "train.ipynb", "octavo.notebook.cell": cell}
    return {
        "run_id": run_id, "project": "flights", "experiment_id": "1", "name": "train",
        "status": "finished", "owner": "ada", "started_at": NOON, "search": "train",
        "detail": {"metrics": {}, "params": {}, "tags": tags, "inputs": [], "models": 0},
        "removed": removed, "revision": 1,
    }  # fmt: skip


def _served(at: datetime, version: int = 1) -> dict[str, Any]:
    return {
        "source": f"model_version:flights/late/{version}", "target": "deployment:flights/late-prod",
        "relation": "served_by", "project": "flights", "at": at,
    }  # fmt: skip


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, postgres_folder: Path) -> Any:
    engine = (
        open_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
        if request.param == "sqlite"
        else open_engine(new_postgres(postgres_folder))
    )
    command.upgrade(configuration(engine), "0001")
    _fill(engine)
    migrate(engine)
    yield SqlDatabase(engine)
    engine.dispose()


def test_profiles_keep_their_history_and_what_they_cost(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        first, second = profiles.versions(rows, "cpu-small")
        (gone,) = profiles.versions(rows, "gone")
    assert (first.state, first.ended_at) == (VersionState.SUPERSEDED, LATER)
    assert (second.state, second.ended_at) == (VersionState.PUBLISHED, None)
    assert (gone.state, gone.ended_at) == (VersionState.RETIRED, LATER)
    assert second.profile.price_on(date(2026, 7, 1)) == 120_000
    assert (second.profile.cpu_guarantee, second.profile.memory_guarantee_gib) == (0.25, 1.0)
    assert second.digest == rules.digest_of(second.profile)


def test_sessions_go_on_and_their_persons_have_one_each(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        running, ended = sessions.session(rows, "s1"), sessions.session(rows, "s2")
    assert running is not None
    assert ended is not None
    assert (running.state, running.requested_at, running.metered_until) == ("running", NOON, LATER)
    assert (ended.state, ended.end_reason) == ("ended", "stopped")


def test_what_was_spent_is_spent(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        hours = usage.hours_of_day(rows, "2026-05-01")
        whole = usage.charge(rows, None, "2026-05-01T00")
        of_project = sum(usage.charges_by_hour(rows, "flights", "2026-05-01T00").values())
    assert [(one.subject, one.charge_micro_eur) for one in hours] == [("s1", 500)]
    assert (whole, of_project) == (507, 507)


def test_runs_are_found_by_the_cell_that_made_them(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        (found,) = rows.find(cell_runs, ("project", "=", "flights"))
    assert (found["run_id"], found["path"], found["cell"]) == ("a" * 32, "train.ipynb", "c1")
    assert (found["owner"], found["started_at"]) == ("ada", NOON)


def test_each_deployment_has_one_dashboard_in_the_lineage(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        (edge,) = rows.find(lineage_edges, ("relation", "=", "watched by"))
    ends = (edge["source"], edge["target"], edge["at"])
    assert ends == ("deployment:flights/late-prod", "dashboard:flights/late-prod", NOON)
