"""Found views divide by their properties; choices widen within a facet and narrow across."""

from dataclasses import replace
from datetime import timedelta

from tests.support.features import NOON, column, view

from octavo_server.features.catalog import facets
from octavo_server.features.catalog.domain import Entry, Freshness, Standing, View

DAY = timedelta(days=1)


def entry(one: View, standing: Standing | None = None) -> Entry:
    return Entry(view=one, standing=standing or Standing(published_at=NOON), revision=1)


FRESH = Freshness(newest_event_at=NOON, materialized_until=NOON, checked_at=NOON)
CARRIER = entry(view("carrier_delay", freshness=FRESH))
ROUTE = entry(view("route_delay", owner="route-desk", entities=("origin", "dest")))
OTHER = entry(view("weather", project="other", tags={"domain": "weather"}, features=(column("x"),)))
ALL = [CARRIER, ROUTE, OTHER]


def divide(choices: dict[str, frozenset[str]]) -> tuple[list[str], dict[str, dict[str, int]]]:
    division = facets.Division(choices)
    passed = [one.view.name for one in ALL if division.take(facets.values(one, NOON))]
    counted = {
        facet.name: {value.value: value.count for value in facet.values}
        for facet in division.facets()
    }
    return passed, counted


def test_without_choices_everything_is_counted() -> None:
    passed, counted = divide({})
    assert len(passed) == 3
    assert counted == {
        "project": {"flights": 2, "other": 1},
        "entity": {"carrier": 2, "dest": 1, "origin": 1},
        "owner": {"flights-data@octavo.example": 2, "route-desk": 1},
        "tag": {"domain=delay": 2, "domain=weather": 1},
        "freshness": {"fresh": 3},
        "type": {"Float64": 3, "UnixTimestamp": 2},
        "online": {"offline": 2, "online": 1},
        "state": {"new": 3},
    }


def test_a_facet_counts_what_its_other_values_would_give() -> None:
    passed, counted = divide({"tag": frozenset({"domain=delay"})})
    assert passed == ["carrier_delay", "route_delay"]
    assert counted["tag"] == {"domain=delay": 2, "domain=weather": 1}
    assert counted["project"] == {"flights": 2}


def test_two_values_widen_and_two_facets_narrow() -> None:
    tags = frozenset({"domain=delay", "domain=weather"})
    assert len(divide({"tag": tags})[0]) == 3
    passed, counted = divide({"tag": tags, "online": frozenset({"online"})})
    assert passed == ["carrier_delay"]
    assert counted["online"] == {"offline": 2, "online": 1}
    assert counted["entity"] == {"carrier": 1}


def test_a_chosen_value_that_nothing_has_is_shown() -> None:
    division = facets.Division({"owner": frozenset({"<nobody>"})})
    division.take(facets.values(CARRIER, NOON))
    owner = next(one for one in division.facets() if one.name == "owner")
    assert [(one.value, one.count, one.chosen) for one in owner.values] == [
        ("flights-data@octavo.example", 1, False),
        ("<nobody>", 0, True),
    ]


def test_a_facet_shows_no_more_values_than_fit() -> None:
    division = facets.Division({})
    many = view(tags={f"key{n}": "x" * 1000 for n in range(80)})
    division.take(facets.values(entry(many), NOON))
    tag = next(one for one in division.facets() if one.name == "tag")
    assert (len(tag.values), tag.more) == (facets.MOST_VALUES, 30)
    assert all(len(one.value) <= facets.LONGEST_VALUE for one in tag.values)


def test_values_hold_until_age_or_use_changes_them() -> None:
    dated = facets.dated(CARRIER, NOON)
    assert dated.until == NOON + timedelta(hours=6, microseconds=1)
    assert facets.values(CARRIER, dated.until)["freshness"] == ("stale",)
    later = facets.dated(CARRIER, dated.until)
    assert later.until == NOON + timedelta(days=90, microseconds=1)
    assert facets.values(CARRIER, later.until)["state"] == ("unused",)
    assert facets.dated(CARRIER, later.until).until is None
    used = replace(CARRIER, standing=Standing(published_at=NOON, last_used_at=NOON + 80 * DAY))
    assert facets.values(used, NOON + 100 * DAY)["state"] == ("used",)
