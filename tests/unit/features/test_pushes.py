"""Pushes: kept once, shown at once, in the lake within a minute, repaired after a publication."""

import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.features import NOON, SECOND
from tests.support.materialization import HOUR, World, pushed_view
from tests.support.people import SCIENTIST

from octavo.records.materialization import Pushed, PushRequest
from octavo_server.errors import Invalid, NotFound, TooMany, Unavailable
from octavo_server.features.materialization import push_store, pushed_rows, pushes, store
from octavo_server.features.materialization.domain import Reason


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def row(**changes: Any) -> dict[str, Any]:
    at = "2026-03-01T11:00:00Z"
    return {"carrier": "UA", "event_timestamp": at, "origin_weather_mean": 1.5, **changes}


def push(world: World, *rows: dict[str, Any], to: str = "origin_weather_push") -> Pushed:
    wanted = PushRequest(push_source=to, rows=list(rows or (row(),)))
    return world.pushes.push(SCIENTIST, "flights", wanted)


def waiting(world: World) -> int:
    with world.database.read() as rows:
        return sum(push_store.waiting_rows(rows, "flights").values())


def test_rows_are_kept_shown_and_noted(world: World) -> None:
    made = push(world, row(), row(carrier="DL", event_timestamp="2026-03-01T11:30:00Z"))
    assert (made.views, made.rows, made.online) == (["origin_weather"], 2, "visible")
    assert made.newest_event_at == NOON - timedelta(minutes=30)
    assert [one["carrier"] for _, one in world.online.written] == ["UA", "DL"]
    assert world.catalog.moves == [("origin_weather", "newest_event_at")]
    [entry] = list(world.audit.entries())
    assert (entry.action, entry.subject) == (
        "features.push",
        "push_source:flights/origin_weather_push",
    )
    assert entry.details["rows"] == 2
    [source] = world.pushes.sources("flights").items
    assert (source.waiting_rows, source.last_pushed_at) == (2, NOON)
    assert source.columns == {"carrier": "String", "origin_weather_mean": "Float64"}
    assert source.join_keys == ["carrier"]


def test_what_was_answered_for_is_shown_later_when_the_store_was_away(world: World) -> None:
    world.online.away = True
    made = push(world)
    assert made.online == "pending"
    assert world.online.written == []
    world.pushed.step()
    world.online.away = False
    world.clock.on(timedelta(seconds=5))
    world.pushed.step()
    assert len(world.online.written) == 1
    world.clock.on(timedelta(seconds=5))
    world.pushed.step()
    assert len(world.online.written) == 1


def test_rows_reach_the_lake_together_within_a_minute(world: World) -> None:
    push(world)
    world.clock.on(timedelta(seconds=30))
    push(world, row(carrier="DL"))
    world.pushed.step()
    assert world.files.parts == {}
    world.clock.on(timedelta(seconds=31))
    world.pushed.step()
    [rows] = world.files.parts.values()
    assert [one["carrier"] for one in rows] == ["UA", "DL"]
    # A row could be known since it was taken, not since its event.
    assert rows[0]["created_timestamp"] == NOON.isoformat()
    assert waiting(world) == 0
    world.clock.on(HOUR)
    world.pushed.step()
    assert len(world.files.parts) == 1


def test_many_rows_do_not_wait(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushed_rows, "ENOUGH", 3)
    push(world, row(), row())
    world.pushed.step()
    assert world.files.parts == {}
    push(world)
    world.pushed.step()
    assert len(world.files.parts) == 1


def test_a_kill_while_a_file_is_written_makes_the_same_file_again(world: World) -> None:
    push(world)
    world.clock.on(HOUR)
    world.files.refuses = Unavailable("Writing pushed rows failed: the disk is full.", "")
    world.pushed.step()
    push(world, row(carrier="DL"))
    world.files.refuses = None
    world.clock.on(HOUR)
    world.pushed.step()
    carriers = sorted([one["carrier"] for one in rows] for rows in world.files.parts.values())
    assert carriers == [["DL"], ["UA"]]


def test_a_source_that_takes_no_files_keeps_the_rows_waiting(world: World) -> None:
    push(world)
    world.files.refuses = Invalid("weather is no folder of files.", "Use a folder.")
    world.clock.on(HOUR)
    world.pushed.step()
    assert waiting(world) == 1


