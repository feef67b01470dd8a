"""Ticks that were missed, triggers and backfills: how many runs come of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.notebooks import notebook
from tests.support.people import SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import (
    BackfillRequest,
    CatchUp,
    PipelineRequest,
    RunState,
    ScheduleRequest,
    TriggerRequest,
)
from octavo_server.cron import ticks_after
from octavo_server.database.rows import Database
from octavo_server.errors import IllegalMove, Invalid, NotFound
from octavo_server.execution import Ending
from octavo_server.pipelines.schedules import rules
from octavo_server.pipelines.schedules.domain import Schedule

HERE = in_project(SCIENTIST)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PARAMETERS = 'n: int = 3\nday: str = "2013-06-01"'


def schedule(cron: str = "0 * * * *", **more: object) -> Schedule:
    """Return a schedule that is due since noon."""
    known: dict[str, object] = {
        "id": "s", "project": "p", "pipeline": "d", "cron": cron, "time_zone": "UTC",
        "parameters": {}, "created_by": "ada", "created_at": NOON, "next_at": NOON,
    }  # fmt: skip
    return Schedule(**{**known, **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("policy", "age", "run", "missed"),
    [
        (CatchUp.LATEST, None, [15], 3),
        (CatchUp.ALL, None, [12, 13, 14, 15], 0),
        (CatchUp.ALL, 2.0, [14, 15], 2),
        (CatchUp.SKIP, None, [], 4),
        (CatchUp.LATEST, 0.1, [], 4),
    ],
)
def test_missed_ticks_by_policy(
    policy: CatchUp, age: float | None, run: list[int], missed: int
) -> None:
    found = rules.ticks(
        schedule(catch_up=policy, max_age_hours=age), NOON + timedelta(hours=3, minutes=30)
    )
    assert [tick.hour for tick in found.run] == run
    assert (found.missed, found.following) == (missed, NOON + timedelta(hours=4))


def test_a_tick_in_time_runs_by_every_policy() -> None:
    for policy in CatchUp:
        found = rules.ticks(schedule(catch_up=policy), NOON + timedelta(seconds=20))
        assert (found.run, found.missed) == ((NOON,), 0)


@given(
    st.sampled_from(["* * * * *", "*/7 * * * *", "30 2 * * *", "0 3 29 2 *", "15 1-4 * * 0"]),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(0, 40_000),
    st.sampled_from(list(CatchUp)),
)
def test_no_tick_is_lost_or_made_twice(cron: str, zone: str, minutes: int, policy: CatchUp) -> None:
    first = ticks_after(cron, zone, datetime(2026, 3, 20, tzinfo=UTC), 1)[0]
    now = first + timedelta(minutes=minutes)
    one = schedule(cron, time_zone=zone, next_at=first, catch_up=policy)
    seen: list[datetime] = []
    missed = 0
    while one.next_at is not None and one.next_at <= now:
        found = rules.ticks(one, now)
        seen += found.run
        missed += found.missed
        one = schedule(cron, time_zone=zone, next_at=found.following, catch_up=policy)
    assert len(set(seen)) == len(seen)
    assert seen == sorted(seen)
    expected, after = 1, first
    while after <= now and expected <= 41_000:
        following = ticks_after(cron, zone, after, 1)
        if not following or following[0] > now:
            break
        after, expected = following[0], expected + 1
    assert len(seen) + missed == expected


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    made = open_areas(database, tmp_path)
    digest = made.released(notebook=notebook("print(n)", parameters=PARAMETERS))
    for name in ("daily", "after"):
        made.parts.editing.create(HERE, PROJECT, PipelineRequest(name=name, release=digest))
    return made


def runs_of(areas: Areas, name: str = "daily") -> list[str]:
    found = areas.runs.runs(PROJECT, pipeline=name, state=None, limit=200, cursor=None)
    return [one.trigger for one in found.items]


def work(areas: Areas) -> None:
    """Let the worker run what waits."""
    while waiting := areas.attempts.waiting():
        for run, _ in waiting:
            areas.attempts.run(run)


def test_all_missed_ticks_get_a_run_each_and_only_one(areas: Areas) -> None:
    wanted = ScheduleRequest(cron="0 * * * *", catch_up=CatchUp.ALL)
    areas.schedules.schedule(HERE, PROJECT, "daily", wanted)
    areas.clock.forward(hours=5)
    assert (areas.ticker.tick(), areas.ticker.tick()) == (5, 0)
    assert runs_of(areas) == ["schedule"] * 5


def test_a_paused_schedule_makes_no_run_and_goes_on_from_when_it_is_resumed(areas: Areas) -> None:
    made = areas.schedules.schedule(HERE, PROJECT, "daily", ScheduleRequest(cron="0 * * * *"))
    paused = areas.schedules.pause(HERE, PROJECT, "daily", made.id, paused=True)
    assert (paused.paused, paused.next_at) == (True, None)
    areas.clock.forward(hours=3)
    assert areas.ticker.tick() == 0
    again = areas.schedules.pause(HERE, PROJECT, "daily", made.id, paused=False)
    assert again.next_at == areas.clock.now + timedelta(hours=1)
    with pytest.raises(NotFound, match="has no schedule 'x'"):
        areas.schedules.pause(HERE, PROJECT, "daily", "x", paused=True)


def test_a_full_pipeline_skips_a_tick_if_it_says_so_and_keeps_its_row(areas: Areas) -> None:
    digest = areas.pipelines.pipeline(PROJECT, "daily").release
    request = PipelineRequest(name="daily", release=digest, concurrency=1, when_full="skip")
    areas.parts.editing.create(HERE, PROJECT, request)
    areas.schedules.schedule(HERE, PROJECT, "daily", ScheduleRequest(cron="0 * * * *"))
    started = areas.pipelines.start(HERE, PROJECT, "daily", {})
    states: list[RunState] = []

    def tick(_order: object) -> None:
        areas.clock.forward(hours=1)
        areas.ticker.tick()
        found = areas.runs.runs(PROJECT, pipeline="daily", state=None, limit=5, cursor=None)
        states.extend(one.state for one in found.items if one.trigger == "schedule")

    areas.runner.during = tick
    areas.attempts.run(started.id)
    assert states == [RunState.SKIPPED]


def test_a_schedule_whose_pipeline_is_gone_stops(areas: Areas) -> None:
    areas.schedules.schedule(HERE, PROJECT, "daily", ScheduleRequest(cron="0 * * * *"))
    areas.parts.editing.remove(HERE, PROJECT, "daily")
    areas.clock.forward(hours=2)
    assert areas.ticker.tick() == 0


def test_new_data_starts_a_pipeline_once_it_has_settled(areas: Areas) -> None:
    wanted = TriggerRequest.model_validate({"on": "data", "source": "raw", "settle_s": 30})
    areas.parts.triggers.add(HERE, PROJECT, "daily", wanted)
    assert areas.parts.watch.step() == 0, "what is there isn't new"
    areas.inputs.digest = "d2"
    assert areas.parts.watch.step() == 0
    areas.clock.forward(seconds=20)
    areas.inputs.digest = "d3"
    assert areas.parts.watch.step() == 0, "it still changes"
    areas.clock.forward(seconds=29)
    assert areas.parts.watch.step() == 0
    areas.clock.forward(seconds=1)
    assert (areas.parts.watch.step(), areas.parts.watch.step()) == (1, 0)
    assert runs_of(areas) == ["data"]


def test_another_pipelines_run_starts_one_as_its_end_was(areas: Areas) -> None:
    wanted = TriggerRequest.model_validate({"on": "pipeline", "source": "daily"})
    made = areas.parts.triggers.add(HERE, PROJECT, "after", wanted)
    areas.clock.forward(seconds=1)
    areas.runner.endings = [Ending.FAILED]
    areas.pipelines.start(HERE, PROJECT, "daily", {})
    work(areas)
    assert areas.parts.watch.step() == 0
    areas.clock.forward(seconds=1)
    areas.pipelines.start(HERE, PROJECT, "daily", {})
    work(areas)
    assert (areas.parts.watch.step(), areas.parts.watch.step()) == (1, 0)
    assert runs_of(areas, "after") == ["pipeline"]
    assert areas.parts.triggers.triggers(PROJECT, "after").items[0].last_run
    areas.parts.triggers.remove(HERE, PROJECT, "after", made.id)
    with pytest.raises(NotFound, match="has no trigger"):
        areas.parts.triggers.remove(HERE, PROJECT, "after", made.id)


def backfill(areas: Areas, **more: object) -> str:
    wanted = {"parameter": "day", "first": date(2026, 1, 30), "last": date(2026, 2, 2), **more}
    request = BackfillRequest.model_validate(wanted)
    return areas.parts.backfills.start(HERE, PROJECT, "daily", request).id


def test_a_backfill_runs_each_day_once_a_few_at_a_time(areas: Areas) -> None:
    backfill(areas, at_a_time=3)
    assert (areas.parts.backfills.step(), areas.parts.backfills.step()) == (3, 0)
    work(areas)
    assert areas.parts.backfills.step() == 1
    work(areas)
    areas.parts.backfills.step()
    (done,) = areas.parts.backfills.backfills(PROJECT, "daily").items
    assert (done.state, done.succeeded, done.days) == ("done", 4, 4)
    days = [order.parameters["day"].value for order in areas.runner.orders[-4:]]
    assert sorted(map(str, days)) == ["2026-01-30", "2026-01-31", "2026-02-01", "2026-02-02"]


def test_a_backfill_that_is_cancelled_starts_no_further_day(areas: Areas) -> None:
    identifier = backfill(areas, at_a_time=2, newest_first=True)
    areas.parts.backfills.step()
    cancelled = areas.parts.backfills.cancel(HERE, PROJECT, identifier)
    assert (cancelled.state, cancelled.started) == ("cancelled", 2)
    assert areas.parts.backfills.step() == 0
    with pytest.raises(IllegalMove, match="is over"):
        areas.parts.backfills.cancel(HERE, PROJECT, identifier)
    with pytest.raises(NotFound, match="There is no backfill 'x'"):
        areas.parts.backfills.cancel(HERE, PROJECT, "x")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"last": date(2026, 1, 1)}, "is before 2026-01-30"),
        ({"last": date(2032, 1, 1)}, "the limit is 1,000"),
        ({"parameter": "nothing"}, "nothing"),
        ({"parameter": "n"}, "n"),
    ],
)
def test_backfills_that_make_no_sense_are_refused(
    areas: Areas, more: dict[str, object], words: str
) -> None:
    with pytest.raises(Invalid, match=words):
        backfill(areas, **more)
