"""The read model on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tests.unit.experiments.test_rules import run

from octavo_server.database.rows import Database
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.domain import Run, RunStatus, Sync, TrackedExperiment
from octavo_server.experiments.runs.index.table import IndexedRun

AT = datetime(2026, 1, 2, tzinfo=UTC)
LATE = TrackedExperiment(experiment_id="1", project="flights", name="flights/late")
OTHER = TrackedExperiment(experiment_id="2", project="flights", name="flights/other")
FOREIGN = TrackedExperiment(experiment_id="3", project="weather", name="weather/rain")


def many(count: int) -> list[Run]:
    """Runs with a metric that repeats, is missing for every third, and is no number for one."""
    found = []
    for number in range(count):
        metrics: dict[str, float | None] = {} if number % 3 == 0 else {"auc": (number % 5) / 10}
        if number == 4:
            metrics = {"auc": None}
        found.append(
            run(
                f"run{number:03}",
                name=f"train {number % 4}",
                started_at=AT + timedelta(minutes=number // 2) if number % 7 else None,
                status=RunStatus.RUNNING if number == 1 else RunStatus.FINISHED,
                metrics=metrics,
                params={"C": str(number)},
            )
        )
    return found


def filled(database: Database, runs: list[Run]) -> None:
    with database.write() as rows:
        store.save_experiments(rows, [LATE, OTHER, FOREIGN], 1)
        store.save_runs(rows, runs, 1)


def walk(database: Database, most: int) -> list[IndexedRun]:
    """What the index reads, batch by batch."""
    found: list[IndexedRun] = []
    place = (0, "")
    while True:
        with database.read() as rows:
            some = store.indexed_after(rows, "flights", *place, most)
        found += some
        if len(some) < most:
            return found
        place = (some[-1].revision, some[-1].run_id)


def test_the_index_reads_every_run_once_in_the_order_of_changes(database: Database) -> None:
    runs = many(30)
    filled(database, runs)
    with database.write() as rows:
        store.save_runs(rows, [replace(one, name="again") for one in runs[::4]], 2)
    for most in (1, 7, 50):
        found = walk(database, most)
        assert sorted(one.run_id for one in found) == [one.run_id for one in runs]
        places = [(one.revision, one.run_id) for one in found]
        assert places == sorted(places)


def test_the_index_knows_infinities_from_nan(database: Database) -> None:
    odd = {"up": math.inf, "down": -math.inf, "none": math.nan, "well": 1.5}
    filled(database, [run("a", metrics=odd)])
    (found,) = walk(database, 10)
    assert math.isnan(found.metrics["none"])
    assert {name: found.metrics[name] for name in ("up", "down", "well")} == {
        "up": math.inf,
        "down": -math.inf,
        "well": 1.5,
    }
    with database.read() as rows:
        (read,) = store.runs_by_id(rows, "flights", ["a"])
    assert read.odd == {"up": "inf", "down": "-inf", "none": "nan"}
    assert read.metrics["well"] == 1.5


def test_runs_come_in_the_asked_order_and_what_is_foreign_is_left_out(database: Database) -> None:
    filled(database, [*many(5), run("x", project="weather", experiment_id="3")])
    with database.read() as rows:
        asked = ["run003", "x", "run001", "gone"]
        assert [one.run_id for one in store.runs_by_id(rows, "flights", asked)] == [
            "run003",
            "run001",
        ]
        assert store.runs_by_id(rows, "flights", []) == []


def test_only_what_changed_is_written_again(database: Database) -> None:
    runs = many(5)
    filled(database, runs)
    moved = replace(runs[2], status=RunStatus.FAILED)
    with database.write() as rows:
        assert store.save_runs(rows, [*runs[:2], moved, *runs[3:]], 2) == 1
    with database.read() as rows:
        changed = store.runs_since(rows, "flights", 1, 10)
        assert [(one.run_id, one.status) for one in changed] == [("run002", RunStatus.FAILED)]
        assert store.runs_since(rows, "weather", 0, 10) == []


def test_changes_of_one_revision_come_together(database: Database) -> None:
    filled(database, many(9))
    with database.write() as rows:
        store.save_runs(rows, [run("z")], 2)
    with database.read() as rows:
        first = store.runs_since(rows, "flights", 0, 4)
        assert {one.revision for one in first} == {1}
        assert len(first) == 9
        assert [one.run_id for one in store.runs_since(rows, "flights", 1, 4)] == ["z"]


def test_a_removed_run_is_gone_but_announced(database: Database) -> None:
    runs = many(3)
    filled(database, runs)
    with database.write() as rows:
        store.save_runs(rows, [replace(runs[1], removed=True)], 2)
    with database.read() as rows:
        assert store.get_run(rows, "flights", "run001") is None
        assert store.runs_by_id(rows, "flights", ["run001"]) == []
        assert [one.removed for one in store.runs_since(rows, "flights", 1, 10)] == [True]
    with database.write() as rows:
        store.save_runs(rows, [runs[1]], 3)
    with database.read() as rows:
        assert store.get_run(rows, "flights", "run001") is not None


def test_a_removed_experiment_takes_its_runs_along(database: Database) -> None:
    filled(database, many(3))
    with database.write() as rows:
        assert store.save_experiments(rows, [OTHER, FOREIGN], 2)
        assert not store.save_experiments(rows, [OTHER, FOREIGN], 3)
    assert [one.removed for one in walk(database, 10)] == [True] * 3


def test_a_foreign_project_sees_nothing(database: Database) -> None:
    filled(database, many(3))
    with database.read() as rows:
        assert store.get_run(rows, "weather", "run001") is None
        assert store.indexed_after(rows, "weather", 0, "", 10) == []


def test_the_state_of_the_refresh_is_kept(database: Database) -> None:
    with database.write() as rows:
        assert store.sync(rows) == Sync()
        store.save_sync(rows, Sync(boot="b", seq=4, revision=2, synced_at=AT))
        store.save_sync(rows, Sync(boot="b", seq=9, revision=3, synced_at=AT, swept_at=AT))
    with database.read() as rows:
        assert store.sync(rows) == Sync(boot="b", seq=9, revision=3, synced_at=AT, swept_at=AT)


def test_runs_that_mlflow_has_no_more_are_removed(database: Database) -> None:
    filled(database, many(3))
    with database.write() as rows:
        assert store.kept_ids(rows) == {"run000", "run001", "run002"}
        store.remove_runs(rows, ["run001"], 2)
        assert store.kept_ids(rows) == {"run000", "run002"}
    with database.read() as rows:
        assert [one.run_id for one in store.runs_since(rows, "flights", 1, 10)] == ["run001"]
