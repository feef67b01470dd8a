"""A leak is planted, by computing with delays that were not known yet; the check catches it."""

import numpy as np
import pandas as pd
import pytest
from tests.support.flights import flight, frame, utc

from octavo import leaks

from flights_lake import rolling  # isort: skip

DAY = pd.Timedelta("24h")


def many_flights() -> pd.DataFrame:
    random = np.random.default_rng(3)
    rows = []
    for number in range(300):
        departs = utc("01-01 00:00") + pd.Timedelta(minutes=int(random.integers(0, 10 * 1440)))
        lands = departs + pd.Timedelta(minutes=int(random.integers(60, 400)))
        text = [moment.strftime("%m-%d %H:%M") for moment in (departs, lands)]
        rows.append(flight(text[0], text[1], float(number % 60), carrier=f"C{number % 3}"))
    return frame(*rows)


def view(flights: pd.DataFrame, known: str) -> pd.DataFrame:
    return rolling.rolling_delays(flights, ["carrier"], "d", {"24h": DAY}, hourly=True, known=known)


def recount(values: pd.DataFrame, flights: pd.DataFrame) -> list[leaks.Leak]:
    return leaks.counted_too_early(
        values, flights, keys=["carrier"], count="d_flights_24h", window=DAY
    )


def test_the_right_view_passes_both_checks() -> None:
    flights = many_flights()
    right = view(flights, "known_at")
    assert recount(right, flights) == []
    assert leaks.newer_than_row(right) == []


def test_a_delay_known_at_departure_is_caught_by_the_recount() -> None:
    flights = many_flights()
    planted = view(flights, "departed_at")
    # The view misdates its own proof, so this look alone would let it pass.
    assert leaks.newer_than_row(planted) == []
    [leak] = recount(planted, flights)
    assert leak.column == "d_flights_24h"
    assert leak.rows > len(planted) / 3
    with pytest.raises(leaks.LeakFound, match="than were known by then"):
        leaks.require_none(recount(planted, flights))


def test_a_value_newer_than_its_row_is_caught() -> None:
    row = utc("01-05 10:00")
    joined = pd.DataFrame(
        {
            "event_timestamp": [row, row, row],
            "d_known_at": [row, row + pd.Timedelta("1min"), pd.NaT],
        }
    )
    [leak] = leaks.newer_than_row(joined)
    assert (leak.rows, leak.of) == (1, 3)
    assert "0 days 00:01:00" in str(leak)


def test_without_a_proof_column_nothing_counts_as_checked() -> None:
    with pytest.raises(ValueError, match="_known_at"):
        leaks.newer_than_row(pd.DataFrame({"event_timestamp": [utc("01-05 10:00")]}))


def test_a_key_without_any_outcome_allows_no_count() -> None:
    values = pd.DataFrame(
        {"carrier": ["ZZ"], "event_timestamp": [utc("01-05 10:00")], "d_flights_24h": [1]}
    )
    [leak] = recount(values, many_flights())
    assert leak.rows == 1


def test_two_keys_are_counted_together() -> None:
    flights = frame(
        flight("01-05 08:00", "01-05 10:00", 1, origin="EWR", dest="ORD"),
        flight("01-05 08:00", "01-05 10:00", 1, origin="JFK", dest="ORD"),
    )
    values = pd.DataFrame(
        {
            "origin": ["EWR", "JFK", "EWR"],
            "dest": ["ORD", "ORD", "ORD"],
            "event_timestamp": [utc("01-05 12:00"), utc("01-05 10:14"), utc("01-06 12:00")],
        }
    )
    known = leaks.known_by(values, flights, keys=["origin", "dest"], window=DAY)
    assert known.tolist() == [1, 0, 0]
