"""How old data may be, who needs a view, what is cut of hostile texts, what versions differ in."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.features import FIRST, NOON, SECOND, column, view

from octavo_server.features.catalog import consumption, rules, versions
from octavo_server.features.catalog.domain import Freshness, Standing, Version, View
from octavo_server.lineage.service import Edge

DAY = timedelta(days=1)


def aged(hours: float, **more: Any) -> View:
    newest = NOON - timedelta(hours=hours)
    fresh = Freshness(newest_event_at=newest, materialized_until=None, checked_at=NOON)
    return view(freshness=fresh, **more)


@pytest.mark.parametrize(
    ("one", "by", "state"),
    [
        (aged(5), "ttl", "fresh"),
        (aged(7), "ttl", "stale"),
        (aged(7, tags={"freshness": "8h"}), "tag", "fresh"),
        (aged(7, tags={"freshness": "90min"}), "tag", "stale"),
        (aged(7, tags={"freshness": "soon"}), "ttl", "stale"),
        (aged(7, ttl_seconds=None, cadence_seconds=3 * 3600), "cadence", "fresh"),
        (aged(10, ttl_seconds=None, cadence_seconds=3 * 3600), "cadence", "stale"),
        (aged(1000, ttl_seconds=None), "", "unknown"),
    ],
)
def test_what_is_expected_says_what_is_stale(one: View, by: str, state: str) -> None:
    assert rules.expectation(one).by == by
    assert rules.freshness_state(one, NOON) == state


def test_a_source_without_rows_is_empty() -> None:
    empty = Freshness(newest_event_at=None, materialized_until=None, checked_at=NOON)
    assert rules.freshness_state(view(freshness=empty), NOON) == "empty"
    assert rules.freshness_turns(view(freshness=empty)) == ()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("5 min", 300), ("6H", 21_600), ("2d", 172_800), ("1w", 604_800)]
    + [(bad, None) for bad in ("", "6", "h", "-6h", "6h6m", "9" * 30 + "h")],
)
def test_spans_are_read(text: str, seconds: int | None) -> None:
    assert rules.span_seconds(text) == seconds


@pytest.mark.parametrize(
    ("standing", "state"),
    [
        (Standing(), "new"),
        (Standing(published_at=NOON - 89 * DAY), "new"),
        (Standing(published_at=NOON - 91 * DAY), "unused"),
        (Standing(published_at=NOON - 91 * DAY, last_used_at=NOON - DAY), "used"),
        (Standing(published_at=NOON - 91 * DAY, consumed_at=NOON), "used"),
        (Standing(published_at=NOON - 200 * DAY, last_used_at=NOON - 91 * DAY), "unused"),
    ],
)
def test_a_view_nobody_needs_is_unused(standing: Standing, state: str) -> None:
    assert rules.use_state(standing, NOON) == state


def test_hostile_texts_are_cut_and_shown_as_what_they_are() -> None:
    hostile = view(
        description="x" * 1_000_000,
        owner="evil\u202egro.elpmaxe\x00",
        tags={f"k{n}": "v" * 10_000 for n in range(500)},
        features=(replace(column("a"), description="<script>alert(1)</script>\u200b"),),
    )
    kept = rules.bounded(hostile)
    assert len(kept.description) == rules.LONGEST_DESCRIPTION
    assert kept.description.endswith("…")
    assert kept.owner == "evil\ufffdgro.elpmaxe\ufffd"
    assert len(kept.tags) == rules.MOST_TAGS
    assert max(map(len, kept.tags.values())) == rules.LONGEST_NAME
    assert kept.features[0].description == "<script>alert(1)</script>\ufffd"
    assert rules.bounded(kept) == kept
    assert rules.bounded(view()) == view()


def version(number: int, one: View, *, removed: bool = False) -> Version:
    return Version(
        number=number,
        snapshot=FIRST if number == 1 else SECOND,
        published_at=NOON,
        published_by="admin",
        reason="A reason.",
        removed=removed,
        definition=versions.definition(one),
    )


def test_versions_say_what_changed() -> None:
    before = view(columns=("a", "b"))
    after = view(
        columns=("b", "c"),
        owner="new-owner",
        ttl_seconds=None,
        tags={"domain": "delay", "team": "late"},
    )
    after = replace(after, features=(replace(after.features[0], dtype="Int64"), after.features[1]))
    found = {
        (one.what, one.change, one.before, one.after)
        for one in versions.differences(versions.definition(before), versions.definition(after))
    }
    assert found == {
        ("owner", "changed", "flights-data@octavo.example", "new-owner"),
        ("ttl seconds", "removed", "21600", None),
        ("tag team", "added", None, "late"),
        ("column a", "removed", "Float64", None),
        ("column b: dtype", "changed", "Float64", "Int64"),
        ("column c", "added", None, "Float64"),
    }


def test_data_and_age_are_no_change_of_definition() -> None:
    other = replace(
        aged(3),
        snapshot=SECOND,
        features=tuple(replace(one, statistics=None) for one in aged(3).features),
        source=replace(aged(3).source, rows=9, sha256=None),
    )
    assert versions.definition(other) == versions.definition(aged(100))


def test_a_version_is_compared_with_the_one_before() -> None:
    first, second = view(), view(description="Other.")
    listed = [
        version(4, second),
        version(3, second, removed=True),
        version(2, second),
        version(1, first),
    ]
    changes = [[one.what for one in changed] for _, changed in versions.steps(listed)]
    assert changes == [[], [], ["description"], []]


def edge(source: str, target: str, days_ago: int = 0, relation: str = "made") -> Edge:
    at = NOON - days_ago * DAY
    return Edge(source=source, target=target, relation=relation, project="flights", at=at)


VIEW, SERVICE = "feature_view:flights/a", "feature_service:flights/s"
TO_SERVICE = edge(VIEW, SERVICE, 100)
TO_RUN = edge(SERVICE, "run:flights/r", 95)
TO_MODEL = edge("run:flights/r", "model_version:flights/m/1", 94)
TO_DEPLOYMENT = edge("model_version:flights/m/1", "deployment:flights/d", 93)


@pytest.mark.parametrize(
    ("edges", "expected"),
    [
        ([], None),
        ([TO_SERVICE], None),
        ([TO_SERVICE, TO_RUN], NOON - 95 * DAY),
        ([TO_SERVICE, TO_RUN, TO_MODEL], NOON - 94 * DAY),
        ([TO_SERVICE, TO_RUN, TO_MODEL, TO_DEPLOYMENT], NOON),
        ([edge(VIEW, VIEW), edge("feature_view:flights/b", "run:flights/x")], None),
    ],
)
def test_what_stands_on_a_view_keeps_it_needed(edges: list[Edge], expected: object) -> None:
    assert consumption.consumed_at(edges, VIEW, NOON) == expected


def test_a_way_through_a_snapshot_is_nobodys_own() -> None:
    assert consumption.directly(TO_SERVICE)
    assert not consumption.directly(edge(VIEW, "feature_snapshot:flights/x"))
    assert not consumption.directly(edge("feature_snapshot:flights/x", "run:flights/r"))
