"""Search across projects, use, cost, versions and lineage of views, on the three databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.support.features import FIRST, NOON, SECOND, view
from tests.support.people import ADMIN, SCIENTIST
from tests.support.services import open_audit

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.features.catalog.domain import Read, Snapshot, View
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.identity import service_caller
from octavo_server.lineage.service import LineageService

DAY = timedelta(days=1)


class World:
    """The catalog on one database, with a clock that moves."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.now, self.database = NOON, database
        self.audit: AuditService = open_audit(database, folder, self.clock)
        self.lineage = LineageService(database)
        places = Places(lakes=folder, features=folder, templates=folder)
        self.catalog = CatalogService(database, self.lineage, places, self.clock)

    def clock(self) -> datetime:
        return self.now

    def publish(self, *views: View, snapshot: str = FIRST, project: str = "flights") -> None:
        made = Snapshot(
            project=project,
            id=snapshot,
            published_at=self.now,
            published_by="admin",
            reason="A reason.",
            views=tuple(one.name for one in views),
            services=(),
            previous=None,
        )
        shown = [replace(one, project=project, snapshot=snapshot) for one in views]
        with self.audit.change(ADMIN, "features.publish", "feature_snapshot:x", project) as change:
            self.catalog.record(change, made, shown)

    def found(self, query: str = "", *projects: str, **choices: str) -> list[tuple[str, str]]:
        chosen = {name: frozenset({value}) for name, value in choices.items()}
        page = self.catalog.search(projects or ["flights"], query, chosen, 0, 100)
        return [(hit.entry.view.project, hit.entry.view.name) for hit in page.hits]

    def link(self, *chain: str) -> None:
        with self.audit.change(ADMIN, "test", "run:flights/x", "flights") as change:
            for source, target in pairwise(chain):
                self.lineage.link(
                    change, source=source, target=target, relation="made", project="flights"
                )


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_a_search_sees_the_given_projects_alone(world: World) -> None:
    world.publish(view("carrier_delay"))
    world.publish(view("secret_delay"), project="secret")
    assert world.found("delay") == [("flights", "carrier_delay")]
    assert world.found("delay", "flights", "secret") == [
        ("flights", "carrier_delay"),
        ("secret", "secret_delay"),
    ]
    page = world.catalog.search(["flights"], "secret", {}, 0, 10)
    assert (page.hits, page.unknown) == ((), ("secret",))
    assert [value.value for facet in page.facets for value in facet.values] == []
    assert world.found("", "nothing") == []


def test_a_search_sees_each_publication_at_once(world: World) -> None:
    other = CatalogService(
        world.database,
        world.lineage,
        Places(lakes=Path(), features=Path(), templates=Path()),
        world.clock,
    )
    world.publish(view("carrier_delay"), view("route_delay"))
    assert len(world.found("delay")) == 2
    world.publish(view("carrier_delay", description="Snow."), snapshot=SECOND)
    for catalog in (world.catalog, other):
        assert [hit.entry.view.name for hit in catalog.find("flights", "snow")] == ["carrier_delay"]
        assert catalog.find("flights", "route") == []
        assert {one.snapshot for one in catalog.views("flights")} == {SECOND}


def test_pages_follow_and_count(world: World) -> None:
    world.publish(*[view(f"delay_{n:02d}") for n in range(7)])
    pages = [world.catalog.search(["flights"], "delay", {}, at, 3) for at in (0, 3, 6, 9)]
    names = [hit.entry.view.name for page in pages for hit in page.hits]
    assert names == [f"delay_{n:02d}" for n in range(7)]
    assert {(page.total, page.columns) for page in pages} == {(7, 14)}


def test_choices_narrow_a_search(world: World) -> None:
    plain = view("weather", description="Wind.", tags={"domain": "weather"}, columns=("wind",))
    world.publish(view("carrier_delay"), plain)
    assert world.found(tag="domain=weather") == [("flights", "weather")]
    assert world.found(type="UnixTimestamp") == [("flights", "carrier_delay")]
    assert world.found("delay", tag="domain=weather") == []


def test_reads_say_who_uses_a_view(world: World) -> None:
    world.publish(view(), view("route_delay"))
    world.catalog.used("flights", "carrier_delay", ["a"], how="online", caller=SCIENTIST)
    world.catalog.used("flights", "carrier_delay", ["b"], how="online", caller=SCIENTIST)
    world.catalog.used("flights", "carrier_delay", [], how="preview", caller=service_caller("x"))
    world.catalog.uses.close()
    known = world.catalog.detail("flights", "carrier_delay")
    assert known.entry.standing.last_used_at == NOON
    assert known.entry.standing.people == 1  # a service is none
    assert {(one.person, one.how, one.count, one.columns) for one in known.reads} == {
        ("scientist", "online", 2, ("b",)),
        ("service:x", "preview", 1, ()),
    }
    page = world.catalog.search(["flights"], "delay", {}, 0, 10)
    assert page.hits[0].entry.view.name == "carrier_delay"
    assert page.hits[0].use_points > 0


