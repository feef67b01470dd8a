"""Pipelines, schedules and runs that an earlier release made, read after the upgrade."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from sqlalchemy import Connection
from tests.support.databases import new_postgres

from octavo.records.pipelines import CatchUp
from octavo_server.database.migrate import configuration, migrate
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.database.tables.pipelines import pipeline_runs
from octavo_server.pipelines.definitions import store as definitions
from octavo_server.pipelines.runs import store as runs
from octavo_server.pipelines.schedules import store as schedules

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
MADE = {"created_by": "ada", "created_at": NOON}
PIPELINE = {"project": "flights", "name": "daily", "title": "", "release": "a" * 64,
            "parameters": {"n": 3}, **MADE}  # fmt: skip
SCHEDULE = {"id": "s1", "project": "flights", "pipeline": "daily", "cron": "0 5 * * *",
            "time_zone": "UTC", "parameters": {}, **MADE, "next_at": NOON,
            "last_run": None}  # fmt: skip
RUN = {
    "id": "r1", "project": "flights", "pipeline": "daily", "release": "a" * 64,
    "state": "succeeded", "trigger": "schedule", "schedule": "s1", "tick": NOON,
    "requested_by": "ada", "parameters": {"n": 3}, "profile": "cpu-small", "message": "",
    "created_at": NOON, "attempts": 1, "cell": 2, "cells": 2,
    "comparison": {"outcome": "identical", "identical": 2}, "inputs": [], "inputs_changed": [],
    "artifacts": [], "private_to": "",
}  # fmt: skip


def _insert(connection: Connection, table: str, row: dict[str, Any]) -> None:
    there = sa.Table(table, sa.MetaData(), autoload_with=connection)
    for column in there.columns:
        if isinstance(column.type, sa.DateTime):
            column.type = sa.DateTime(timezone=True)
    connection.execute(there.insert(), [row])


@pytest.fixture(params=["sqlite", "postgres"])
def upgraded(request: pytest.FixtureRequest, tmp_path: Path, postgres_folder: Path) -> Any:
    engine = (
        open_engine(f"sqlite:///{tmp_path / 'old.sqlite'}")
        if request.param == "sqlite"
        else open_engine(new_postgres(postgres_folder))
    )
    command.upgrade(configuration(engine), "0004")
    with engine.begin() as connection:
        _insert(connection, "pipelines", PIPELINE)
        _insert(connection, "pipeline_schedules", SCHEDULE)
        _insert(connection, "pipeline_runs", RUN)
        _insert(connection, "pipeline_runs", {
            **RUN, "id": "r2", "tick": None, "schedule": None, "comparison": None,
        })  # fmt: skip
    migrate(engine)
    yield SqlDatabase(engine)
    engine.dispose()


def test_what_was_there_is_read_as_it_was_meant(upgraded: SqlDatabase) -> None:
    with upgraded.read() as rows:
        pipeline = definitions.pipeline(rows, "flights", "daily")
        schedule = schedules.schedule(rows, "s1")
        run = runs.run(rows, "r1")
        verdicts = {row["id"]: row["verdict"] for row in rows.find(pipeline_runs, order_by=("id",))}
    assert pipeline is not None
    assert (pipeline.graph, pipeline.priority, pipeline.when_full) == (None, 0, "queue")
    assert schedule is not None
    assert (schedule.catch_up, schedule.paused) == (CatchUp.LATEST, False)
    assert run is not None
    assert (run.kind, run.parent, run.handed, run.priority) == ("release", None, (), 0)
    assert verdicts == {"r1": "identical", "r2": None}