def test_a_source_that_takes_no_files_keeps_no_others_rows_waiting(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushed_rows, "MOST_PUSHES", 2)
    world.catalog.held["broken"] = pushed_view("broken")

    def refuse(place: Path) -> None:
        if place.name == "broken":
            raise Invalid("broken is no folder of files.", "Use a folder.")

    world.files.before = refuse
    at = "2026-03-01T11:00:00Z"
    for _ in range(3):
        values = {"carrier": "UA", "event_timestamp": at, "broken_mean": 1.5}
        push(world, values, to="broken_push")
    push(world)
    world.clock.on(HOUR)
    world.pushed.step()
    assert [len(rows) for rows in world.files.parts.values()] == [1]


def test_rows_go_into_one_file_when_a_job_begins_while_they_are_written(world: World) -> None:
    push(world)
    world.clock.on(HOUR)
    begun = threading.Event()
    threads: list[threading.Thread] = []

    def flush() -> None:
        begun.set()
        world.pushed.flush("flights", world.clock(), at_once=True)

    def meanwhile(place: Path) -> None:
        assert place.name == "origin_weather"
        world.files.before = None
        job = threading.Thread(target=flush)
        threads.append(job)
        job.start()
        assert begun.wait(10)
        job.join(0.2)  # it would be done by now, were it let in

    world.files.before = meanwhile
    world.pushed.step()
    threads[0].join(10)
    assert len(world.files.parts) == 1
    assert waiting(world) == 0


def test_pushes_are_forgotten_after_the_lake_has_them(world: World) -> None:
    push(world)
    world.clock.on(HOUR)
    world.pushed.step()
    world.clock.on(4 * HOUR)
    world.pushed.step()
    with world.database.read() as rows:
        assert push_store.projects(rows) == set()


def test_a_job_begins_with_what_was_pushed(world: World) -> None:
    push(world)
    world.start(SCIENTIST, "origin_weather")
    world.work()
    assert len(world.files.parts) == 1


@pytest.mark.parametrize("to", ["nothing", "origin_weather", "x" * 100])
def test_an_unknown_push_source_is_not_found(world: World, to: str) -> None:
    with pytest.raises(NotFound, match="There is no push source") as refused:
        push(world, to=to)
    assert "origin_weather_push" in refused.value.remedy
    assert world.actions() == []


def test_one_bad_row_keeps_all_out(world: World) -> None:
    with pytest.raises(Invalid, match="row 2, origin_weather_mean"):
        push(world, row(), row(origin_weather_mean="much"))
    assert (waiting(world), world.online.written, world.actions()) == (0, [], [])


def test_a_flood_is_stopped_and_told_how_long_to_wait(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pushes, "PUSHES_AT_ONCE", 2.0)
    monkeypatch.setattr(pushes, "PUSHES_PER_S", 0.1)
    push(world)
    push(world)
    with pytest.raises(TooMany, match="flights pushes more than 0 times or 10,000 rows") as refused:
        push(world)
    assert refused.value.remedy.startswith("Wait ")
    monkeypatch.setattr(pushes, "ROWS_AT_ONCE", 1.0)
    monkeypatch.setattr(pushes, "PUSHES_PER_S", 1e9)
    with pytest.raises(TooMany):
        push(world, row(), row())


def test_rows_pile_up_only_so_far(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pushes, "MOST_WAITING", 1)
    monkeypatch.setattr(pushes, "LOOK_EVERY_S", -1.0)
    push(world)
    push(world)
    with pytest.raises(TooMany, match="1 pushed rows of flights wait for the lake already"):
        push(world)


def test_what_was_pushed_while_a_snapshot_was_built_is_repaired_once(world: World) -> None:
    push(world)
    world.clock.on(timedelta(minutes=5))
    world.catalog.snapshot_id, world.catalog.published_at = SECOND, world.clock.now
    world.clock.on(timedelta(minutes=1))
    for _ in range(3):
        world.pushed.step()
    with world.database.read() as rows:
        found = store.jobs(rows, limit=9)
    [job] = found
    assert (job.reason, job.name, job.since) == (
        Reason.PUSH_REPAIR,
        "origin_weather",
        NOON - HOUR,
    )
    world.pushed.__init__(  # type: ignore[misc]  # a worker that starts anew asks no second time
        world.database,
        world.audit,
        world.catalog,
        world.jobs,
        world.pushes,
        world.files,
        world.places,
        world.clock,
    )
    world.pushed.step()
    with world.database.read() as rows:
        assert len(store.jobs(rows, limit=9)) == 1


def test_a_source_is_read_again_after_a_publication(world: World) -> None:
    push(world)
    world.catalog.held["origin_weather"] = world.catalog.held["carrier_delay"]
    world.catalog.snapshot_id = SECOND
    with pytest.raises(NotFound):
        push(world)
