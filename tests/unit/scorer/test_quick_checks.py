"""A whole column passes at a glance only where each of its values passes."""

from __future__ import annotations

import math
import sys
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from octavo_scorer.contract import CHECKS, MOST_FLOAT, Column, _check_value, _surely_fits
from octavo_scorer.errors import Invalid

EDGES: list[Any] = [
    None, True, False, 0, -1, 2**31, -(2**31) - 1, 2**63, -(2**63), 10**400, -(10**400),
    int(sys.float_info.max), int(sys.float_info.max) + 1, 0.0, MOST_FLOAT, 2 * MOST_FLOAT,
    sys.float_info.max, math.inf, -math.inf, math.nan, "", "x", "x" * 10_001, [], {},
]  # fmt: skip
VALUES = some.one_of(some.sampled_from(EDGES), some.floats(), some.integers(), some.none())


def _passes(kind: str, value: Any) -> bool:
    try:
        _check_value(Column(name="a", type=kind), 0, value)
    except Invalid:
        return False
    return True


@given(some.sampled_from(sorted(CHECKS)), some.lists(VALUES, min_size=1, max_size=6))
def test_what_surely_fits_fits(kind: str, values: list[Any]) -> None:
    if _surely_fits(kind, values):
        assert all(_passes(kind, value) for value in values)


@given(some.lists(some.one_of(some.none(), some.floats(allow_nan=False, allow_infinity=False))))
def test_numbers_with_gaps_need_no_second_look(values: list[float | None]) -> None:
    assert not values or _surely_fits("double", values)
