"""Rows of jobs, schedules, ends, expectations and pushes, on each database."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.support.features import NOON

from octavo_server.database.rows import Database, RowExists
from octavo_server.features.materialization import push_store, store
from octavo_server.features.materialization.domain import (
    Expectation,
    Job,
    Push,
    Reached,
    Reason,
    Schedule,
    State,
    Target,
)

HOUR = timedelta(hours=1)


def job(identifier: str, **more: object) -> Job:
    values: dict[str, object] = {
        "id": identifier,
        "project": "flights",
        "kind": "view",
        "name": "carrier_delay",
        "views": ("carrier_delay", "plane_delay"),
        "state": State.QUEUED,
        "reason": Reason.SCHEDULE,
        "since": NOON - HOUR,
        "until": NOON,
        "window_s": 3600.0,
        "windows": 1,
        "message": "It waits.",
        "requested_by": "scientist",
        "created_at": NOON,
    }
    return Job(**{**values, **more})  # type: ignore[arg-type]


def test_jobs_are_kept_and_a_tick_has_one(database: Database) -> None:
    first = job("m1", schedule="s", tick=NOON)
    with database.write() as rows:
        store.add_job(rows, first)
        with pytest.raises(RowExists):
            store.add_job(rows, job("m2", schedule="s", tick=NOON))
        store.add_job(rows, job("m3", created_at=NOON + HOUR, project="other"))
        done = replace(first, state=State.SUCCEEDED, cost_eur=0.5, seconds=2.5, ended_at=NOON)
        store.save_job(rows, done)
    with database.read() as rows:
        assert store.job(rows, "m1") == done
        assert store.job(rows, "m1", "other") is None
        assert [one.id for one in store.unfinished(rows)] == ["m3"]
        assert store.unfinished(rows, "flights") == []
        assert store.count_unfinished(rows, "other") == 1
        assert [one.id for one in store.jobs(rows, limit=9)] == ["m3", "m1"]
        assert store.measured(rows, "flights", ["plane_delay"]) == [done]
        assert store.measured(rows, "flights", ["route_delay"]) == []


def test_due_schedules_are_found_and_advanced(database: Database) -> None:
    made = Schedule(
        id="s1",
        project="flights",
        kind="view",
        name="carrier_delay",
        cron="0 * * * *",
        time_zone="UTC",
        overlap_minutes=60,
        created_by="scientist",
        created_at=NOON,
        next_at=NOON + HOUR,
    )
    with database.write() as rows:
        store.add_schedule(rows, made)
        store.add_schedule(rows, replace(made, id="s2", kind="service", next_at=None))
    with database.write() as rows:
        assert store.due_schedules(rows, NOON) == []
        assert store.due_schedules(rows, NOON + HOUR) == [made]
        mine = Target(kind="view", name="carrier_delay")
        assert store.schedules(rows, "flights", mine) == [made]
        store.advance_schedule(rows, "s1", NOON + 2 * HOUR, "m1")
        advanced = replace(made, next_at=NOON + 2 * HOUR, last_job="m1")
        assert store.schedule(rows, "s1") == advanced
        store.delete_schedule(rows, "s1")
        assert [one.id for one in store.schedules(rows, "flights")] == ["s2"]


def test_what_was_reached_only_moves_on(database: Database) -> None:
    one = Reached(project="p", view="v", until=NOON, job="m1", at=NOON, seconds=1.5, rows=10)
    with database.write() as rows:
        store.add_reached(rows, one)
        both = store.add_reached(rows, replace(one, until=NOON - HOUR, job="m2"))
    assert (both.until, both.seconds, both.rows, both.job) == (NOON, 3.0, 20, "m2")
    with database.read() as rows:
        assert store.reached(rows, "p", ["v", "w"]) == {"v": both}


def test_expectations_are_set_and_removed(database: Database) -> None:
    made = Expectation(
        project="p",
        view="v",
        newest_event_within_s=None,
        materialized_within_s=3600,
        set_by="ann",
        set_at=NOON,
    )
    with database.write() as rows:
        store.put_expectation(rows, replace(made, materialized_within_s=60))
        store.put_expectation(rows, made)
        assert store.expectations(rows) == [made]
        assert store.delete_expectation(rows, "p", "v") == 1
        assert store.expectation(rows, "p", "v") is None


def test_pushes_wait_go_to_a_file_and_are_forgotten(database: Database) -> None:
    made = Push(
        id="p1",
        project="flights",
        push_source="s",
        views=("v",),
        rows=({"a": 1, "b": None},),
        count=1,
        oldest_event_at=NOON,
        newest_event_at=NOON,
        pushed_by="scientist",
        pushed_at=NOON,
    )
    with database.write() as rows:
        push_store.add(rows, made)
        push_store.add(rows, replace(made, id="p2", count=5, pushed_at=NOON + HOUR))
    with database.write() as rows:
        assert push_store.waiting_rows(rows, "flights") == {"s": 6}
        assert push_store.last_pushed_at(rows, "flights", "s") == NOON + HOUR
        assert [one.id for one in push_store.not_online(rows, NOON + HOUR)] == ["p1"]
        push_store.online(rows, ["p1"], NOON)
        push_store.online(rows, [], NOON)
        [first, _] = push_store.waiting(rows, limit=9)
        assert (first.rows, first.online_at) == ([{"a": 1, "b": None}], NOON)
        push_store.put_into_part(rows, [first], "f1")
        push_store.in_lake(rows, "f1", NOON + HOUR)
        assert push_store.waiting_rows(rows, "flights") == {"s": 5}
        assert push_store.projects(rows) == {"flights"}
        taken = push_store.taken_between(rows, "flights", NOON, NOON)
        assert [(one.id, one.rows) for one in taken] == [("p1", ())]
        assert push_store.forget(rows, NOON + 2 * HOUR) == 1
