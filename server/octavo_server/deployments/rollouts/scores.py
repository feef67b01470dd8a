"""Compares two sets of scores."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

BINS = 10
"""Bins of equal share, by the scores that are compared with."""
LEAST_SHARE = 1e-4
"""Stands for an empty bin: the index has a logarithm."""


def psi(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return the population stability index of ``after`` against ``before``; None without both.

    The sum over bins of (q - p) * ln(q / p), with p and q the shares of ``before`` and ``after``;
    the bins hold equal shares of ``before``, and a value that fills more than one of them, such as
    a class, has a bin of its own.
    """
    known = sorted(value for value in before if math.isfinite(value))
    found = [value for value in after if math.isfinite(value)]
    if not known or not found:
        return None
    cuts = _cuts([known[len(known) * place // BINS] for place in range(1, BINS)])
    return sum(
        (q - p) * math.log(q / p)
        for p, q in zip(_shares(known, cuts), _shares(found, cuts), strict=True)
    )


def _cuts(tenths: Sequence[float]) -> list[float]:
    often = {one for one, after in pairwise(tenths) if one == after}
    return sorted({*tenths, *(math.nextafter(value, math.inf) for value in often)})


def _shares(values: Sequence[float], cuts: Sequence[float]) -> list[float]:
    counts = [0] * (len(cuts) + 1)
    for value in values:
        counts[bisect_right(cuts, value)] += 1
    return [max(count / len(values), LEAST_SHARE) for count in counts]
