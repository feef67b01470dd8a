"""Search finds views by name, column, tag, owner and description, typing errors included."""

import pytest
from tests.support.features import view

from octavo_server.features.catalog import search

WEATHER = view(
    "origin_weather",
    description="Hourly weather at the airport of departure.",
    owner="weather-desk@octavo.example",
    tags={"domain": "weather"},
    entities=("origin",),
    join_keys=("origin",),
    columns=("temperature_f", "visibility_mi"),
)
CARRIER = view("carrier_delay")
ROUTE = view(
    "route_delay",
    description="Rolling arrival delay of the route.",
    entities=("origin", "destination"),
    join_keys=("origin", "dest"),
)
ALL = [ROUTE, WEATHER, CARRIER]


def found(query: str) -> list[str]:
    return [hit.view.name for hit in search.search(ALL, query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["carrier_delay", "origin_weather", "route_delay"]),
        ("  _ ", ["carrier_delay", "origin_weather", "route_delay"]),
        ("delay", ["carrier_delay", "route_delay"]),
        ("DELAY", ["carrier_delay", "route_delay"]),
        ("carrier delay", ["carrier_delay"]),
        ("carrier_delay", ["carrier_delay"]),
        ("visib", ["origin_weather"]),
        ("weather-desk", ["origin_weather"]),
        ("temprature", ["origin_weather"]),
        ("dealy", ["carrier_delay", "route_delay"]),
        ("delay weather", []),
        ("nonsense", []),
        ("zzz", []),
    ],
)
def test_words_find_views(query: str, expected: list[str]) -> None:
    assert found(query) == expected


def test_the_name_weighs_more_than_the_description() -> None:
    described = view("plane", description="Nothing of the weather.", columns=("seats",))
    hits = search.search([described, WEATHER], "weather")
    assert [hit.view.name for hit in hits] == ["origin_weather", "plane"]


def test_a_hit_says_where() -> None:
    [hit, _] = search.search(ALL, "delay")
    assert hit.matched[0] == "name"
    assert "column carrier_delay_mean_24h" in hit.matched
    assert "tag domain" in hit.matched


@pytest.mark.parametrize(
    ("first", "second", "most", "expected"),
    [
        ("delay", "delay", 0, True),
        ("delay", "dealy", 1, True),
        ("delay", "dely", 1, True),
        ("delay", "delayy", 1, True),
        ("delay", "belay", 1, True),
        ("delay", "relax", 1, False),
        ("delay", "", 1, False),
        ("carrier", "carriers", 1, True),
        ("temperature", "temprature", 2, True),
    ],
)
def test_typing_errors_are_counted(first: str, second: str, most: int, expected: bool) -> None:
    assert search.within(first, second, most) is expected


def test_short_words_allow_no_typing_error() -> None:
    assert search.likeness("dep", "dew point") == 0


def test_a_query_of_symbols_harms_nothing() -> None:
    assert found("' OR 1=1; --") == []
    assert found("%") == found("")
