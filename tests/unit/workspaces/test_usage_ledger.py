"""Runs in the books of workspaces, on every database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from tests.support.workspaces import World

from octavo_server.adapters.workspace_ledger import WorkspaceLedger
from octavo_server.database.rows import Database


def test_an_attempt_is_booked_on_its_pipeline_and_a_hand_off_on_none(
    database: Database, tmp_path: Path
) -> None:
    world = World(database, tmp_path)
    ledger, since = WorkspaceLedger(world.usage), world.clock.now

    def book(attempt: str, pipeline: str, minutes: int) -> float:
        return ledger.book(
            attempt=attempt, person="ann", project="flights", pipeline=pipeline,
            profile="cpu-small", since=since, until=since + timedelta(minutes=minutes),
        )  # fmt: skip

    costs = [book("r1.1", "score-daily", 30), book("r1.1", "score-daily", 0), book("r2.1", "", 10)]
    assert costs == [0.06, 0.06, 0.02]
    report = world.usage.report("flights", since.date(), None)
    assert [(line.name, line.charge_micro_eur) for line in report.by_pipeline] == [
        ("score-daily", 60_000),
        ("(hand-offs)", 20_000),
    ]
    assert ledger.budget_left_cents("flights") == 1992
