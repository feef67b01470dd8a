"""Schedules: one job a tick, the newest of those missed, clock changes, alerts of freshness."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.support.features import NOON
from tests.support.materialization import HOUR, World
from tests.support.people import ONCALL, SCIENTIST

from octavo.records.materialization import (
    FreshnessExpectationRequest,
    MaterializationScheduleRequest,
)
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.features.materialization import store
from octavo_server.features.materialization.domain import Job, Reason, State

DAY = timedelta(days=1)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def schedule(world: World, cron: str = "0 * * * *", **more: object) -> str:
    wanted = {"name": "carrier_delay", "cron": cron, **more}
    made = world.schedules.add(
        SCIENTIST, "flights", MaterializationScheduleRequest.model_validate(wanted)
    )
    return made.id


def jobs(world: World) -> list[Job]:
    with world.database.read() as rows:
        return store.jobs(rows, limit=100)[::-1]


def test_a_tick_makes_one_job_from_the_last_end_to_the_tick(world: World) -> None:
    identifier = schedule(world)
    world.fresh("carrier_delay", materialized_until=NOON - 2 * HOUR)
    assert world.schedules.tick() == 0
    world.clock.on(HOUR + timedelta(seconds=1))
    assert [world.schedules.tick(), world.schedules.tick()] == [1, 0]
    [job] = jobs(world)
    assert (job.since, job.until) == (NOON - 3 * HOUR, NOON + HOUR)  # an hour of overlap
    assert (job.reason, job.schedule, job.tick) == (Reason.SCHEDULE, identifier, NOON + HOUR)
    assert job.requested_by == "scientist"
    assert world.actions() == ["features.schedule", "features.tick"]


def test_missed_ticks_are_one_job_that_covers_them(world: World) -> None:
    schedule(world)
    world.fresh("carrier_delay", materialized_until=NOON)
    world.clock.on(10 * HOUR)
    assert [world.schedules.tick(), world.schedules.tick()] == [1, 0]
    [job] = jobs(world)
    assert (job.since, job.until) == (NOON - HOUR, NOON + 10 * HOUR)
    assert job.message == "It covers 9 earlier ticks too, missed while nothing ran."


def test_a_tick_is_never_two_jobs(world: World) -> None:
    """A worker that died between the job and the next tick leaves the schedule due."""
    identifier = schedule(world)
    world.clock.on(HOUR)
    world.schedules.tick()
    with world.database.write() as rows:
        store.advance_schedule(rows, identifier, NOON + HOUR, None)
    assert world.schedules.tick() == 0
    assert len(jobs(world)) == 1
    with world.database.read() as rows:
        kept = store.schedule(rows, identifier)
    assert kept is not None
    assert kept.next_at == NOON + 2 * HOUR


@pytest.mark.parametrize(("why", "said"), [("gone", "no feature view"), ("broke", "used up")])
def test_a_tick_that_can_not_run_is_a_refused_job_with_its_reason(
    world: World, why: str, said: str
) -> None:
    schedule(world)
    if why == "gone":
        del world.catalog.held["carrier_delay"]
    else:
        world.ledger.left = 0
    world.clock.on(HOUR)
    assert world.schedules.tick() == 1
    [job] = jobs(world)
    assert (job.state, job.windows) == (State.REFUSED, 0)
    assert said in job.message
    world.work()
    assert world.engine.computed == []


def test_clock_changes_are_followed(world: World) -> None:
    """In Berlin 02:30 doesn't exist on 29 March 2026: it comes right after, once."""
    world.clock.now = datetime(2026, 3, 28, 12, tzinfo=UTC)
    identifier = schedule(world, "30 2 * * *", time_zone="Europe/Berlin")
    [first] = [one for one in world.schedules.all("flights").items if one.id == identifier]
    assert [at.isoformat() for at in first.upcoming[:2]] == [
        "2026-03-29T01:00:00+00:00",
        "2026-03-30T00:30:00+00:00",
    ]
    for _ in range(72):
        world.clock.on(HOUR)
        world.schedules.tick()
    assert [job.tick for job in jobs(world)] == [
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 3, 30, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 31, 0, 30, tzinfo=UTC),
    ]