def test_reports_count_known_views_alone(world: World) -> None:
    world.publish(view())
    read = Read(
        project="flights",
        view="carrier_delay",
        columns=("a",),
        how="historical",
        person="ann",
        at=NOON,
        subject="late/train.ipynb",
        count=7,
    )
    assert world.catalog.count("flights", [read, replace(read, view="__proto__")]) == 1
    assert world.catalog.count("flights", [replace(read, view="gone")]) == 0
    assert world.catalog.count("flights", [replace(read, at=NOON + DAY, count=2)]) == 1
    world.now = NOON + DAY
    [shown] = world.catalog.detail("flights", "carrier_delay").reads
    assert (shown.count, shown.at, shown.subject) == (9, NOON + DAY, "late/train.ipynb")


def test_readers_of_long_ago_count_no_more(world: World) -> None:
    world.publish(view())
    world.catalog.used("flights", "carrier_delay", [], how="online", caller=SCIENTIST)
    world.catalog.uses.close()
    world.now = NOON + 31 * DAY
    world.catalog.uses.count_people_again("flights")
    standing = world.catalog.entry("flights", "carrier_delay").standing
    assert (standing.people, standing.last_used_at) == (0, NOON)
    assert world.found(state="used") == [("flights", "carrier_delay")]
    world.now = NOON + 91 * DAY
    assert world.found(state="unused") == [("flights", "carrier_delay")]


def test_cost_is_summed_over_the_last_days(world: World) -> None:
    world.publish(view())
    with world.database.write() as rows:
        for days in (0, 0, 10, 40):
            at = NOON - days * DAY
            world.catalog.book_cost(rows, "flights", "carrier_delay", at, 1.5, 2_000)
    cost = world.catalog.detail("flights", "carrier_delay").cost
    assert (cost.materializations, cost.seconds, cost.micro_eur) == (3, 4.5, 6_000)


def test_each_change_of_a_definition_is_a_version(world: World) -> None:
    world.publish(view(), view("route_delay"))
    world.publish(view(), view("route_delay"), snapshot=SECOND)
    world.publish(view(description="Snow."), snapshot=FIRST)
    found = world.catalog.versions("flights", "carrier_delay")
    assert [(one.number, one.snapshot) for one, _ in found] == [(2, FIRST), (1, FIRST)]
    [change] = found[0][1]
    assert (change.what, change.before, change.after) == (
        "description",
        "Rolling arrival delay of the carrier.",
        "Snow.",
    )
    [removed, _] = world.catalog.versions("flights", "route_delay")
    assert (removed[0].removed, removed[1]) == (True, [])
    with pytest.raises(NotFound, match=r"no feature view 'nothing' in flights"):
        world.catalog.versions("flights", "nothing")
    with pytest.raises(NotFound):
        world.catalog.detail("flights", "route_delay")


def test_a_snapshot_holds_one_definition_of_a_view(world: World) -> None:
    world.publish(view(), view("route_delay"))
    world.publish(view(description="Snow."), snapshot=SECOND)
    (newer, _), (older, _) = world.catalog.versions("flights", "carrier_delay")
    held = [
        world.catalog.version_in("flights", "carrier_delay", one.snapshot) for one in (older, newer)
    ]
    assert held == [1, 2]
    assert world.catalog.version_in("flights", "route_delay", older.snapshot) == 1
    assert world.catalog.version_in("flights", "route_delay", newer.snapshot) is None
    assert world.catalog.version_in("flights", "carrier_delay", "0" * 64) is None
    assert world.catalog.version_in("flights", "nothing", newer.snapshot) is None


def test_lineage_leads_from_the_source_to_the_dashboard(world: World) -> None:
    world.publish(view(), view("route_delay"))
    both = "feature_view:flights/carrier_delay", "feature_view:flights/route_delay"
    snapshot = f"feature_snapshot:flights/{FIRST}"
    chain = (
        "source:flights/curated/carrier_delay",
        both[0],
        "feature_service:flights/late",
        "run:flights/mine",
        "model_version:flights/late/1",
        "deployment:flights/late",
        "dashboard:flights/late",
    )
    for one in both:
        world.link(one, snapshot)
    world.link(snapshot, "run:flights/others")
    world.link(*chain)
    graph = world.catalog.lineage("flights", "carrier_delay")
    assert {one.id for one in graph.nodes} == set(chain)
    assert {(one.source, one.target) for one in graph.edges} == set(pairwise(chain))
    consumers = world.catalog.consumers(world.catalog.view("flights", "carrier_delay"))
    assert [one.kind for one in consumers] == [
        "feature_service",
        "run",
        "model_version",
        "deployment",
        "dashboard",
    ]
    # No run says that it read the other view: what read its snapshot is shown.
    other = world.catalog.lineage("flights", "route_delay")
    assert "run:flights/others" in {one.id for one in other.nodes}


def test_hostile_texts_reach_nobody_unbounded(world: World) -> None:
    hostile = view(description="<img src=x onerror=alert(1)>" + "x" * 1_000_000, owner="a\u202eb")
    world.publish(hostile, view("__proto__"))
    assert world.found("proto") == [("flights", "__proto__")]
    assert world.found("onerror") == [("flights", "carrier_delay")]
    kept = world.catalog.view("flights", "carrier_delay")
    assert len(kept.description) == 20_000
    assert kept.owner == "a\ufffdb"
