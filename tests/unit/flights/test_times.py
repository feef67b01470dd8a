"""When flights departed and landed, in UTC, from wall-clock times in two zones."""

import pandas as pd
import pytest
from tests.support import flights as support

from flights_lake import source, tables, times  # isort: skip

ZONES = {"LAX": "America/Los_Angeles", "ORD": "America/Chicago", "SJU": "America/Puerto_Rico"}


def scheduled(date: str, departs: int, arrives: int, dest: str) -> tuple[str, str]:
    year, month, day = map(int, date.split("-"))
    row = {"year": year, "month": month, "day": day, "dest": dest}
    row |= {"sched_dep_time": departs, "sched_arr_time": arrives}
    flights = pd.DataFrame([row])
    departure = times.scheduled_departure(flights)
    arrival = times.scheduled_arrival(flights, departure, ZONES)
    return tuple(one.iloc[0].strftime("%m-%d %H:%M") for one in (departure, arrival))


@pytest.mark.parametrize(
    ("date", "departs", "arrives", "dest", "expected"),
    [
        ("2013-01-15", 517, 819, "ORD", ("01-15 10:17", "01-15 14:19")),
        ("2013-07-15", 517, 819, "ORD", ("07-15 09:17", "07-15 13:19")),
        ("2013-01-15", 2359, 400, "SJU", ("01-16 04:59", "01-16 08:00")),
        ("2013-07-15", 2255, 140, "LAX", ("07-16 02:55", "07-16 08:40")),
        # Spring forward: 02:30 on March 10 did not exist, the first instant after it is 03:00 EDT.
        ("2013-03-10", 230, 500, "ORD", ("03-10 07:00", "03-10 10:00")),
        # New York has sprung forward already, Puerto Rico never does.
        ("2013-03-10", 900, 1300, "SJU", ("03-10 13:00", "03-10 17:00")),
        # Fall back: 01:30 on November 3 came twice; the first one is daylight time.
        ("2013-11-03", 130, 400, "ORD", ("11-03 05:30", "11-03 10:00")),
        # Overnight across the change: departs in daylight time, lands in standard time.
        ("2013-11-02", 2355, 130, "LAX", ("11-03 03:55", "11-03 08:30")),
        # New Year's Eve.
        ("2013-12-31", 2359, 330, "SJU", ("01-01 04:59", "01-01 07:30")),
    ],
)
def test_wall_clock_times_become_utc(
    date: str, departs: int, arrives: int, dest: str, expected: tuple[str, str]
) -> None:
    assert scheduled(date, departs, arrives, dest) == expected


def test_a_destination_without_a_zone_is_named() -> None:
    with pytest.raises(KeyError, match="QQQ"):
        scheduled("2013-01-15", 900, 1000, "QQQ")


@pytest.fixture(scope="module")
def raw() -> source.RawTables:
    return source.read()


@pytest.fixture(scope="module")
def flown(raw: source.RawTables) -> pd.DataFrame:
    return tables.flights(raw.flights, raw.airports)


def test_all_flights_are_there_once(flown: pd.DataFrame) -> None:
    assert len(flown) == 336_776
    assert flown["flight_id"].is_unique
    assert flown["cancelled"].sum() == 8_255
    assert flown["diverted"].sum() == 1_175


def hhmm(instants: pd.Series, zones: pd.Series) -> pd.Series:
    out = pd.Series(index=instants.index, dtype="float64")
    for zone, rows in instants.groupby(zones).groups.items():
        local = instants[rows].dt.tz_convert(zone)
        out[rows] = local.dt.hour * 100 + local.dt.minute
    return out


def test_departures_say_what_the_source_says(raw: source.RawTables) -> None:
    """The source has departures twice: as schedule plus delay, and as a clock time of their own."""
    left = raw.flights[raw.flights["dep_time"].notna()]
    actual = times.later(times.scheduled_departure(left), left["dep_delay"])
    clock = hhmm(actual, pd.Series(times.NEW_YORK, index=left.index))
    assert (clock == left["dep_time"] % 2400).all()


def test_landings_say_what_the_source_says(raw: source.RawTables) -> None:
    """All but the one whose wall-clock time fell into the hour that was skipped in March."""
    landed = raw.flights[raw.flights["arr_delay"].notna()]
    zones = times.zone_of(raw.airports)
    departure = times.scheduled_departure(landed)
    arrival = times.later(times.scheduled_arrival(landed, departure, zones), landed["arr_delay"])
    differ = hhmm(arrival, landed["dest"].map(zones)) != landed["arr_time"] % 2400
    odd = landed[differ]
    assert [tuple(row) for row in odd[["month", "day", "dest", "arr_time"]].to_numpy()] == [
        (3, 9, "PBI", 203.0)
    ]
    in_the_air = (arrival - times.later(departure, landed["dep_delay"])).dt.total_seconds() / 60
    assert (in_the_air > landed["air_time"]).all()


def test_a_delay_is_known_after_landing_and_a_decision_falls_before_departure(
    flown: pd.DataFrame,
) -> None:
    known = flown.dropna(subset=["known_at"])
    assert (known["known_at"] == known["landed_at"] + times.INGESTION_LAG).all()
    assert (known["landed_at"] > known["departed_at"]).all()
    left = flown.dropna(subset=["departed_at"])
    assert (left["decision_at"] < left["departed_at"]).all()
    assert flown.loc[flown["cancelled"] | flown["diverted"], ["known_at", "late"]].isna().all(None)


def test_the_broken_anemometer_is_taken_out(raw: source.RawTables) -> None:
    assert raw.weather["wind_speed"].max() > 1_000
    weather = tables.weather(raw.weather)
    assert weather["wind_speed_mph"].max() < 60
    assert len(weather) == len(raw.weather)


def test_the_support_module_names_the_template() -> None:
    assert (support.TEMPLATE / "template.yaml").is_file()
