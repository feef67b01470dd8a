"""Rolling delays count a flight once its delay is known, and not before."""

import numpy as np
import pandas as pd
from tests.support.flights import flight, frame, utc

from flights_lake import rolling  # isort: skip

DAY = {"24h": pd.Timedelta("24h")}


def carrier(*rows: dict[str, object]) -> pd.DataFrame:
    return rolling.rolling_delays(frame(*rows), ["carrier"], "d", DAY, hourly=True)


def test_a_flight_counts_from_the_hour_after_it_became_known() -> None:
    out = carrier(flight("01-05 10:00", "01-05 12:50", 30))
    assert out["event_timestamp"].tolist() == [utc("01-05 14:00")]  # known at 13:05
    assert out["d_known_at"].tolist() == [utc("01-05 13:05")]
    assert out["created_timestamp"].tolist() == [utc("01-05 14:05")]
    assert out["d_mean_24h"].tolist() == [30.0]
    assert out["d_late_share_24h"].tolist() == [1.0]
    assert out["d_flights_24h"].tolist() == [1]


def test_a_window_is_open_at_its_begin_and_closed_at_its_end() -> None:
    out = carrier(
        flight("01-05 10:00", "01-05 12:45", 10),  # known at 13:00 sharp
        flight("01-06 10:00", "01-06 12:45", 20),  # known at 13:00 sharp, a day later
    )
    assert out["event_timestamp"].tolist() == [utc("01-05 13:00"), utc("01-06 13:00")]
    assert out["d_flights_24h"].tolist() == [1, 1]
    assert out["d_mean_24h"].tolist() == [10.0, 20.0]


def test_a_flight_that_never_landed_counts_nowhere() -> None:
    out = carrier(flight("01-05 10:00", None, 0), flight("01-05 11:00", "01-05 12:00", 5))
    assert out["d_flights_24h"].tolist() == [1]


def test_groups_do_not_mix() -> None:
    out = carrier(
        flight("01-05 10:00", "01-05 12:00", 10),
        flight("01-05 10:00", "01-05 12:00", 50, carrier="AA"),
    )
    assert dict(zip(out["carrier"], out["d_mean_24h"], strict=True)) == {"AA": 50.0, "UA": 10.0}


def test_the_last_delay_is_the_newest_known_one() -> None:
    late = flight("01-05 08:00", "01-05 13:00", 90)
    early = flight("01-05 10:00", "01-05 11:00", -5)
    out = rolling.last_delay(frame(late, early), "tailnum", "last")
    assert out["last"].tolist() == [-5.0, 90.0]


def test_every_value_is_what_counting_by_hand_gives() -> None:
    random = np.random.default_rng(7)
    begin = utc("01-01 00:00")
    known = begin + pd.to_timedelta(random.integers(0, 5 * 1440, 400), unit="m")
    flights = pd.DataFrame(
        {
            "carrier": random.choice(["AA", "UA", "B6"], 400),
            "known_at": known,
            "arr_delay": random.integers(-30, 120, 400).astype(float),
        }
    )
    flights["late"] = (flights["arr_delay"] > 15).astype(int)
    windows = {"3h": pd.Timedelta("3h"), "24h": pd.Timedelta("24h")}
    for hourly in (True, False):
        out = rolling.rolling_delays(flights, ["carrier"], "d", windows, hourly=hourly)
        assert len(out) > 100
        for row in out.itertuples():
            own = flights[flights["carrier"] == row.carrier]
            upto = own["known_at"] <= row.event_timestamp
            assert row.d_known_at == own.loc[upto, "known_at"].max()
            for name, width in windows.items():
                seen = own[upto & (own["known_at"] > row.event_timestamp - width)]
                assert getattr(row, f"d_flights_{name}") == len(seen)
                assert getattr(row, f"d_mean_{name}") == seen["arr_delay"].mean()
                assert getattr(row, f"d_late_share_{name}") == seen["late"].mean()
