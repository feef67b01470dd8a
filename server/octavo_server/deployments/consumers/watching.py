"""Tells what looks like copying a model, now and then, so that an alert can say so."""

from __future__ import annotations

import time
from collections.abc import Callable

from octavo_server.deployments.consumers.domain import Suspicion
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.service import ConsumersService

EVERY_S = 15.0
"""Seconds between two looks."""


class PatternWatch:
    """Looks at the sketches of this process; called often, looks seldom."""

    def __init__(
        self,
        patterns: PatternBook,
        consumers: ConsumersService,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._patterns = patterns
        self._consumers = consumers
        self._monotonic = monotonic
        self._looked_at = float("-inf")

    def step(self) -> None:
        """Keep what looks like copying, if it is time to look."""
        now = self._monotonic()
        if now - self._looked_at < EVERY_S:
            return
        self._looked_at = now
        found = [
            Suspicion(
                project=one.project,
                deployment=one.deployment,
                caller=one.caller,
                sentence=one.sentence,
                rows=one.rows,
                at=self._consumers.now(),
            )
            for one in self._patterns.flagged()
        ]
        if found:
            self._consumers.suspect(found)
