"""The read model on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.experiments.test_rules import run

from octavo_server.database.rows import Database
from octavo_server.experiments.runs import rules, store
from octavo_server.experiments.runs.domain import Run, RunStatus, Sync, TrackedExperiment

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


def walk(database: Database, order_by: str, limit: int, search: str = "") -> list[str]:
    """All run ids, page by page through cursors."""
    order = rules.order_from(order_by)
    found: list[str] = []
    after = None
    while True:
        with database.read() as rows:
            pages = store.RunList(rows, "flights", None, search, order)
            runs, positions = pages.page(after, limit)
        found += [one.run_id for one in runs]
        if len(runs) < limit:
            return found
        after = rules.position_from(rules.cursor_of(order, positions[-1]), order)


@pytest.mark.parametrize(
    "order_by", ["-started_at", "started_at", "name", "-name", "metrics.auc", "-metrics.auc"]
)
@pytest.mark.parametrize("limit", [1, 7, 50])
def test_pages_hold_every_run_once_in_order(database: Database, order_by: str, limit: int) -> None:
    runs = many(30)
    filled(database, runs)
    found = walk(database, order_by, limit)
    assert sorted(found) == sorted(one.run_id for one in runs)
    by_id = {one.run_id: one for one in runs}
    key = order_by.removeprefix("-")
    metric = key.removeprefix("metrics.")
    values = [
        by_id[one].metrics.get(metric) if key.startswith("metrics.") else getattr(by_id[one], key)
        for one in found
    ]
    having = [value for value in values if value is not None]
    assert values[: len(having)] == having
    assert having == sorted(having, reverse=order_by.startswith("-"))


def test_words_must_all_occur(database: Database) -> None:
    filled(database, many(12))
    assert walk(database, "name", 5, "C=7") == ["run007"]
    assert walk(database, "-metrics.auc", 5, "TRAIN finished c=1") == ["run011", "run010"]
    assert walk(database, "name", 5, "C=7 nothing") == []
    assert walk(database, "name", 5, "100%_") == []


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


def test_a_metric_that_moves_moves_in_the_order(database: Database) -> None:
    runs = [run("a", metrics={"auc": 0.1}), run("b", metrics={"auc": 0.2})]
    filled(database, runs)
    with database.write() as rows:
        store.save_runs(rows, [run("a", metrics={"auc": 0.3, "f1": 0.1})], 2)
    assert walk(database, "-metrics.auc", 10) == ["a", "b"]
    with database.read() as rows:
        assert store.metrics_of(rows, "flights", None) == ("auc", "f1")


def test_a_removed_run_is_gone_but_announced(database: Database) -> None:
    runs = many(3)
    filled(database, runs)
    with database.write() as rows:
        store.save_runs(rows, [replace(runs[1], removed=True)], 2)
    assert sorted(walk(database, "metrics.auc", 10)) == ["run000", "run002"]
    with database.read() as rows:
        assert store.get_run(rows, "flights", "run001") is None
        assert [one.removed for one in store.runs_since(rows, "flights", 1, 10)] == [True]
    with database.write() as rows:
        store.save_runs(rows, [runs[1]], 3)
    assert sorted(walk(database, "metrics.auc", 10)) == ["run000", "run001", "run002"]


def test_a_removed_experiment_takes_its_runs_along(database: Database) -> None:
    filled(database, many(3))
    with database.write() as rows:
        assert store.save_experiments(rows, [OTHER, FOREIGN], 2)
        assert not store.save_experiments(rows, [OTHER, FOREIGN], 3)
    assert walk(database, "name", 10) == []
    with database.read() as rows:
        assert [one.title for one in store.experiments(rows, "flights")] == ["other"]


def test_experiments_count_their_runs(database: Database) -> None:
    filled(database, many(10))
    with database.read() as rows:
        late, other = store.experiments(rows, "flights")
    assert (late.title, late.runs, late.live) == ("late", 10, 1)
    assert late.last_run_at == AT + timedelta(minutes=4)
    assert (other.title, other.runs, other.last_run_at) == ("other", 0, None)


def test_a_foreign_project_sees_nothing(database: Database) -> None:
    filled(database, many(3))
    with database.read() as rows:
        assert store.get_run(rows, "weather", "run001") is None
        order = rules.order_from("name")
        assert store.RunList(rows, "weather", None, "", order).page(None, 10) == ([], [])


def test_the_state_of_the_refresh_is_kept(database: Database) -> None:
    with database.write() as rows:
        assert store.sync(rows) == Sync()
        store.save_sync(rows, Sync(boot="b", seq=4, revision=2, synced_at=AT))
        store.save_sync(rows, Sync(boot="b", seq=9, revision=3, synced_at=AT, swept_at=AT))
    with database.read() as rows:
        assert store.sync(rows) == Sync(boot="b", seq=9, revision=3, synced_at=AT, swept_at=AT)
