"""No peak vanishes, whatever stretch of a curve is looked at."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octavo_server.experiments.comparison.pyramid import BLOCK, Pyramid

VALUES = st.one_of(
    st.floats(-1e6, 1e6),
    st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e308, -1e308, 0.0]),
)


def slowly(x: np.ndarray, value: np.ndarray, start: float, end: float) -> tuple[float, float, int]:
    """Return minimum, maximum and number of gaps of a stretch, one value after the other."""
    inside = value[(x >= start) & (x <= end)]
    finite = inside[np.isfinite(inside)]
    low = finite.min() if len(finite) else np.nan
    high = finite.max() if len(finite) else np.nan
    return float(low), float(high), int(len(inside) - len(finite))


@settings(max_examples=150, deadline=None)
@given(
    st.lists(VALUES, min_size=0, max_size=6 * BLOCK),
    st.lists(st.integers(-50, 400), min_size=2, max_size=2),
    st.integers(2, 30),
    st.integers(1, 7),
)
def test_every_peak_and_every_gap_shows(
    values: list[float], ends: list[int], buckets: int, repeats: int
) -> None:
    value = np.array(values, dtype=np.float64)
    x = np.array([at // repeats for at in range(len(value))], dtype=np.float64)
    start, end = float(min(ends)), float(max(ends))
    found = Pyramid(x, value).window(start, end, buckets)
    low, high, missing = slowly(x, value, start, end)
    shown = (found.x >= start) & (found.x <= end)
    if np.isnan(low):
        assert not np.isfinite(found.low[shown]).any()
    else:
        assert np.nanmin(found.low[shown]) == low
        assert np.nanmax(found.high[shown]) == high
    assert found.missing[shown].sum() == missing
    finite = np.isfinite(found.mean)
    assert (found.low[finite] <= found.mean[finite]).all()
    assert (found.mean[finite] <= found.high[finite]).all()
    assert (np.diff(found.x) >= 0).all()


def test_each_bucket_is_what_its_points_say() -> None:
    value = np.sin(np.arange(10_000) / 70.0)
    value[[17, 4_000, 9_999]] = [40.0, np.nan, -40.0]
    found = Pyramid(np.arange(10_000, dtype=np.float64), value).window(0, 9_999, 100)
    bounds = np.concatenate(([0], np.cumsum(found.count)))
    assert bounds[-1] == 10_000
    for at, (first, last) in enumerate(pairwise(bounds)):
        part = value[first:last]
        assert found.low[at] == np.nanmin(part)
        assert found.high[at] == np.nanmax(part)
        assert found.mean[at] == pytest.approx(np.nanmean(part))
        assert found.missing[at] == np.isnan(part).sum()


def test_a_close_look_gives_the_points_themselves_and_one_at_either_side() -> None:
    pyramid = Pyramid(np.arange(1_000_000, dtype=np.float64), np.arange(1_000_000) / 2.0)
    found = pyramid.window(500.0, 510.0, 100)
    assert found.exact
    assert found.x.tolist() == list(range(499, 512))
    assert found.mean.tolist() == [x / 2 for x in range(499, 512)]


def test_numbers_at_the_edge_of_what_there_is_have_a_mean() -> None:
    pyramid = Pyramid(np.arange(1_000, dtype=np.float64), np.full(1_000, 1.7e308))
    found = pyramid.window(0, 999, 10)
    assert np.isfinite(found.mean).all()
    assert found.mean[0] == pytest.approx(1.7e308)


def test_nothing_gives_nothing() -> None:
    empty = np.array([], dtype=np.float64)
    assert len(Pyramid(empty, empty).window(0, 1, 10).x) == 0


def test_one_step_for_all_values_is_one_bucket() -> None:
    found = Pyramid(np.zeros(5_000), np.arange(5_000.0)).window(0, 0, 10)
    assert (found.count.tolist(), found.low.tolist(), found.high.tolist()) == (
        [5_000],
        [0],
        [4_999],
    )
