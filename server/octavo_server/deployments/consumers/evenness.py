"""Whether numbers cover their range evenly, as a grid or as drawn uniformly; pure.

People's and processes' own numbers pile up somewhere. Rows made to map a model's answers don't:
they step through each input's range, or draw from it uniformly.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

FEW_LEVELS = 64
"""Up to this many different values count as levels of a grid."""
LEAST_LEVELS = 4
"""Fewer different values say nothing: flags and small counts are even by nature."""
SPACING = 0.02
"""How far, as a share of the mean gap, gaps of a grid may differ."""
CRITICAL_KS = 1.36
"""Kolmogorov-Smirnov: a distance over this by the root of n is no uniform draw, at 5 %."""


def is_even(values: Sequence[float]) -> bool | None:
    """Return whether the values cover their range evenly; None when they are too few to say."""
    levels = Counter(values)
    if len(levels) < LEAST_LEVELS or len(values) < 4 * LEAST_LEVELS:
        return None
    if len(levels) <= min(FEW_LEVELS, len(values) // 4):
        return _even_steps(sorted(levels)) and _even_counts(list(levels.values()))
    return uniform_distance(values) <= CRITICAL_KS / math.sqrt(len(values))


def uniform_distance(values: Sequence[float]) -> float:
    """Return the Kolmogorov-Smirnov distance to the uniform distribution over the range."""
    ordered = sorted(values)
    low, width, count = ordered[0], ordered[-1] - ordered[0], len(ordered)
    if width <= 0:
        return 1.0
    places = ((value - low) / width for value in ordered)
    return max(
        max(place - number / count, (number + 1) / count - place)
        for number, place in enumerate(places)
    )


def _even_steps(levels: Sequence[float]) -> bool:
    gaps = [after - before for before, after in pairwise(levels)]
    mean = (levels[-1] - levels[0]) / len(gaps)
    return max(abs(gap - mean) for gap in gaps) <= SPACING * mean


def _even_counts(counts: Sequence[int]) -> bool:
    """Chi-squared against equal counts, by its normal approximation at 1 %."""
    expected = sum(counts) / len(counts)
    chi = sum((count - expected) ** 2 for count in counts) / expected
    freedom = len(counts) - 1
    return chi <= freedom + 2.33 * math.sqrt(2 * freedom)
