"""What looks like copying a model, and what doesn't."""

from __future__ import annotations

import itertools
import random
from datetime import datetime, timedelta

import pytest
from tests.support.services import NOON

from octavo_server.deployments.consumers import patterns
from octavo_server.deployments.consumers.evenness import is_even, uniform_distance
from octavo_server.deployments.consumers.patterns import Pattern, PatternBook
from octavo_server.deployments.consumers.sketches import DistinctCount, SeenBefore

Row = dict[str, object]


def chances(seed: int) -> random.Random:
    """Return draws that are the same in every run."""
    return random.Random(seed)  # noqa: S311 - reproducible, not secret


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


def flights(count: int, seed: int = 1) -> list[Row]:
    """Rows like people's own: skewed, clustered, partly repeated."""
    chance = chances(seed)
    return [
        {
            "carrier": chance.choice(["UA", "AA", "DL", "B6"]),
            "distance": chance.choice([187, 200, 529, 733, 1005, 1400, 2475, 2586]),
            "hour": min(23, max(5, round(chance.gauss(14, 4)))),
            "dep_delay": round(chance.expovariate(1 / 15) - 5),
            "temp": round(chance.gauss(55, 18), 1),
            "day": chance.randint(1, 28),
        }
        for _ in range(count)
    ]


def grid() -> list[Row]:
    """Rows that step through every combination."""
    steps = itertools.product(range(0, 2600, 260), range(0, 24, 3), range(-20, 180, 20))
    return [{"distance": a, "hour": b, "dep_delay": c} for a, b, c in steps]


def seen(rows: list[Row], caller: str = "consumer:app") -> Pattern:
    book = PatternBook(lambda: NOON, seed=1)
    book.add("flights", "late", caller, rows)
    return book.patterns("flights")[0]


def test_peoples_own_rows_are_nothing_unusual() -> None:
    found = seen(flights(5_000))
    assert (found.level, found.findings) == ("ok", ())
    assert found.sentence == "5,000 rows, nothing unusual."
    assert found.distinct_rows == pytest.approx(5_000, rel=0.1)


def test_a_grid_is_seen_in_any_order() -> None:
    rows = grid()
    chances(3).shuffle(rows)
    found = seen(rows)
    assert "grid" in found.findings
    assert "3 of 3 numeric columns cover their range evenly" in found.sentence


def test_uniform_draws_are_seen() -> None:
    chance = chances(5)
    rows: list[Row] = [{name: chance.uniform(0, 9) for name in "abcdef"} for _ in range(2_000)]
    assert seen(rows).findings == ("grid",)


def test_a_sweep_is_seen() -> None:
    rows: list[Row] = []
    for base in flights(40):
        rows += [{**base, "dep_delay": minute * minute} for minute in range(30)]
    found = seen(rows)
    assert "sweep" in found.findings
    assert found.level == "warning"


def test_asking_the_same_again_is_no_copying() -> None:
    rows = grid()[:100]
    assert seen(rows * 20).findings == ()


def test_far_more_rows_than_others_are_seen() -> None:
    book = PatternBook(lambda: NOON, seed=1)
    for number in range(3):
        book.add("flights", "late", f"person{number}", flights(300, seed=number))
    unique = [{**row, "key": number} for number, row in enumerate(flights(6_000, seed=9))]
    book.add("flights", "late", "consumer:app", unique)
    first = book.patterns("flights")[0]
    assert (first.caller, first.findings) == ("consumer:app", ("novelty",))
    assert [one.caller for one in book.flagged()] == ["consumer:app"]


def test_little_says_nothing() -> None:
    assert seen(grid()[: patterns.ENOUGH - 1]).findings == ()


def test_a_warning_outlives_its_window() -> None:
    clock = Clock()
    book = PatternBook(clock, seed=1)
    book.add("flights", "late", "a", grid())
    clock.at += patterns.WINDOW + timedelta(seconds=1)
    book.add("flights", "late", "a", flights(10))
    assert book.patterns("flights", caller="a")[0].level == "warning"
    book.add("flights", "late", "a", flights(600, seed=4))
    assert book.patterns("flights", deployment="late")[0].level == "ok"
    assert book.patterns("flights", deployment="early") == []


def test_memory_is_bounded() -> None:
    book = PatternBook(lambda: NOON, seed=1)
    for number in range(patterns.MOST_CALLERS + 10):
        book.add("flights", f"d{number}", f"c{number}", flights(3))
    assert len(book.patterns("flights")) == patterns.MOST_CALLERS


@pytest.mark.parametrize("count", [10, 1_000, 50_000])
def test_different_ones_are_counted_within_four_errors(count: int) -> None:
    chance, sketch = chances(count), DistinctCount()
    hashes = [chance.getrandbits(64) for _ in range(count)]
    for digest in hashes * 2:
        sketch.add(digest)
    assert sketch.estimate() == pytest.approx(count, rel=0.13)


def test_sightings_are_never_too_few() -> None:
    chance, sketch = chances(1), SeenBefore()
    hashes = [chance.getrandbits(64) for _ in range(5_000)]
    assert sum(sketch.add(digest) == 0 for digest in hashes) > 4_900
    assert all(sketch.add(digest) >= 1 for digest in hashes)


@pytest.mark.parametrize(
    ("values", "even"),
    [
        ([float(n % 10) for n in range(200)], True),
        ([float(n * n % 50) for n in range(200)], False),
        ([1.0, 2.0] * 100, None),
        ([float(n) for n in range(256)], True),
        ([1.0] * 199 + [9.0], None),
    ],
)
def test_evenness(values: list[float], even: bool | None) -> None:
    assert is_even(values) is even


def test_the_distance_of_equal_steps_is_small() -> None:
    assert uniform_distance([float(n) for n in range(100)]) == pytest.approx(0.01, abs=0.005)
    assert uniform_distance([1.0, 1.0]) == 1.0
