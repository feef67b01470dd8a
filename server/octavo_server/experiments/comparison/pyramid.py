"""Down-sampling that keeps every peak: exact minima and maxima of any stretch of a long curve.

Over blocks of 64 points the minimum, maximum, sum and number of gaps are kept.  A bucket then is
at most two partial blocks and a row of whole ones, so that a look at a million points reads some
ten thousand numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from octavo_server.experiments.comparison.domain import Buckets, Counts, Floats

BLOCK: Final = 64


@dataclass(frozen=True, kw_only=True, eq=False)
class _Sums:
    """What is known of some stretches; stretches without a finite value have low > high."""

    low: Floats
    high: Floats
    total: Floats
    missing: Counts

    def joined(self, other: _Sums) -> _Sums:
        """The same stretches, each with those of `other` added."""
        return _Sums(
            low=np.minimum(self.low, other.low),
            high=np.maximum(self.high, other.high),
            total=self.total + other.total,
            missing=self.missing + other.missing,
        )

    def where(self, kept: np.ndarray) -> _Sums:
        """The same stretches, those that are not kept emptied."""
        return _Sums(
            low=np.where(kept, self.low, np.inf),
            high=np.where(kept, self.high, -np.inf),
            total=np.where(kept, self.total, 0.0),
            missing=np.where(kept, self.missing, 0),
        )


class Pyramid:
    """One curve: `x` ascending, `value` of the same length, not finite where there is a gap."""

    def __init__(self, x: Floats, value: Floats) -> None:
        self.x = x
        self.value = value
        whole = len(x) // BLOCK
        self._blocks = _summed(value[: whole * BLOCK].reshape(whole, BLOCK))
        self.missing = int(len(value) - np.count_nonzero(np.isfinite(value)))

    def __len__(self) -> int:
        return len(self.x)

    def window(self, start: float, end: float, buckets: int) -> Buckets:
        """What lies from `start` to `end`, both included, in about `buckets` pieces.

        Where so few points lie there that each can be drawn, each is a bucket of its own, the
        next one at either side among them, so that lines run on to the edge.
        """
        first = int(np.searchsorted(self.x, start, "left"))
        last = int(np.searchsorted(self.x, end, "right"))
        if last - first <= 2 * buckets:
            return self._points(max(first - 1, 0), min(last + 1, len(self)))
        edges = np.linspace(start, end, buckets + 1)[1:-1]
        inner = np.clip(np.searchsorted(self.x, edges, "left"), first, last)
        bounds = np.concatenate(([first], inner, [last])).astype(np.int64)
        bounds = np.unique(bounds)
        return self._buckets(bounds[:-1], bounds[1:])

    def _points(self, first: int, last: int) -> Buckets:
        value = self.value[first:last]
        finite = np.isfinite(value)
        shown = np.where(finite, value, np.nan)
        return Buckets(
            x=self.x[first:last],
            low=shown,
            high=shown,
            mean=shown,
            count=np.ones(last - first, dtype=np.int64),
            missing=(~finite).astype(np.int64),
        )

    def _buckets(self, start: Counts, stop: Counts) -> Buckets:
        sums = self._sums(start, stop)
        count = stop - start
        good = count - sums.missing
        with np.errstate(all="ignore"):
            mean = sums.total / good
            # Values near the largest number add up to infinity: their middle is as good a guess.
            mean = np.where(np.isfinite(mean), mean, sums.low / 2 + sums.high / 2)
        empty = good == 0
        return Buckets(
            x=self.x[start] / 2 + self.x[stop - 1] / 2,
            low=np.where(empty, np.nan, sums.low),
            high=np.where(empty, np.nan, sums.high),
            mean=np.where(empty, np.nan, np.clip(mean, sums.low, np.maximum(sums.low, sums.high))),
            count=count,
            missing=sums.missing,
        )

    def _sums(self, start: Counts, stop: Counts) -> _Sums:
        begin, end = -(-start // BLOCK), stop // BLOCK
        head = self._gathered(start, np.minimum(stop, begin * BLOCK))
        tail = self._gathered(np.where(end >= begin, end * BLOCK, stop), stop)
        sums = head.joined(tail)
        if len(self._blocks.low) == 0:
            return sums
        return sums.joined(self._whole(begin, end).where(end > begin))

    def _gathered(self, start: Counts, stop: Counts) -> _Sums:
        """Stretches of less than a block each, from the values themselves."""
        at = start[:, None] + np.arange(BLOCK)
        inside = at < stop[:, None]
        value = self.value[np.minimum(at, len(self) - 1)]
        return _summed(value, inside)

    def _whole(self, begin: Counts, end: Counts) -> _Sums:
        """Rows of whole blocks; what it says of a row without a block means nothing."""
        most = len(self._blocks.low)
        pairs = np.minimum(np.stack((begin, np.maximum(begin, end)), axis=1).ravel(), most)
        with np.errstate(over="ignore"):
            return _Sums(
                low=np.minimum.reduceat(np.append(self._blocks.low, np.inf), pairs)[::2],
                high=np.maximum.reduceat(np.append(self._blocks.high, -np.inf), pairs)[::2],
                total=np.add.reduceat(np.append(self._blocks.total, 0.0), pairs)[::2],
                missing=np.add.reduceat(np.append(self._blocks.missing, 0), pairs)[::2],
            )


def _summed(value: Floats, inside: np.ndarray | None = None) -> _Sums:
    """Sums each row of `value`; what is not `inside` doesn't count."""
    finite = np.isfinite(value)
    there = np.ones(value.shape, dtype=bool) if inside is None else inside
    good = finite & there
    with np.errstate(over="ignore"):
        return _Sums(
            low=np.where(good, value, np.inf).min(axis=1),
            high=np.where(good, value, -np.inf).max(axis=1),
            total=np.where(good, value, 0.0).sum(axis=1),
            missing=(there & ~finite).sum(axis=1, dtype=np.int64),
        )
