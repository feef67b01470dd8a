"""Latencies in steps of 10 %: small histograms that add up, percentiles within 5 %; pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

STEP = 1.1
"""Each step ends 10 % above the one before."""
LEAST_MS, MOST_MS = 0.01, 600_000.0
"""What is under or over counts as this."""
_LOG = math.log(STEP)


def step_of(milliseconds: float) -> int:
    """Return the step that a latency falls into."""
    return math.floor(math.log(min(max(milliseconds, LEAST_MS), MOST_MS)) / _LOG)


def middle_of(step: int) -> float:
    """Return the latency that stands for a step: its geometric middle, milliseconds."""
    return float(STEP ** (step + 0.5))


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """Return the latency that ``share`` of the requests stay under; None without any."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, seen = share * total, 0
    for step in sorted(counts):
        seen += counts[step]
        if seen >= wanted:
            return middle_of(step)
    return middle_of(max(counts))


def added(every: Iterable[Mapping[int, int]]) -> dict[int, int]:
    """Return the sum of histograms."""
    total: dict[int, int] = {}
    for counts in every:
        for step, count in counts.items():
            total[step] = total.get(step, 0) + count
    return total
