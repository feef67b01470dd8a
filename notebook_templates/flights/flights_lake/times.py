"""When things happened, in UTC, from schedules written in local wall-clock times.

Departures are New York times, arrivals are times at the destination. A wall-clock time that was
skipped in spring counts as the first instant after the gap; one that came twice in autumn counts
as its first occurrence (daylight time).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

NEW_YORK = "America/New_York"

ZONES_LEFT_OUT = {
    "BQN": "America/Puerto_Rico",
    "PSE": "America/Puerto_Rico",
    "SJU": "America/Puerto_Rico",
    "STT": "America/St_Thomas",
}
"""Destinations that the airports table doesn't list."""

DECISION_LEAD = pd.Timedelta(minutes=60)
"""How long before its scheduled departure a flight is predicted: no flight left earlier than 43."""

INGESTION_LAG = pd.Timedelta(minutes=15)
"""How long after landing a delay reaches the lake."""


def to_utc(dates: pd.Series, hhmm: pd.Series, zone: str) -> pd.Series:
    """Return the UTC instants of wall-clock times ``hhmm`` (517 is 05:17) on ``dates``."""
    minutes = (hhmm // 100) * 60 + hhmm % 100
    local = dates + pd.to_timedelta(minutes, unit="m")
    first = np.ones(len(local), dtype=bool)
    return local.dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward").dt.tz_convert(
        "UTC"
    )


def zone_of(airports: pd.DataFrame) -> dict[str, str]:
    """Return each airport's time zone by its code."""
    return {**dict(zip(airports["faa"], airports["tzone"], strict=True)), **ZONES_LEFT_OUT}


def scheduled_departure(flights: pd.DataFrame) -> pd.Series:
    """Return each flight's scheduled departure in UTC."""
    return to_utc(_date(flights), flights["sched_dep_time"], NEW_YORK)


def scheduled_arrival(
    flights: pd.DataFrame, departure: pd.Series, zones: dict[str, str]
) -> pd.Series:
    """Return each flight's scheduled arrival in UTC.

    The source names only the departure's date; an arrival that would lie before the departure is
    one of the next day. Raises KeyError for a destination without a known time zone.
    """
    unknown = sorted(set(flights["dest"]) - set(zones))
    if unknown:
        raise KeyError(f"no time zone is known for the destinations {unknown}")
    dates = _date(flights)
    arrival = pd.Series(pd.NaT, index=flights.index, dtype=departure.dtype)
    for zone, rows in flights.groupby(flights["dest"].map(zones)).groups.items():
        hhmm = flights.loc[rows, "sched_arr_time"]
        same_day = to_utc(dates[rows], hhmm, str(zone))
        next_day = to_utc(dates[rows] + pd.Timedelta(days=1), hhmm, str(zone))
        arrival[rows] = same_day.where(same_day > departure[rows], next_day)
    return arrival


def later(instants: pd.Series, minutes: pd.Series) -> pd.Series:
    """Return ``instants`` moved by ``minutes``; missing minutes give a missing instant."""
    return instants + pd.to_timedelta(minutes, unit="m")


def _date(flights: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(flights[["year", "month", "day"]]).astype("datetime64[ns]")
