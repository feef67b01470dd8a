"""The read model follows MLflow: what changed, nothing else, and says how old it is."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from tests.support.mlflow_records import FakeTracking
from tests.unit.experiments.test_rules import run
from tests.unit.experiments.test_store import FOREIGN, LATE

from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import NotFound, Unavailable
from octavo_server.experiments.runs import http
from octavo_server.experiments.runs.domain import Freshness, RunStatus, point_of
from octavo_server.experiments.runs.follower import SWEEP_EVERY
from octavo_server.experiments.runs.service import ExperimentsService, Wanted

LOGGED = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """A time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 2, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture
def tracking() -> FakeTracking:
    """Give MLflow with one run."""
    fake = FakeTracking([LATE, FOREIGN])
    fake.write(run("a", status=RunStatus.RUNNING, metrics={"auc": 0.5}))
    return fake


@pytest.fixture
def service(tracking: FakeTracking, clock: Clock) -> ExperimentsService:
    """Give the service on the twin."""
    return ExperimentsService(MemoryDatabase(), tracking, clock)


def test_the_first_look_compares_everything(
    service: ExperimentsService, tracking: FakeTracking
) -> None:
    assert [one.run.run_id for one in service.page("flights").items] == ["a"]
    assert tracking.asked_for == [None]


def test_later_looks_fetch_what_changed(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    service.refresh()
    revision = service.revision()
    tracking.write(run("b"))
    clock.advance(seconds=2)
    assert [one.run_id for one in service.changed_since("flights", revision)[0]] == ["b"]
    assert tracking.asked_for == [None, ("b",)]


def test_who_looks_twice_in_a_second_asks_once(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    first = service.refresh()
    tracking.write(run("b"))
    clock.advance(seconds=0.9)
    assert service.refresh() == first
    assert service.page("flights").total == 1


def test_a_tracking_service_that_lost_count_is_compared_in_full(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    service.refresh()
    tracking.forgetful = True
    tracking.held["c"] = run("c")
    clock.advance(seconds=2)
    assert service.page("flights").total == 2


def test_everything_is_compared_now_and_then(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    service.refresh()
    tracking.held["c"] = run("c")
    clock.advance(seconds=SWEEP_EVERY.total_seconds() + 1)
    assert service.page("flights").total == 2


def test_an_experiment_is_found_by_name_as_soon_as_mlflow_has_it(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    page = service.page("flights", Wanted(experiment="late"))
    assert [one.run.run_id for one in page.items] == ["a"]
    with pytest.raises(NotFound, match="The project has no experiment 'newest'"):
        service.page("flights", Wanted(experiment="newest"))
    clock.advance(seconds=0.5)
    tracking.add(replace(LATE, experiment_id="77", name="flights/newest"))
    assert service.page("flights", Wanted(experiment="newest")).total == 0


def test_a_silent_mlflow_leaves_the_runs_and_their_age(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    before = service.refresh()
    tracking.away = True
    clock.advance(minutes=5)
    page = service.page("flights")
    assert page.total == 1
    assert page.fresh == Freshness(as_of=before.as_of, stale="MLflow does not answer.")


def test_an_mlflow_that_was_never_there_is_an_error(
    service: ExperimentsService, tracking: FakeTracking
) -> None:
    tracking.away = True
    with pytest.raises(Unavailable):
        service.page("flights")


def test_removed_runs_are_announced_once(
    service: ExperimentsService, tracking: FakeTracking, clock: Clock
) -> None:
    service.refresh()
    revision = service.revision()
    tracking.write(replace(tracking.held["a"], removed=True))
    clock.advance(seconds=2)
    ((gone,), _) = service.changed_since("flights", revision)
    assert gone.removed
    assert service.changed_since("flights", gone.revision)[0] == []
    with pytest.raises(NotFound):
        service.run("flights", "a")


def test_of_very_many_metrics_those_that_are_searched_for_are_shown(
    service: ExperimentsService, tracking: FakeTracking
) -> None:
    values = {f"layer.{n:04}/{what}": math.inf for n in range(900) for what in ("loss", "norm")}
    latest = {name: point_of(value, 1, LOGGED) for name, value in values.items()}
    tracking.write(run("a", latest=latest))
    every = service.detail("flights", "a")
    assert (len(every.metrics), every.found) == (500, 1_800)
    assert (min(every.metrics), max(every.metrics)) == ("layer.0000/loss", "layer.0249/norm")
    assert every.curves == tuple(every.metrics)
    one = service.detail("flights", "a", "LOSS r.0899")
    assert (list(one.metrics), one.found, one.curves) == (
        ["layer.0899/loss"],
        1,
        ("layer.0899/loss",),
    )
    told = http._detail(one, "http://mlflow")
    assert [(row.name, row.value, row.odd) for row in told.metrics] == [
        ("layer.0899/loss", None, "inf")
    ]
    assert (told.metrics_found, len(told.run.metrics), len(told.run.odd)) == (1, 200, 200)
    assert service.detail("flights", "a", "nothing like it").found == 0


def test_what_was_logged_twice_without_steps_is_a_curve_when_mlflow_can_say_so(
    service: ExperimentsService, tracking: FakeTracking, caplog: pytest.LogCaptureFixture
) -> None:
    latest = {name: point_of(0.5, int(name == "loss"), LOGGED) for name in ("auc", "f1", "loss")}
    tracking.write(run("a", latest=latest))
    tracking.again = frozenset({"auc"})
    assert service.detail("flights", "a").curves == ("auc", "loss")
    tracking.away = True
    assert service.detail("flights", "a").curves == ("loss",)
    assert "curves without steps are left out: MLflow does not answer." in caplog.text
