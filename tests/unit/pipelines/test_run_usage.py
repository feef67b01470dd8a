"""Runs are booked while they run, and a dead worker's until it was last seen; on every database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.runs import Areas, open_areas
from tests.unit.pipelines.test_runs import pipeline, ran, start

from octavo_server.database.rows import Database
from octavo_server.execution import Ending
from octavo_server.pipelines.runs.usage import RunUsage


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


def meter(areas: Areas) -> RunUsage:
    """Return the periodic task of the worker that lives."""
    return RunUsage(areas.database, areas.ledger, areas.workers, areas.clock)


def test_a_long_run_is_booked_while_it_runs(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)
    task = meter(areas)
    task.step()
    assert areas.ledger.until == {}
    seen = []

    def during(_order: object) -> None:
        for _ in range(3):
            areas.clock.forward(minutes=1)
            task.step()
            seen.append(areas.ledger.until[f"{asked.id}.1"])

    areas.runner.during = during
    done = ran(areas, asked.id)
    assert done.started_at is not None
    minutes = [(at - done.started_at) / timedelta(minutes=1) for at in seen]
    assert minutes == [1, 2, 3]


def test_another_workers_attempt_is_not_booked(areas: Areas) -> None:
    pipeline(areas, areas.released())
    asked = start(areas)

    def during(_order: object) -> None:
        areas.workers.restart("worker-2")
        meter(areas).step()
        assert areas.ledger.until == {}
        areas.workers.own_id = "worker-1"

    areas.runner.during = during
    ran(areas, asked.id)


def test_a_lost_attempt_counts_until_it_was_last_seen(areas: Areas) -> None:
    pipeline(areas, areas.released(idempotent=True))
    asked = start(areas)
    areas.runner.endings = [Ending.VANISHED, Ending.SUCCEEDED]
    began = areas.clock.now

    def during(_order: object) -> None:
        areas.clock.forward(minutes=10)

    areas.runner.during = during
    done = ran(areas, asked.id)
    assert [one.state for one in done.attempts] == ["lost", "succeeded"]
    areas.clock.forward(hours=9)
    areas.attempts.run(asked.id)
    until = areas.ledger.until
    assert until[f"{asked.id}.1"] - began == timedelta(minutes=10)
    assert until[f"{asked.id}.2"] - began == timedelta(minutes=20)
