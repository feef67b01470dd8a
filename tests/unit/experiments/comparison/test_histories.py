"""Histories are read once, then only what was added; what was read survives a silent MLflow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.support.histories import FakeHistories
from tests.unit.experiments.test_rules import run

from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison import histories
from octavo_server.experiments.comparison.domain import Axis
from octavo_server.experiments.comparison.histories import HistoryBook
from octavo_server.experiments.runs.domain import Point, Run, RunStatus

START = datetime(2026, 1, 1, tzinfo=UTC)
MS = START.timestamp() * 1000


class Clock:
    """Seconds that a test moves on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def live(last: int) -> Run:
    """A run that goes on, its newest value at step `last`."""
    latest = {"loss": Point(step=last, at=START, value=float(last))}
    going = run("a", status=RunStatus.RUNNING, started_at=START, ended_at=None)
    return replace(going, latest=latest)


def book(stored: FakeHistories, clock: Clock | None = None) -> HistoryBook:
    return HistoryBook(stored, clock or Clock())


def test_what_is_known_is_not_read_again() -> None:
    stored = FakeHistories({("a", "loss"): [(0, MS, 1.0), (1, MS + 1, 2.0)]})
    kept = book(stored)
    for _ in range(3):
        curve, _ = kept.curve(live(1), "loss", Axis.STEP)
    assert len(curve) == 2
    assert stored.asked == [("a", "loss", None)]


def test_a_live_run_is_asked_only_for_what_was_added() -> None:
    points = [(step, MS + step * 1_000, float(step)) for step in range(100)]
    stored = FakeHistories({("a", "loss"): points})
    kept = book(stored)
    kept.curve(live(99), "loss", Axis.STEP)
    points += [(100, MS + 100_000, 100.0), (95, MS + 99_500, -5.0)]
    curve, _ = kept.curve(live(100), "loss", Axis.STEP)
    assert stored.asked[1] == ("a", "loss", int(MS + 99_000 - histories.OVERLAP_MS))
    assert sorted(curve.value.tolist()) == sorted(value for _, _, value in points)
    assert np.diff(curve.x).min() >= 0


def test_a_run_that_ended_is_read_as_a_whole_once_more() -> None:
    stored = FakeHistories({("a", "loss"): [(0, MS, 1.0)]})
    kept = book(stored)
    kept.curve(live(0), "loss", Axis.STEP)
    ended = replace(live(0), ended_at=START, status=RunStatus.FINISHED)
    for _ in range(2):
        kept.curve(ended, "loss", Axis.STEP)
    assert stored.asked == [("a", "loss", None)] * 2


def test_now_and_then_everything_is_read_again() -> None:
    stored = FakeHistories({("a", "loss"): [(5, MS, 1.0)]})
    clock = Clock()
    kept = book(stored, clock)
    kept.curve(live(5), "loss", Axis.STEP)
    stored.held["a", "loss"].append((1, MS - 10**9, 7.0))
    clock.now = histories.OLDEST_S + 1
    curve, _ = kept.curve(live(5), "loss", Axis.STEP)
    assert curve.x.tolist() == [1, 5]


def test_what_was_read_is_shown_while_mlflow_is_away() -> None:
    stored = FakeHistories({("a", "loss"): [(0, MS, 1.0)]})
    kept = book(stored)
    kept.curve(live(0), "loss", Axis.STEP)
    stored.away = True
    curve, about = kept.curve(live(1), "loss", Axis.STEP)
    assert (len(curve), about.stale) == (1, True)
    with pytest.raises(Unavailable, match="MLflow does not answer"):
        kept.curve(live(1), "other", Axis.STEP)
    stored.away = False
    assert not kept.curve(live(1), "loss", Axis.STEP)[1].stale


def test_values_out_of_order_are_put_in_order_for_each_axis() -> None:
    stored = FakeHistories({("a", "loss"): [(2, MS, 0.2), (0, MS + 20, 0.0), (1, MS + 10, 0.1)]})
    kept = book(stored)
    assert kept.curve(live(2), "loss", Axis.STEP)[0].value.tolist() == [0.0, 0.1, 0.2]
    assert kept.curve(live(2), "loss", Axis.TIME)[0].value.tolist() == [0.2, 0.1, 0.0]


def test_the_longest_unused_curve_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(histories, "MOST_KEPT", 25)
    names = [f"m{n}" for n in range(3)]
    stored = FakeHistories({("a", name): [(step, MS, 1.0) for step in range(10)] for name in names})
    kept = book(stored)
    for name in (*names[:2], names[0], names[2], names[0], names[1]):
        kept.curve(live(0), name, Axis.STEP)
    assert [metric for _, metric, _ in stored.asked] == ["m0", "m1", "m2", "m1"]


def test_a_run_that_says_no_start_begins_with_its_first_value() -> None:
    stored = FakeHistories({("a", "loss"): [(0, 5_000.0, 1.0)]})
    _, about = book(stored).curve(live(0), "loss", Axis.RELATIVE)
    assert histories.started(live(0), about) == MS
    assert histories.started(replace(live(0), started_at=None), about) == 5_000.0
