"""The curated tables: flights with their true times, weather, and the rolling delays."""

from __future__ import annotations

import pandas as pd

from flights_lake import rolling, times

LATE_MINUTES = 15
"""An arrival later than this counts as late: the airlines' own measure."""

FASTEST_WIND_MPH = 200.0
"""A higher reading is an instrument's fault (the source holds one of 1,048 mph)."""

OBSERVATION_LAG = pd.Timedelta(minutes=10)
"""How long after the hour a weather observation can first be read."""

DAY, WEEK = pd.Timedelta(days=1), pd.Timedelta(days=7)

WEATHER_COLUMNS = {
    "temp": "temperature_f",
    "dewp": "dew_point_f",
    "humid": "humidity_pct",
    "wind_speed": "wind_speed_mph",
    "wind_gust": "wind_gust_mph",
    "precip": "precipitation_in",
    "pressure": "pressure_mb",
    "visib": "visibility_mi",
}

RAW_FACTS = ["flight", "carrier", "tailnum", "origin", "dest", "distance", "dep_delay", "arr_delay"]


def flights(raw: pd.DataFrame, airports: pd.DataFrame) -> pd.DataFrame:
    """Return one row a flight with UTC times; what happened after departure is kept apart.

    ``decision_at`` is when a flight is predicted, ``known_at`` when its arrival delay can first be
    read: after landing and ingestion, never at departure. Both are missing for no flight that
    landed; a flight that was cancelled or diverted has no ``known_at`` at all.
    """
    departure = times.scheduled_departure(raw)
    arrival = times.scheduled_arrival(raw, departure, times.zone_of(airports))
    out = raw[RAW_FACTS].copy()
    out.insert(0, "flight_id", _flight_ids(raw))
    out["scheduled_departure"] = departure
    out["scheduled_arrival"] = arrival
    out["decision_at"] = departure - times.DECISION_LEAD
    out["scheduled_minute"] = (raw["sched_dep_time"] // 100) * 60 + raw["sched_dep_time"] % 100
    out["weekday"] = pd.to_datetime(raw[["year", "month", "day"]]).dt.weekday
    out["scheduled_block_minutes"] = (arrival - departure).dt.total_seconds() / 60.0
    out["departed_at"] = times.later(departure, raw["dep_delay"])
    out["landed_at"] = times.later(arrival, raw["arr_delay"])
    out["known_at"] = out["landed_at"] + times.INGESTION_LAG
    out["late"] = (raw["arr_delay"] > LATE_MINUTES).where(raw["arr_delay"].notna()).astype("Int8")
    out["cancelled"] = raw["dep_time"].isna()
    out["diverted"] = raw["dep_time"].notna() & raw["arr_delay"].isna()
    out["month"] = departure.dt.tz_convert(times.NEW_YORK).dt.strftime("%Y-%m")
    return out.sort_values(["scheduled_departure", "flight_id"], ignore_index=True)


def weather(raw: pd.DataFrame) -> pd.DataFrame:
    """Return the hourly observations at the origins with an impossible wind taken out."""
    out = raw[["origin"]].copy()
    out["event_timestamp"] = pd.to_datetime(raw["time_hour"], utc=True).astype(
        "datetime64[ns, UTC]"
    )
    out["created_timestamp"] = out["event_timestamp"] + OBSERVATION_LAG
    for column, name in WEATHER_COLUMNS.items():
        out[name] = raw[column].astype("float64")
    wind = ["wind_speed_mph", "wind_gust_mph"]
    out[wind] = out[wind].where(out[wind] <= FASTEST_WIND_MPH)
    return out.sort_values(["event_timestamp", "origin"], ignore_index=True)


def carrier_delay(flown: pd.DataFrame) -> pd.DataFrame:
    """Return the carriers' arrival delays over 3 and 24 hours, on the full hours."""
    windows = {"3h": pd.Timedelta(hours=3), "24h": DAY}
    return rolling.rolling_delays(flown, ["carrier"], "carrier_delay", windows, hourly=True)


def route_delay(flown: pd.DataFrame) -> pd.DataFrame:
    """Return the routes' arrival delays over a day and a week, on the full hours."""
    windows = {"24h": DAY, "7d": WEEK}
    return rolling.rolling_delays(flown, ["origin", "dest"], "route_delay", windows, hourly=True)


def plane_delay(flown: pd.DataFrame) -> pd.DataFrame:
    """Return each plane's arrival delays over two days, as of each landing that became known."""
    windows = {"48h": 2 * DAY}
    table = rolling.rolling_delays(flown, ["tailnum"], "plane_delay", windows, hourly=False)
    last = rolling.last_delay(flown, "tailnum", "plane_delay_last")
    return table.merge(last, on=["tailnum", "event_timestamp"], how="left", validate="1:1")


def _flight_ids(raw: pd.DataFrame) -> pd.Series:
    day = raw["year"] * 10_000 + raw["month"] * 100 + raw["day"]
    hhmm = raw["sched_dep_time"].astype(str).str.zfill(4)
    number = raw["carrier"] + raw["flight"].astype(str)
    return day.astype(str) + "T" + hhmm + "-" + number + "-" + raw["origin"]