def test_the_hour_that_comes_twice_makes_one_job(world: World) -> None:
    world.clock.now = datetime(2026, 10, 24, 12, tzinfo=UTC)
    schedule(world, "30 2 * * *", time_zone="Europe/Berlin")
    for _ in range(30):
        world.clock.on(HOUR)
        world.schedules.tick()
    assert [job.tick for job in jobs(world)] == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"cron": "0 0 30 2 *"}, Invalid, "Bad day-of-month"),
        ({"cron": "every day"}, Invalid, "has 2 fields; 5 are required"),
        ({"cron": "99 * * * *"}, Invalid, "cron: '99"),
        ({"time_zone": "Mars/Base"}, Invalid, "is no IANA time zone"),
        ({"time_zone": "../../etc/passwd"}, Invalid, "is no IANA time zone"),
        ({"name": "nothing"}, NotFound, "There is no feature view"),
        ({"kind": "service", "name": "nothing"}, NotFound, "There is no feature service"),
    ],
)
def test_schedules_that_make_no_sense_are_refused(
    world: World, more: dict[str, str], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        schedule(world, **more)  # type: ignore[arg-type]
    assert world.actions() == []


def test_the_same_schedule_twice_is_a_conflict(world: World) -> None:
    identifier = schedule(world)
    with pytest.raises(Conflict, match="is materialised at '0 \\* \\* \\* \\*' UTC already"):
        schedule(world)
    world.schedules.remove(SCIENTIST, "flights", identifier)
    with pytest.raises(NotFound, match="There is no schedule"):
        world.schedules.remove(SCIENTIST, "flights", identifier)
    schedule(world)


def test_a_schedule_of_another_project_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        world.schedules.remove(SCIENTIST, "other", schedule(world))


# ---- freshness


def expect(world: World, **limits: int | None) -> None:
    wanted = FreshnessExpectationRequest.model_validate(limits)
    world.freshness.expect(ONCALL, "flights", "carrier_delay", wanted)


def test_an_alert_is_raised_and_resolved(world: World) -> None:
    world.fresh("carrier_delay", materialized_until=NOON)
    expect(world, newest_event_within_s=3600, materialized_within_s=7200)
    world.freshness.step()
    assert world.monitoring.feature_alerts("flights") == []
    world.clock.on(timedelta(minutes=90))
    world.freshness.step()
    world.freshness.step()
    state = world.freshness.view("flights", "carrier_delay")
    assert state.late == ["The newest event of carrier_delay was 1.5 h ago; expected within 1 h."]
    [alert] = state.alerts
    assert (alert.rule, alert.level, alert.deployment) == ("freshness", "warning", "")
    assert (alert.value, alert.limit) == (5400, 3600)
    world.clock.on(3 * HOUR)
    world.freshness.step()
    levels = {one.subject: one.level for one in world.monitoring.feature_alerts("flights")}
    assert levels == {
        "feature_view:carrier_delay newest event": "critical",
        "feature_view:carrier_delay materialised": "critical",
    }
    world.fresh(
        "carrier_delay", newest_event_at=world.clock.now, materialized_until=world.clock.now
    )
    world.freshness.step()
    assert world.monitoring.feature_alerts("flights") == []
    kept = world.monitoring.alerts("flights", deployment=None, only_open=False, limit=9, offset=0)
    assert [one.resolved_at for one in kept] == [world.clock.now] * 2


def test_an_alert_is_taken_by_whoever_looks_after_it(world: World) -> None:
    expect(world, materialized_within_s=3600)
    world.freshness.step()
    [alert] = world.monitoring.feature_alerts("flights")
    assert alert.message == "carrier_delay was never materialised; expected within 1 h."
    taken = world.monitoring.acknowledge(ONCALL, "flights", alert.id, "I look at it.")
    assert taken.acknowledged_by == "oncall"


def test_expecting_nothing_any_more_resolves_the_alert(world: World) -> None:
    expect(world, materialized_within_s=3600)
    world.freshness.step()
    world.freshness.expect_nothing(ONCALL, "flights", "carrier_delay")
    assert world.monitoring.feature_alerts("flights") == []
    with pytest.raises(NotFound, match="Nothing is expected"):
        world.freshness.expect_nothing(ONCALL, "flights", "carrier_delay")
    assert world.actions() == ["features.expect", "features.expect"]


def test_an_expectation_names_a_view_and_a_limit(world: World) -> None:
    with pytest.raises(Invalid, match="both null"):
        expect(world)
    with pytest.raises(NotFound):
        world.freshness.expect(
            ONCALL, "flights", "no", FreshnessExpectationRequest(materialized_within_s=60)
        )


def test_a_view_that_is_gone_is_not_late(world: World) -> None:
    expect(world, materialized_within_s=3600)
    world.freshness.step()
    del world.catalog.held["carrier_delay"]
    world.freshness.step()
    assert world.monitoring.feature_alerts("flights") == []


def test_a_view_s_page_holds_its_own_and_its_services_jobs(world: World) -> None:
    world.start(SCIENTIST)
    world.clock.on(HOUR)
    world.start(SCIENTIST, "flights_late", kind="service")
    world.clock.on(HOUR)
    world.start(SCIENTIST, "plane_delay")
    schedule(world, kind="service", name="flights_late")
    state = world.freshness.view("flights", "carrier_delay")
    assert [one.name for one in state.jobs] == ["flights_late", "carrier_delay"]
    assert [one.name for one in state.schedules] == ["flights_late"]
    assert state.next_at == NOON + 3 * HOUR
    assert (state.push_source, state.waiting_rows) == (None, 0)


def test_what_is_materialised_is_listed_as_pipelines(world: World) -> None:
    schedule(world, kind="service", name="flights_late")
    world.start(SCIENTIST, "plane_delay")
    expect(world, materialized_within_s=3600)
    found = world.freshness.pipelines("flights").items
    assert [(one.kind, one.name, one.schedules) for one in found] == [
        ("view", "carrier_delay", 0),
        ("service", "flights_late", 1),
        ("view", "plane_delay", 0),
    ]
    late, scheduled, run = found
    assert late.late == ["carrier_delay was never materialised; expected within 1 h."]
    assert (scheduled.next_at, scheduled.last) == (NOON + HOUR, None)
    assert run.last is not None
    assert run.last.state == "queued"
