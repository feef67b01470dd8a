"""Distances between histograms: known values, other implementations, and what must always hold."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

import octavo.monitoring as profiles
from octavo_server.errors import Invalid
from octavo_server.monitoring import rules
from octavo_server.monitoring.domain import Baseline, Level, MonthProfile

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
COUNTS = st.lists(st.integers(0, 10_000), min_size=2, max_size=30)


def test_psi_of_a_known_pair() -> None:
    # (0.2 - 0.5) ln(0.2 / 0.5) + (0.8 - 0.5) ln(0.8 / 0.5)
    assert rules.psi([0.2, 0.8], [0.5, 0.5]) == pytest.approx(0.415888, abs=1e-6)


def test_psi_of_an_empty_bin_is_finite() -> None:
    assert math.isfinite(rules.psi([0.0, 1.0], [1.0, 0.0]))
    assert rules.psi([0.0, 1.0], [1.0, 0.0]) > 10


def test_js_agrees_with_scipy() -> None:
    random = np.random.default_rng(1)
    for _ in range(50):
        p, q = random.dirichlet(np.ones(8)), random.dirichlet(np.ones(8))
        assert rules.js(list(p), list(q)) == pytest.approx(jensenshannon(p, q, base=2))


def test_ks_is_the_largest_gap_of_the_cumulated_shares() -> None:
    assert rules.ks([0.5, 0.5, 0.0], [0.0, 0.5, 0.5]) == pytest.approx(0.5)


@given(COUNTS)
def test_nothing_is_away_from_itself(counts: list[int]) -> None:
    same = rules.shares(counts)
    assert rules.psi(same, same) == rules.ks(same, same) == 0
    assert rules.js(same, same) == pytest.approx(0, abs=1e-7)


@given(st.data(), COUNTS)
def test_distances_are_symmetric_and_bounded(data: st.DataObject, counts: list[int]) -> None:
    others = data.draw(st.lists(st.integers(0, 10_000), min_size=len(counts), max_size=len(counts)))
    if not sum(counts) or not sum(others):
        return
    p, q = rules.shares(counts), rules.shares(others)
    assert rules.psi(p, q) == pytest.approx(rules.psi(q, p))
    assert rules.psi(p, q) >= 0
    assert 0 <= rules.ks(p, q) <= 1 + 1e-9
    assert 0 <= rules.js(p, q) <= 1 + 1e-9


def test_quantiles_agree_with_numpy() -> None:
    random = np.random.default_rng(2)
    for size in (1, 2, 7, 100):
        values = sorted(random.exponential(size=size).tolist())
        for share in (0.0, 0.5, 0.95, 0.99, 1.0):
            assert rules.quantile(values, share) == pytest.approx(np.quantile(values, share))
    assert rules.quantile([], 0.5) is None


def _baseline(**columns: Any) -> Baseline:
    document = profiles.baseline(columns, scores=np.linspace(0, 1, 50), window="2013-01..2013-05")
    return rules.read_baseline(
        document, project="flights", model="late", version=1, run_id="r", at=NOON
    )


def _month(baseline: Baseline, **columns: Any) -> MonthProfile:
    found = {
        name: profiles.feature(values, name=name, like=dict(baseline.features[name]))
        for name, values in columns.items()
    }
    return MonthProfile(
        project="flights",
        model="late",
        version=1,
        month="2013-07",
        rows=max(one["rows"] for one in found.values()),
        features=found,
        findings=(),
        computed_at=NOON,
    )


def test_a_moved_number_a_new_category_and_new_gaps_are_drift() -> None:
    random = np.random.default_rng(3)
    baseline = _baseline(
        temp=random.normal(40, 10, 5_000),
        carrier=np.array(["UA", "AA"] * 2_500),
        wind=random.normal(10, 3, 5_000),
    )
    wind = random.normal(10, 3, 4_000)
    gaps = wind.copy()
    gaps[:1_000] = np.nan
    month = _month(
        baseline,
        temp=random.normal(75, 8, 4_000),
        carrier=np.array(["UA", "ZZ"] * 2_000),
        wind=gaps,
    )
    moved = {
        name: rules.drift_of(name, month, baseline.features[name], 0.2) for name in month.features
    }
    assert moved["temp"].level is Level.CRITICAL
    assert moved["temp"].ks is not None
    assert moved["temp"].ks > 0.8
    assert moved["carrier"].level is Level.CRITICAL
    assert moved["carrier"].ks is None
    assert moved["carrier"].shares[moved["carrier"].labels.index("other")] == 0.5
    assert moved["wind"].level is Level.CRITICAL
    assert moved["wind"].null_share == 0.25
    still = _month(baseline, wind=wind)
    assert rules.drift_of("wind", still, baseline.features["wind"], 0.2).level is Level.OK
    strength = [one.psi or 0.0 for one in rules.by_strength(list(moved.values()))]
    assert strength == sorted(strength, reverse=True)


def test_shares_and_labels_go_together() -> None:
    baseline = _baseline(delay=np.arange(100.0), origin=np.array(["JFK", "EWR"] * 50))
    month = _month(baseline, delay=np.arange(50.0), origin=np.array(["JFK"] * 50))
    for name in month.features:
        one = rules.drift_of(name, month, baseline.features[name], 0.2)
        assert len(one.labels) == len(one.shares) == len(one.training_shares)
        assert sum(one.shares) == pytest.approx(1)


def test_a_month_without_rows_is_unknown_not_fine() -> None:
    baseline = _baseline(delay=np.arange(100.0))
    month = _month(baseline, delay=np.array([], dtype=float))
    one = rules.drift_of("delay", month, baseline.features["delay"], 0.2)
    assert one.psi is None
    assert one.level is Level.UNKNOWN


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(0, 200))
def test_profiles_of_two_halves_merge_to_the_profile_of_the_whole(
    values: list[float], cut: int
) -> None:
    whole = np.array(values)
    like = profiles.feature(whole, name="x")
    cut = min(cut, len(values))
    first = profiles.feature(whole[:cut], name="x", like=like)
    second = profiles.feature(whole[cut:], name="x", like=like)
    assert profiles.merge(first, second) == profiles.feature(whole, name="x", like=like)
    assert sum(like["counts"]) + like["nulls"] == like["rows"]


def test_a_text_where_numbers_were_is_refused() -> None:
    like = profiles.feature(np.arange(10.0), name="delay")
    with pytest.raises(profiles.UnusableColumn, match="delay"):
        profiles.feature(np.array(["a", "b"], dtype=object), name="delay", like=like)


def test_an_all_null_month_is_counted_not_a_crash() -> None:
    like = profiles.feature(np.arange(10.0), name="delay")
    found = profiles.feature(np.array([None, None], dtype=object), name="delay", like=like)
    assert found["nulls"] == found["rows"] == 2
    with pytest.raises(profiles.UnusableColumn, match="no value"):
        profiles.feature(np.array([np.nan]), name="delay")


GOOD = profiles.baseline({"a": np.arange(20.0)}, scores=np.linspace(0, 1, 20), window="w")


@pytest.mark.parametrize(
    "document",
    [
        [],
        {**GOOD, "format": 2},
        {**GOOD, "features": {}},
        {**GOOD, "features": {"a": 1}},
        {**GOOD, "features": {"a": {**GOOD["features"]["a"], "nulls": -1}}},
        {**GOOD, "features": {"a": {**GOOD["features"]["a"], "counts": []}}},
        {**GOOD, "features": {"a": {**GOOD["features"]["a"], "cuts": [2.0, 1.0]}}},
        {**GOOD, "scores": {"kind": "category"}},
    ],
)
def test_a_baseline_that_is_none_is_refused(document: Any) -> None:
    with pytest.raises(Invalid, match=r"baseline\.json can't be used"):
        rules.read_baseline(
            document, project="flights", model="late", version=1, run_id="r", at=NOON
        )


def test_the_last_training_month_is_found_in_both_forms() -> None:
    assert rules.last_month(_baseline(a=np.arange(5.0))) == "2013-05"
