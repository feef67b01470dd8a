"""What the catalog answers over HTTP: by the caller's rights, bounded, and in words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.support.features import FIRST, NOON, view
from tests.support.people import ADMIN
from tests.support.platform import Platform

from octavo_server.features.catalog.domain import Snapshot, View

BASE = "/projects/flights/features"
HOSTILE = "<img src=x onerror=alert(1)>"


def publish(platform: Platform, project: str, *views: View) -> None:
    made = Snapshot(
        project=project,
        id=FIRST,
        published_at=NOON,
        published_by="admin",
        reason="A reason.",
        views=tuple(one.name for one in views),
        services=(),
        previous=None,
    )
    audit, catalog = platform.services.audit, platform.services.features.catalog
    with audit.change(ADMIN, "features.publish", "feature_snapshot:x", project) as change:
        catalog.record(change, made, [replace(one, project=project) for one in views])


@pytest.fixture(scope="module")
def filled(platform: Platform) -> Platform:
    body = {"name": "secret", "title": "Secret", "monthly_budget_eur": 1}
    platform.call("admin", "POST", "/projects", json=body)
    window = {"start": NOON.isoformat(), "end": NOON.isoformat(), "rows": 3, "null_rate": 0.0}
    history = {"carrier_delay_mean_24h": {"edges": [0.0, 1.0], "windows": [window]}}
    hostile = view("__proto__", description=HOSTILE + "x" * 1_000_000, owner="a\u202eb")
    publish(platform, "flights", view(history=history), hostile)
    if platform.services.projects.project_roles(ADMIN, "secret"):
        publish(platform, "secret", view("secret_delay"))
    return platform


def get(platform: Platform, path: str, who: str = "scientist", status: int = 200) -> Any:
    answer = platform.call(who, "GET", path)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_search_shows_what_its_caller_may_read(filled: Platform) -> None:
    mine = get(filled, "/features/search?q=delay")
    assert {one["project"] for one in mine["items"]} == {"flights"}
    everything = get(filled, "/features/search?q=delay", "admin")
    assert {one["project"] for one in everything["items"]} == {"flights", "secret"}
    nothing = get(filled, "/features/search?q=delay", "stranger")
    assert (nothing["items"], nothing["total"]) == ([], 0)
    assert all(not facet["values"] for facet in nothing["facets"])
    # Asking for a project by name gives nobody more.
    assert get(filled, "/features/search?project=secret")["total"] == 0


def test_a_hit_explains_itself_and_facets_divide(filled: Platform) -> None:
    page = get(filled, "/features/search?q=carier&tag=domain%3Ddelay&limit=1")
    [hit] = page["items"]
    assert (hit["name"], page["total"], page["next_offset"]) == ("carrier_delay", 2, 1)
    reason = hit["reasons"][0]
    assert (reason["asked"], reason["found"], reason["how"], reason["field"]) == (
        "carier",
        "carrier",
        "typo",
        "name",
    )
    assert hit["freshness"]["state"] == "stale"
    tags = next(one for one in page["facets"] if one["name"] == "tag")
    assert tags["values"] == [{"value": "domain=delay", "count": 2, "chosen": True}]
    assert get(filled, "/features/search?q=qqqq")["unknown_words"] == ["qqqq"]


def test_a_hostile_view_is_answered_whole_and_bounded(filled: Platform) -> None:
    [hit] = get(filled, "/features/search?q=proto")["items"]
    assert len(hit["description"]) == 300
    assert hit["description"].startswith(HOSTILE)
    page = get(filled, f"{BASE}/views/__proto__")
    assert len(page["description"]) == 20_000
    assert page["owner"] == "a\ufffdb"


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("limit=101", "limit"),
        ("offset=-1", "offset"),
        ("q=" + "x" * 201, "q"),
        ("&".join("owner=x" for _ in range(51)), "owner"),
    ],
)
def test_what_is_out_of_bounds_is_named(filled: Platform, query: str, says: str) -> None:
    answer = get(filled, f"/features/search?{query}", status=422)
    assert says in answer["message"]


def test_a_page_says_all_that_is_known(filled: Platform) -> None:
    page = get(filled, f"{BASE}/views/carrier_delay")
    assert page["node"] == "feature_view:flights/carrier_delay"
    assert (page["version"], page["problems"], page["online"]) == (1, [], False)
    assert page["freshness"]["expected_by"] == "ttl"
    assert page["cost"] == {"materializations": 0, "seconds": 0.0, "cost_eur": 0.0}
    history = get(filled, f"{BASE}/views/carrier_delay/history")
    assert [one["name"] for one in history["columns"]] == ["carrier_delay_mean_24h"]
    assert get(filled, f"{BASE}/views/__proto__/history")["columns"] == []
    versions = get(filled, f"{BASE}/views/carrier_delay/versions")["items"]
    assert [(one["number"], one["changes"]) for one in versions] == [(1, [])]
    graph = get(filled, f"{BASE}/views/carrier_delay/lineage")
    assert graph["root"] == page["node"]


@pytest.mark.parametrize("path", ["", "/history", "/versions", "/lineage"])
def test_a_view_that_is_not_there_is_named(filled: Platform, path: str) -> None:
    answer = get(filled, f"{BASE}/views/nothing{path}", status=404)
    assert answer["message"] == "There is no feature view 'nothing' in flights."


def test_the_registry_says_whether_it_is_what_was_published(filled: Platform) -> None:
    state = get(filled, f"{BASE}/registry")
    assert (state["snapshot"], state["pointed_to"], state["problems"]) == (FIRST, None, [])


def test_reads_are_counted_and_bad_ones_refused(filled: Platform) -> None:
    line = {"view": "carrier_delay", "columns": ["a"], "how": "historical", "count": 2}
    lines = [line, {**line, "view": "gone"}]
    told = filled.call("scientist", "POST", f"{BASE}/uses", json={"reads": lines})
    assert told.json() == {"counted": 1, "unknown": 1}
    page = get(filled, f"{BASE}/views/carrier_delay")
    assert page["people"] == 1
    assert page["uses"][0]["person"] == "scientist"
    for bad in (
        {"count": 0},
        {"how": "preview"},
        {"subject": "a\u202eb"},
        {"columns": ["x"] * 501},
    ):
        body = {"reads": [{**line, **bad}]}
        assert filled.call("scientist", "POST", f"{BASE}/uses", json=body).status_code == 422
    assert (
        filled.call("stranger", "POST", f"{BASE}/uses", json={"reads": [line]}).status_code == 404
    )
