"""Feature views of the flights project: what is known about a flight an hour before it departs.

Every rolling delay counts a flight only after it has landed and its delay has reached the lake.
``event_timestamp`` is the end of the window, ``created_timestamp`` when the value could first be
read; ``<view>_known_at`` is the newest delay inside the value, so that a reader can check it. A
count's tags say what it counts (``flights.known_at``: rows of the lake's table ``flights`` by their
column ``known_at``), so that publication can recount it from the landings themselves.
"""

import os
from datetime import timedelta
from pathlib import Path

from feast import Entity, FeatureService, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_format import ParquetFormat
from feast.types import Float64, Int64, UnixTimestamp

CURATED = Path(os.environ["OCTAVO_LAKE"]) / "curated"

OWNER_DELAYS = "flights-data@octavo.example"
OWNER_WEATHER = "weather-desk@octavo.example"

carrier = Entity(
    name="carrier",
    join_keys=["carrier"],
    value_type=ValueType.STRING,
    description="Airline, by its two-letter code.",
)
origin = Entity(
    name="origin",
    join_keys=["origin"],
    value_type=ValueType.STRING,
    description="Airport of departure: EWR, JFK or LGA.",
)
destination = Entity(
    name="destination",
    join_keys=["dest"],
    value_type=ValueType.STRING,
    description="Airport of arrival, by its FAA code.",
)
plane = Entity(
    name="plane",
    join_keys=["tailnum"],
    value_type=ValueType.STRING,
    description="Aircraft, by its tail number.",
)


def _source(name: str, description: str) -> FileSource:
    return FileSource(
        name=f"{name}_events",
        path=str(CURATED / name),
        file_format=ParquetFormat(),
        timestamp_field="event_timestamp",
        created_timestamp_column="created_timestamp",
        description=description,
    )


def _rolling(view: str, window: str, words: str) -> list[Field]:
    return [
        Field(
            name=f"{view}_mean_{window}",
            dtype=Float64,
            description=f"Mean arrival delay over the last {words}, in minutes.",
            tags={"unit": "min"},
        ),
        Field(
            name=f"{view}_late_share_{window}",
            dtype=Float64,
            description=f"Share of arrivals over 15 minutes late in the last {words}, 0 to 1.",
            tags={"unit": "1"},
        ),
        Field(
            name=f"{view}_flights_{window}",
            dtype=Int64,
            description=f"Arrivals whose delay became known in the last {words}.",
            tags={"unit": "flights", "counts": "flights.known_at", "window": window},
        ),
    ]


def _known_at(view: str) -> Field:
    return Field(
        name=f"{view}_known_at",
        dtype=UnixTimestamp,
        description="When the newest delay inside these values became known (UTC).",
        tags={"role": "proof"},
    )


origin_weather = FeatureView(
    name="origin_weather",
    entities=[origin],
    ttl=timedelta(hours=3),
    source=PushSource(
        name="origin_weather_push",
        batch_source=_source(
            "origin_weather", "Hourly observations at the three New York airports."
        ),
        description="Observations as the stations report them.",
    ),
    schema=[
        Field(name="temperature_f", dtype=Float64, description="Air temperature, degrees F."),
        Field(name="dew_point_f", dtype=Float64, description="Dew point, degrees F."),
        Field(name="humidity_pct", dtype=Float64, description="Relative humidity, per cent."),
        Field(name="wind_speed_mph", dtype=Float64, description="Wind speed, miles per hour."),
        Field(
            name="wind_gust_mph",
            dtype=Float64,
            description="Gust speed, miles per hour; empty when there were none.",
        ),
        Field(name="precipitation_in", dtype=Float64, description="Rain or snow, inches an hour."),
        Field(name="pressure_mb", dtype=Float64, description="Sea-level pressure, millibars."),
        Field(name="visibility_mi", dtype=Float64, description="Visibility, miles, at most 10."),
    ],
    description="Hourly weather at the airport of departure, readable ten minutes past the hour.",
    owner=OWNER_WEATHER,
    tags={"domain": "weather", "grain": "hour", "pii": "none"},
)

carrier_delay = FeatureView(
    name="carrier_delay",
    entities=[carrier],
    ttl=timedelta(hours=6),
    source=_source("carrier_delay", "Arrival delays by carrier on the full hours."),
    schema=[
        *_rolling("carrier_delay", "3h", "3 hours"),
        *_rolling("carrier_delay", "24h", "24 hours"),
        _known_at("carrier_delay"),
    ],
    description="Rolling arrival delay of the carrier; a delay counts 15 minutes after landing.",
    owner=OWNER_DELAYS,
    tags={"domain": "delay", "grain": "hour", "pii": "none"},
)

route_delay = FeatureView(
    name="route_delay",
    entities=[origin, destination],
    ttl=timedelta(days=2),
    source=_source("route_delay", "Arrival delays by origin and destination on the full hours."),
    schema=[
        *_rolling("route_delay", "24h", "24 hours"),
        *_rolling("route_delay", "7d", "7 days"),
        _known_at("route_delay"),
    ],
    description="Rolling arrival delay of the route; a delay counts 15 minutes after landing.",
    owner=OWNER_DELAYS,
    tags={"domain": "delay", "grain": "hour", "pii": "none"},
)

plane_delay = FeatureView(
    name="plane_delay",
    entities=[plane],
    ttl=timedelta(days=2),
    source=_source("plane_delay", "Arrival delays by tail number, one row a landing."),
    schema=[
        Field(
            name="plane_delay_last",
            dtype=Float64,
            description="Arrival delay of the plane's last known flight, in minutes.",
            tags={"unit": "min"},
        ),
        *_rolling("plane_delay", "48h", "48 hours"),
        _known_at("plane_delay"),
    ],
    description="Arrival delays of the very aircraft; a delay counts 15 minutes after landing.",
    owner=OWNER_DELAYS,
    tags={"domain": "delay", "grain": "landing", "pii": "none"},
)

flights_late = FeatureService(
    name="flights_late",
    features=[
        origin_weather[
            [
                "temperature_f",
                "dew_point_f",
                "wind_speed_mph",
                "precipitation_in",
                "pressure_mb",
                "visibility_mi",
            ]
        ],
        carrier_delay[
            [
                "carrier_delay_mean_3h",
                "carrier_delay_late_share_3h",
                "carrier_delay_mean_24h",
                "carrier_delay_late_share_24h",
                "carrier_delay_known_at",
            ]
        ],
        route_delay[
            [
                "route_delay_mean_24h",
                "route_delay_late_share_24h",
                "route_delay_late_share_7d",
                "route_delay_flights_7d",
                "route_delay_known_at",
            ]
        ],
        plane_delay[
            [
                "plane_delay_last",
                "plane_delay_mean_48h",
                "plane_delay_flights_48h",
                "plane_delay_known_at",
            ]
        ],
    ],
    description="What the late-arrival model reads, as of an hour before scheduled departure.",
    owner=OWNER_DELAYS,
    tags={"model": "flights-late"},
)
