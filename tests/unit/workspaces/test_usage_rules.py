"""Metering and money: pure decisions."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from octavo_server.workspaces.usage import rules

T0 = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_usage_is_split_at_midnight_utc() -> None:
    assert list(rules.days(T0, T0 + HOUR)) == [
        (date(2026, 3, 31), 1800.0),
        (date(2026, 4, 1), 1800.0),
    ]
    assert list(rules.days(T0, T0)) == []
    assert sum(seconds for _, seconds in rules.days(T0, T0 + 49 * HOUR)) == 49 * 3600


def test_an_hour_costs_its_price() -> None:
    assert rules.cost(3600, 120_000) == 120_000
    assert rules.cost(0, 120_000) == 0
    assert rules.cost(1, 120_000) == 33
