"""What a run cost: how long it ran, times the price of the profile that it ran on.

It is what the workspace cost while the run ran: two runs at the same time in one workspace each
count that time whole, so that costs of runs say which work is dear, and add up to no bill.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Protocol

from octavo_server.experiments.runs.domain import Run

HOUR_S: Final = 3600.0
KEPT: Final = 4096
"""How many prices (one a profile and day) are remembered."""


class Prices(Protocol):
    """The rate card."""

    def price_on(self, profile: str, at: datetime) -> int | None:
        """Return a profile's price an hour at a moment, in millionths of a euro; None: unknown."""


def cost_micro_eur(started: datetime, ended: datetime, micro_eur_per_hour: int) -> int:
    """Return the price of the time between two moments; of none when it ended before it began."""
    return round(max(0.0, (ended - started).total_seconds()) * micro_eur_per_hour / HOUR_S)


class RunCosts:
    """Tells what runs cost by the rate card; a live run costs what it has cost until now."""

    def __init__(self, prices: Prices, clock: Callable[[], datetime]) -> None:
        self._clock = clock

        @lru_cache(maxsize=KEPT)
        def price(profile: str, day: datetime, _minute: int) -> int | None:
            return prices.price_on(profile, day)

        self._price = price

    def of(self, run: Run) -> int | None:
        """Return the cost of a run, millionths of a euro; None where its profile has no price.

        The price is the one of the day on which the run began.
        """
        if run.started_at is None or not run.profile:
            return None
        now = self._clock()
        day = run.started_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        # A day that is over keeps its price; today's may still be published.
        minute = 0 if day.date() < now.date() else int(now.timestamp() // 60)
        price = self._price(run.profile, day, minute)
        if price is None:
            return None
        return cost_micro_eur(run.started_at, run.ended_at or now, price)
