"""Remembers which scorers failed lately, so that not every request waits to find out."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

FAILURES = 3
"""Failures in a row after which a scorer is left alone."""
OPEN_S = 1.0
"""Seconds until it is tried again."""
MOST = 1_000
"""Scorers that are remembered."""


class Circuits:
    """Failures in a row by scorer."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def open(self, scorer: str) -> bool:
        """Return whether a scorer is left alone now; the first after the pause tries it."""
        count, until = self._failed.get(scorer, (0, 0.0))
        if count < FAILURES:
            return False
        now = self._monotonic()
        if now < until:
            return True
        self._failed[scorer] = (count, now + OPEN_S)
        return False

    def failed(self, scorer: str) -> None:
        """Note that a scorer did not answer."""
        count, _ = self._failed.get(scorer, (0, 0.0))
        self._failed[scorer] = (count + 1, self._monotonic() + OPEN_S)
        self._failed.move_to_end(scorer)
        if len(self._failed) > MOST:
            self._failed.popitem(last=False)

    def answered(self, scorer: str) -> None:
        """Note that a scorer answered."""
        self._failed.pop(scorer, None)
