"""A run costs its time at its profile's price of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.experiments.cells.test_service import run

from octavo_server.experiments.runs.cost import RunCosts, cost_micro_eur

AT = datetime(2026, 1, 2, tzinfo=UTC)


class Card:
    """A rate card: cpu-small costs 0.12 euro an hour, 0.24 from 3 January on."""

    def __init__(self) -> None:
        self.asked = 0

    def price_on(self, profile: str, at: datetime) -> int | None:
        self.asked += 1
        if profile != "cpu-small":
            return None
        return 120_000 if at < datetime(2026, 1, 3, tzinfo=UTC) else 240_000


ON_CPU = {"octavo.profile": "cpu-small"}
NOW = AT + timedelta(days=3)


@pytest.mark.parametrize(
    ("started", "ended", "tags", "cost"),
    [
        (AT, AT + timedelta(minutes=30), ON_CPU, 60_000),
        (AT + timedelta(days=1), AT + timedelta(days=1, minutes=30), ON_CPU, 120_000),
        (NOW - timedelta(hours=1), None, ON_CPU, 240_000),
        (AT, AT - timedelta(hours=1), ON_CPU, 0),
        (AT, AT + timedelta(hours=1), {"octavo.profile": "gone"}, None),
        (AT, AT + timedelta(hours=1), {}, None),
        (None, None, ON_CPU, None),
    ],
)
def test_cost(
    started: datetime | None, ended: datetime | None, tags: dict[str, str], cost: int | None
) -> None:
    costs = RunCosts(Card(), lambda: NOW)
    assert costs.of(run("r", started_at=started, ended_at=ended, tags=tags)) == cost


def test_the_card_is_asked_once_a_day_and_profile() -> None:
    card = Card()
    costs = RunCosts(card, lambda: NOW)
    for minutes in range(5):
        costs.of(run("r", started_at=AT, ended_at=AT + timedelta(minutes=minutes), tags=ON_CPU))
    assert card.asked == 1


def test_a_price_an_hour_is_split_to_the_millionth() -> None:
    assert cost_micro_eur(AT, AT + timedelta(seconds=1), 3_400_000) == 944
