"""Search finds views by name, column, tag, owner and description, and says why."""

from dataclasses import replace

import pytest
from tests.support.features import column, view

from octavo_server.features.catalog import search
from octavo_server.features.catalog.domain import Entry, Standing, View
from octavo_server.features.catalog.matching import How
from octavo_server.features.catalog.search import Hit, SearchIndex

WEATHER = view(
    "origin_weather",
    description="Hourly weather at the airport of departure.",
    owner="weather-desk@octavo.example",
    tags={"domain": "weather"},
    entities=("origin",),
    join_keys=("origin",),
    columns=("temperature_f", "visibility_mi"),
    services=("weather_now",),
)
CARRIER = view("carrier_delay")
ROUTE = view(
    "route_delay",
    description="Rolling arrival delay of the route.",
    entities=("origin", "destination"),
    join_keys=("origin", "dest"),
)
ALL = [ROUTE, WEATHER, CARRIER]


def entry(one: View, people: int = 0, *, removed: bool = False) -> Entry:
    return Entry(view=one, standing=Standing(people=people), revision=1, removed=removed)


def hits(views: list[View] | SearchIndex, query: str) -> list[Hit]:
    index = views if isinstance(views, SearchIndex) else SearchIndex([entry(one) for one in views])
    wanted = search.asked_words(query)
    scores = index.scores(wanted)
    ordered = sorted(scores, key=lambda name: (-scores[name], name))
    return [index.hit(name, scores[name], wanted) for name in ordered]


def found(query: str, views: list[View] | SearchIndex = ALL) -> list[str]:
    return [hit.entry.view.name for hit in hits(views, query)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["carrier_delay", "origin_weather", "route_delay"]),
        ("  ", ["carrier_delay", "origin_weather", "route_delay"]),
        ("%%", []),
        ("'\" _", []),
        ("\U0001f6eb", []),
        ("delay", ["carrier_delay", "route_delay"]),
        ("DELAY", ["carrier_delay", "route_delay"]),
        ("carrier delay", ["carrier_delay"]),
        ("carrier_delay", ["carrier_delay"]),
        ("carrierdel", ["carrier_delay"]),
        ("visib", ["origin_weather"]),
        ("isibil", ["origin_weather"]),
        ("weather-desk", ["origin_weather"]),
        ("weather_now", ["origin_weather"]),
        ("temprature", ["origin_weather"]),
        ("temprat", ["origin_weather"]),
        ("dealy", ["carrier_delay", "route_delay"]),
        ("dest", ["route_delay"]),
        ("delay weather", []),
        ("nonsense", []),
        ("zzz", []),
        ("dew", []),
    ],
)
def test_words_find_views(query: str, expected: list[str]) -> None:
    assert found(query) == expected


def test_the_name_weighs_more_than_the_description() -> None:
    described = view("plane", description="Nothing of the weather.", columns=("seats",))
    assert found("weather", [described, WEATHER]) == ["origin_weather", "plane"]


def test_a_word_that_is_most_of_a_name_weighs_more() -> None:
    long = view("delay_of_everything_there_is", columns=("a",))
    assert found("delay", [long, view("delay", columns=("a",))])[0] == "delay"


def test_what_people_read_comes_first_among_equals() -> None:
    index = SearchIndex([entry(CARRIER), entry(ROUTE, people=5)])
    assert found("delay", index) == ["route_delay", "carrier_delay"]
    [first, _] = hits(index, "delay")
    assert first.use_points == pytest.approx(0.646, abs=0.001)
    assert search.use_points(0) == 0.0
    assert search.use_points(10_000) == 1.0


def test_a_hit_says_where() -> None:
    [hit, _] = hits(ALL, "delay")
    assert hit.matched[0] == "name"
    assert "column carrier_delay_mean_24h" in hit.matched
    assert "tag domain" in hit.matched
    assert hit.columns == ("carrier_delay_mean_24h", "carrier_delay_known_at")


def test_a_hit_explains_its_score() -> None:
    [hit] = hits(ALL, "temprature weather")
    assert hit.score == pytest.approx(9.0 + 5.0 * 0.4, abs=0.001)
    name, typo = hit.reasons[0], next(one for one in hit.reasons if one.asked == "temprature")
    assert (name.asked, name.found, name.how, name.field, name.points) == (
        "weather",
        "weather",
        How.EXACT,
        "name",
        9.0,
    )
    assert (typo.found, typo.how, typo.field, typo.of) == (
        "temperature",
        How.TYPO,
        "column",
        "temperature_f",
    )


def test_a_long_explanation_keeps_the_best_reason_of_each_word() -> None:
    wide = view("wide", description="rain", columns=tuple(f"delay_{n}" for n in range(40)))
    [hit] = hits([wide], "delay rain")
    assert len(hit.reasons) == search.MOST_REASONS
    assert {one.asked for one in hit.reasons} == {"delay", "rain"}
    assert len(hit.columns) == 40


def test_a_changed_view_is_found_by_its_new_words_alone() -> None:
    index = SearchIndex([entry(one) for one in ALL])
    index.change([entry(replace(CARRIER, description="Snow.", features=(column("lateness"),)))])
    assert found("snow", index) == ["carrier_delay"]
    assert found("rolling", index) == ["route_delay"]
    assert found("lateness", index) == ["carrier_delay"]


def test_a_removed_view_leaves_nothing() -> None:
    index = SearchIndex([entry(one) for one in ALL])
    index.change([entry(one, removed=True) for one in ALL])
    assert found("", index) == []
    assert index.answers("delay") == {}
    index.change([entry(CARRIER, removed=True)])
    assert index.entries == {}


def test_a_query_of_symbols_harms_nothing() -> None:
    assert found("' OR 1=1; --") == []
    assert found("__proto__", [view("proto", columns=("a",))]) == ["proto"]


def test_only_the_first_words_of_a_query_count() -> None:
    assert len(search.asked_words(" ".join(f"w{n}" for n in range(100)))) == search.MOST_WORDS
