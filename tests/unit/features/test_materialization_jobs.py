"""Jobs from the click to the end: planned, paid, executed, cancelled, resumed after a kill."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.features import FIRST, NOON, SECOND
from tests.support.materialization import HOUR, Worker, World
from tests.support.people import ONCALL, SCIENTIST

from octavo.records.materialization import MaterializationRequest
from octavo_server import stopping
from octavo_server.errors import Conflict, IllegalMove, Invalid, NotFound, Unavailable
from octavo_server.features.materialization.domain import Reason, State

DAY = timedelta(days=1)
TEN_DAYS = {"since": NOON - 10 * DAY, "window_hours": 24}


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


# ---- asking


def test_a_job_is_planned_before_it_is_started(world: World) -> None:
    plan = world.jobs.plan("flights", MaterializationRequest(name="carrier_delay", **TEN_DAYS))
    assert (plan.views, plan.windows, plan.window_hours) == (["carrier_delay"], 10, 24)
    assert (plan.profile, plan.price_eur_per_hour, plan.rows) == ("cpu-small", 1.0, 3)
    assert plan.cost_eur == pytest.approx(plan.seconds / 3600, abs=1e-4)
    assert plan.refusal is None
    assert world.actions() == []


def test_a_plan_says_that_there_is_no_money(world: World) -> None:
    world.ledger.left = 0
    plan = world.jobs.plan("flights", MaterializationRequest(name="carrier_delay"))
    assert plan.refusal is not None
    assert plan.refusal.startswith("The budget of flights for this month is used up.")
    with pytest.raises(Conflict, match="used up"):
        world.start(SCIENTIST)


def test_without_a_begin_a_job_goes_on_from_the_last_end(world: World) -> None:
    world.fresh("carrier_delay", materialized_until=NOON - 3 * HOUR)
    job = world.job(world.start(SCIENTIST))
    assert (job.since, job.until, job.windows) == (NOON - 3 * HOUR, NOON, 1)
    assert (job.reason, job.requested_by, job.state) == (Reason.MANUAL, "scientist", State.QUEUED)


def test_a_service_covers_its_views(world: World) -> None:
    made = world.job(world.start(SCIENTIST, "flights_late", kind="service", **TEN_DAYS))
    assert made.views == ("carrier_delay", "plane_delay")
    assert made.windows == 20
    assert world.actions() == ["features.materialize"]


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ({"name": "nothing"}, NotFound, "There is no feature view 'nothing' in flights."),
        ({"name": "no", "kind": "service"}, NotFound, "There is no feature service 'no'"),
        ({"name": "carrier_delay", "since": NOON, "until": NOON - DAY}, Invalid, "not after since"),
        ({"name": "carrier_delay", "since": NOON - 10_000 * DAY}, Invalid, "at most 3660"),
        ({"name": "carrier_delay", "since": NOON - 3000 * DAY, "window_hours": 1}, Invalid, "400"),
    ],
)
def test_what_makes_no_sense_changes_nothing(
    world: World, wanted: dict[str, object], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        world.start(SCIENTIST, **wanted)  # type: ignore[arg-type]
    assert world.actions() == []


def test_a_flood_of_jobs_is_stopped(world: World) -> None:
    for _ in range(20):
        world.start(SCIENTIST)
    with pytest.raises(Conflict, match="20 materialisations of flights wait or run already"):
        world.start(SCIENTIST)


def test_unknown_jobs_are_not_found(world: World) -> None:
    for ask in (world.jobs.job, lambda p, j: world.jobs.cancel(SCIENTIST, p, j)):
        with pytest.raises(NotFound, match="There is no materialisation 'x' in flights"):
            ask("flights", "x")
    mine = world.start(SCIENTIST)
    with pytest.raises(NotFound):
        world.jobs.job("other", mine)


# ---- executing


def test_windows_are_committed_one_by_one_and_booked(world: World) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)
    world.engine.before = lambda _window: world.clock.on(timedelta(seconds=36))
    world.work()
    job = world.job(identifier)
    assert (job.state, job.windows_done, job.rows) == (State.SUCCEEDED, 10, 100)
    assert job.message == "10 windows, 100 entities, 10.0 s."
    assert job.snapshot == FIRST
    assert world.online.merged == ["carrier_delay"] * 10
    assert job.cost_eur == pytest.approx(0.1)
    assert world.ledger.booked == {f"{identifier}.1": pytest.approx(0.1)}
    assert world.ledger.parts == {"materialize carrier_delay"}
    assert [view for view, _, _ in world.catalog.costs] == ["carrier_delay"] * 10
    figures = world.catalog.held["carrier_delay"].freshness
    assert figures.materialized_until == NOON
    assert world.actions() == [
        "features.materialize",
        "features.materialization_begin",
        "features.materialization_end",
    ]


def test_the_next_estimate_rests_on_it(world: World) -> None:
    world.start(SCIENTIST, **TEN_DAYS)
    world.work()
    plan = world.jobs.plan("flights", MaterializationRequest(name="carrier_delay", **TEN_DAYS))
    assert plan.basis == "Measured by the last job: 1 s a window."


class Killed(BaseException):
    """The worker process is gone, at once."""


def _kill_at(world: World, point: str, count: int) -> None:
    """Kill the worker once, at the ``count``-th time that it comes to a point."""
    seen = iter(range(count + 1))

    def die() -> None:
        if next(seen, -1) == count:
            raise Killed

    if point == "engine":
        world.engine.fails = {count: Killed()}
    elif point == "merged":
        world.online.after_merge = die
    else:
        booked, name = world.ledger.book, "book"

        def book(**more: object) -> float:
            die()
            return booked(**more)  # type: ignore[arg-type]

        setattr(world.ledger, name, book)


def _points() -> Iterator[tuple[str, int]]:
    for point in ("engine", "merged", "booked"):
        for count in (0, 3, 9):
            yield point, count


@pytest.mark.parametrize(("point", "count"), [*_points()])
def test_a_job_goes_on_after_a_kill_at_any_point(world: World, point: str, count: int) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)
    _kill_at(world, point, count)
    with pytest.raises(Killed):
        world.work()
    assert world.job(identifier).state is State.RUNNING
    done = world.job(identifier).windows_done
    world.executing = world.execution(Worker("w2"))  # another process; the first doesn't live
    world.clock.on(timedelta(minutes=5))
    world.work()
    world.clock.on(timedelta(minutes=5))
    world.work()
    job = world.job(identifier)
    assert (job.state, job.windows_done, job.attempts) == (State.SUCCEEDED, 10, 2)
    assert job.rows == 100  # every window counts once
    # At most the one window that was under way is computed or merged twice.
    assert len(world.engine.computed) <= 11
    assert 10 <= len(world.online.merged) <= 11
    assert done <= 10
    assert world.actions().count("features.materialization_end") == 1
    assert sorted(world.ledger.booked) == [f"{identifier}.1", f"{identifier}.2"] or done == 0


def test_another_worker_that_lives_keeps_its_job(world: World) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)
    world.engine.fails = {2: Killed()}
    with pytest.raises(Killed):
        world.work()
    second = Worker("w2")
    second.alive.add("w1")
    world.executing = world.execution(second)
    assert world.executing.waiting() == []
    world.executing.run(identifier)
    assert world.job(identifier).windows_done == 2


def test_one_job_a_project_runs_at_a_time_in_order(world: World) -> None:
    first = world.start(SCIENTIST)
    world.clock.on(HOUR)
    second = world.start(SCIENTIST, "plane_delay")
    assert [one for one, _ in world.executing.waiting()] == [first]
    seen: list[State] = []
    world.engine.before = lambda _window: seen.append(world.job(second).state)
    world.executing.run(first)
    assert seen == [State.QUEUED]
    assert [one for one, _ in world.executing.waiting()] == [second]


def test_a_second_call_while_a_job_runs_does_nothing(world: World) -> None:
    first, second = world.start(SCIENTIST), world.start(SCIENTIST, "plane_delay")

    def meanwhile(window: object) -> None:
        world.executing.run(first)
        world.executing.run(second)

    world.engine.before = meanwhile
    world.executing.run(first)
    assert len(world.engine.computed) == 1
    assert world.job(second).state is State.QUEUED


def test_a_job_that_waits_is_cancelled_at_once(world: World) -> None:
    identifier = world.start(SCIENTIST)
    assert world.jobs.cancel(ONCALL, "flights", identifier).message == "oncall cancelled it."
    world.work()
    assert world.engine.computed == []
    with pytest.raises(IllegalMove, match="is cancelled; only a queued or running one"):
        world.jobs.cancel(ONCALL, "flights", identifier)


def test_a_running_job_is_cancelled_and_keeps_its_windows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)

    def ask(window: object) -> None:
        if len(world.engine.computed) == 3:
            world.jobs.cancel(ONCALL, "flights", identifier)

    world.engine.before = ask
    monkeypatch.setattr(stopping, "LOOK_EVERY_S", 0.0)
    world.work()
    job = world.job(identifier)
    assert (job.state, job.windows_done) == (State.CANCELLED, 3)
    assert job.message == "oncall cancelled it."
    assert world.engine.open == 0


def test_a_worker_that_is_stopped_leaves_the_rest_to_the_next(world: World) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)

    def stop(window: object) -> None:
        if len(world.engine.computed) == 4:
            world.executing.stop()

    world.engine.before = stop
    world.work()
    job = world.job(identifier)
    assert (job.state, job.windows_done) == (State.QUEUED, 4)
    world.executing = world.execution(Worker("w2"))
    world.clock.on(HOUR)
    world.work()
    assert world.job(identifier).state is State.SUCCEEDED
    assert len(world.engine.computed) <= 11


def test_an_engine_that_fails_is_tried_again_and_then_given_up(world: World) -> None:
    identifier = world.start(SCIENTIST)
    down = Unavailable("The feature engine failed with status 1.", "Look at the log.")
    for attempt in range(1, 6):
        world.engine.fails = {len(world.engine.computed): down}
        world.work()
        job = world.job(identifier)
        assert job.attempts == attempt
        assert world.executing.waiting() == []  # not before some time has passed
        world.clock.on(HOUR)
    assert job.state is State.FAILED
    assert job.message == (
        "The feature engine failed with status 1. Look at the log. It was tried 5 times; start it "
        "again by hand."
    )


def test_what_the_engine_can_not_compute_fails_at_once(world: World) -> None:
    identifier = world.start(SCIENTIST)
    world.engine.fails = {0: Invalid("The source is gone from the lake.", "Publish again.")}
    world.work()
    job = world.job(identifier)
    assert (job.state, job.attempts) == (State.FAILED, 1)
    assert job.message == "The source is gone from the lake. Publish again."


def test_a_fault_of_our_own_leaves_no_job_as_if_it_ran(world: World) -> None:
    identifier = world.start(SCIENTIST)
    world.engine.fails = {0: ZeroDivisionError()}
    world.work()
    assert world.job(identifier).state is State.QUEUED
    assert "its log has the details" in world.job(identifier).message


def test_windows_of_an_older_snapshot_are_not_written(world: World) -> None:
    identifier = world.start(SCIENTIST, **TEN_DAYS)
    world.engine.snapshots = [FIRST, SECOND]

    def publish(window: object) -> None:
        if len(world.engine.computed) == 4:
            world.online.pointer = SECOND

    world.engine.before = publish
    world.work()
    job = world.job(identifier)
    assert (job.state, job.snapshot, job.windows_done) == (State.SUCCEEDED, SECOND, 10)
    assert len(world.online.merged) == 10
    assert len(world.engine.computed) == 11  # the one that was computed with the old one again


def test_jobs_are_listed_by_page_and_name(world: World) -> None:
    for name in ("carrier_delay", "plane_delay", "carrier_delay"):
        world.start(SCIENTIST, name)
        world.clock.on(HOUR)
    page = world.jobs.jobs("flights", name=None, state=None, limit=2, offset=0)
    assert [one.name for one in page.items] == ["carrier_delay", "plane_delay"]
    assert page.next_cursor == "2"
    mine = world.jobs.jobs("flights", name="plane_delay", state=State.QUEUED, limit=9, offset=0)
    assert [one.name for one in mine.items] == ["plane_delay"]
    assert mine.next_cursor is None
