"""Usage and cost, on every database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.workspaces import MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_runs_and_deployments_are_booked_too_and_idempotently(world: World) -> None:
    since = world.clock.now
    for minutes in (30, 30, 10, 90):
        world.usage.record(
            "run",
            "r1",
            person="scientist",
            project="flights",
            profile="cpu-small",
            since=since,
            until=since + minutes * MINUTE,
        )
    world.clock.now += 120 * MINUTE
    report = world.usage.report(None, since.date(), world.clock.now.date())
    assert [(one.name, one.seconds) for one in report.by_day] == [
        ("2026-03-31", 3600),
        ("2026-04-01", 1800),
    ]
    assert [one.name for one in report.by_kind] == ["run"]
    assert report.split.total == 180_000
    with pytest.raises(NotFound, match="nope"):
        world.usage.record(
            "run",
            "r2",
            person="a",
            project="flights",
            profile="nope",
            since=since,
            until=since + MINUTE,
        )


def test_a_report_over_a_wrong_span_is_refused(world: World) -> None:
    day = world.clock.now.date()
    with pytest.raises(Invalid, match="since"):
        world.usage.report("flights", day, day - timedelta(days=1))
    with pytest.raises(Invalid, match="401 days"):
        world.usage.report("flights", day - timedelta(days=401), day)
