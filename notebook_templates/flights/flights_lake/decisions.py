"""What was known about each flight when it was predicted: one row a flight, all year.

It is the same join that the feature service ``flights_late`` makes, done once for all flights, so
that later months can be compared with the training window without joining them again. A test holds
it against the feature store's own answer.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

SCHEDULE = [
    "flight_id",
    "carrier",
    "origin",
    "dest",
    "tailnum",
    "distance",
    "scheduled_minute",
    "weekday",
    "scheduled_block_minutes",
    "scheduled_departure",
    "decision_at",
    "month",
]
"""Columns of the flights table that are known before departure."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one view gives to the feature service."""

    keys: tuple[str, ...]
    """Join keys."""
    ttl: pd.Timedelta
    """A value older than this is not joined."""
    columns: tuple[str, ...]
    """The columns taken."""


PARTS = {
    "origin_weather": Part(
        keys=("origin",),
        ttl=pd.Timedelta(hours=3),
        columns=(
            "temperature_f",
            "dew_point_f",
            "wind_speed_mph",
            "precipitation_in",
            "pressure_mb",
            "visibility_mi",
        ),
    ),
    "carrier_delay": Part(
        keys=("carrier",),
        ttl=pd.Timedelta(hours=6),
        columns=(
            "carrier_delay_mean_3h",
            "carrier_delay_late_share_3h",
            "carrier_delay_mean_24h",
            "carrier_delay_late_share_24h",
        ),
    ),
    "route_delay": Part(
        keys=("origin", "dest"),
        ttl=pd.Timedelta(days=2),
        columns=(
            "route_delay_mean_24h",
            "route_delay_late_share_24h",
            "route_delay_late_share_7d",
            "route_delay_flights_7d",
        ),
    ),
    "plane_delay": Part(
        keys=("tailnum",),
        ttl=pd.Timedelta(days=2),
        columns=("plane_delay_last", "plane_delay_mean_48h", "plane_delay_flights_48h"),
    ),
}


def known_at_decision(flights: pd.DataFrame, views: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the schedule with every part's columns as of ``decision_at``; numbers are floats."""
    out = flights[SCHEDULE].sort_values("decision_at", ignore_index=True)
    for name, part in PARTS.items():
        out = _joined(out, views[name], part)
    numbers = out.select_dtypes("number").columns
    out[numbers] = out[numbers].astype("float64")
    return out.sort_values(["scheduled_departure", "flight_id"], ignore_index=True)


def _joined(rows: pd.DataFrame, view: pd.DataFrame, part: Part) -> pd.DataFrame:
    """Add the newest values that had happened, could be read, and were not too old."""
    lag = (view["created_timestamp"] - view["event_timestamp"]).iloc[0]
    values = view[[*part.keys, "created_timestamp", *part.columns]].rename(
        columns={"created_timestamp": "readable_at"}
    )
    # The lag is the same for every row of a view, so one search serves both clocks.
    joined = pd.merge_asof(
        rows,
        values.sort_values("readable_at"),
        left_on="decision_at",
        right_on="readable_at",
        by=list(part.keys),
        tolerance=part.ttl - lag,
    )
    return joined.drop(columns="readable_at")
