"""Publication is gated, audited and undone when refused; reads come from the index."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.features import (
    FIRST,
    NOON,
    SECOND,
    FakeEngine,
    FakeJoin,
    FakeOnlineStore,
    FakeSnapshots,
    published,
    view,
)
from tests.support.people import ADMIN
from tests.support.services import open_audit

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.audit.service import AuditService
from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Invalid, NotFound, PolicyRefused
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.service import PublishingService
from octavo_server.features.values.domain import StoredValue
from octavo_server.features.values.service import ValuesService
from octavo_server.identity import service_caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService

REASON = "The carrier's delay is needed."


class World:
    """The rooms of features on fakes, and what they stand on."""

    def __init__(self, folder: Path) -> None:
        self.database = MemoryDatabase()
        self.audit: AuditService = open_audit(self.database, folder)
        policy = PolicyService(self.database, self.audit, CedarEngine())
        policy.install_default(default_policies())
        self.lineage = LineageService(self.database)
        self.engine, self.online = FakeEngine(), FakeOnlineStore()
        (folder / "templates" / "flights" / "feature_repo").mkdir(parents=True)
        self.places = Places(
            lakes=folder / "lake", features=folder / "features", templates=folder / "templates"
        )
        self.catalog = CatalogService(self.database, self.lineage, self.places, lambda: NOON)
        self.snapshots = FakeSnapshots()
        self.publishing = PublishingService(
            database=self.database,
            catalog=self.catalog,
            audit=self.audit,
            policy=policy,
            lineage=self.lineage,
            engine=self.engine,
            snapshots=self.snapshots,
            places=self.places,
        )
        self.values = ValuesService(
            self.catalog, self.online, FakeJoin(), self.places, lambda: NOON
        )

    def publish(self) -> str:
        return self.publishing.publish(ADMIN, "flights", "flights", REASON).id

    def entries(self) -> list[str]:
        return [one.action for one in self.audit.entries() if one.action != "policy.install"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_publication_makes_a_snapshot_current(world: World) -> None:
    assert world.publish() == FIRST
    snapshot = world.catalog.snapshot("flights")
    assert (snapshot.published_by, snapshot.previous) == ("admin", None)
    assert world.snapshots.pointers == {world.places.features / "flights": FIRST}
    found = world.catalog.find("flights", "delay")
    assert [hit.entry.view.name for hit in found] == ["carrier_delay"]
    [entry] = [one for one in world.audit.entries() if one.action == "features.publish"]
    assert entry.subject == f"feature_snapshot:flights/{FIRST}"
    assert entry.details["reason"] == REASON
    assert entry.details["policy"]["facts"] == {
        "own": False,
        "leaks": 0,
        "views_removed": 0,
        "breaks": 0,
        "transformations_changed": 0,
    }


def test_publication_is_seen_in_the_lineage(world: World) -> None:
    world.publish()
    graph = world.lineage.around("flights", "feature_view:flights/carrier_delay", 2)
    assert {(edge.source, edge.relation, edge.target) for edge in graph.edges} == {
        (
            "source:flights/curated/carrier_delay",
            "feeds",
            "feature_view:flights/carrier_delay",
        ),
        (
            "feature_view:flights/carrier_delay",
            "part of",
            "feature_service:flights/flights_late",
        ),
        (
            "feature_view:flights/carrier_delay",
            "published in",
            f"feature_snapshot:flights/{FIRST}",
        ),
    }
    consumers = world.catalog.consumers(world.catalog.view("flights", "carrier_delay"))
    assert ("feature_service", "part of") in {(one.kind, one.relation) for one in consumers}


def test_a_leak_keeps_the_gate_shut_and_nothing_changes(world: World) -> None:
    world.publish()
    world.engine.publication = published(SECOND, leaks=("too early",))
    with pytest.raises(PolicyRefused, match=r"not known yet.*too early"):
        world.publish()
    assert world.catalog.snapshot("flights").id == FIRST
    assert world.catalog.view("flights", "carrier_delay").snapshot == FIRST
    assert list(world.snapshots.pointers.values()) == [FIRST]
    assert world.snapshots.discarded == [SECOND]
    assert world.entries() == ["features.publish"]


def test_a_repository_that_can_not_be_built_changes_nothing(world: World) -> None:
    world.engine.refuses = Invalid("The features can't be published.", "")
    with pytest.raises(Invalid):
        world.publish()
    assert world.catalog.current("flights") is None
    assert world.entries() == []


def test_a_hostile_name_is_refused_before_the_gate(world: World) -> None:
    bad = view(columns=("<script>",))
    world.engine.publication = replace(world.engine.publication, views=(bad,))
    with pytest.raises(Invalid, match="<script>"):
        world.publish()
    assert world.catalog.current("flights") is None


def test_publishing_the_same_again_is_no_change(world: World) -> None:
    world.publish()
    world.snapshots.pointers.clear()  # as after a crash between commit and pointer
    assert world.publish() == FIRST
    assert world.entries() == ["features.publish"]
    assert list(world.snapshots.pointers.values()) == [FIRST]


def test_a_publication_says_what_it_replaces_and_removes(world: World) -> None:
    world.publish()
    other = view("route_delay", snapshot=SECOND)
    world.engine.publication = published(SECOND, other)
    world.publish()
    assert world.catalog.snapshot("flights").previous == FIRST
    newest = world.audit.entries(limit=1)[0]
    assert newest.details["removed"] == ["carrier_delay"]
    with pytest.raises(NotFound):
        world.catalog.view("flights", "carrier_delay")
    assert world.catalog.folder("flights", FIRST) == world.places.features / "flights" / FIRST


@pytest.mark.parametrize("template", [None, "unknown", "../flights"])
def test_only_an_installed_repository_is_built(world: World, template: str | None) -> None:
    with pytest.raises(Invalid, match="no template with features"):
        world.publishing.publish(service_caller("install"), "flights", template, REASON)
    assert world.engine.orders == []


def test_a_folder_is_given_for_published_snapshots_alone(world: World) -> None:
    with pytest.raises(NotFound):
        world.catalog.folder("flights", "../../etc")


def test_online_values_come_by_row_and_feature(world: World) -> None:
    world.publish()
    stored = StoredValue(text="12.5", event_at=NOON)
    world.online.values["carrier_delay", "UA", "carrier_delay_mean_24h"] = stored
    rows = world.values.online(
        "flights",
        ["carrier_delay:carrier_delay_mean_24h"],
        [{"carrier": "UA"}, {"carrier": "ZZ"}],
    )
    cells = [row["carrier_delay:carrier_delay_mean_24h"] for row in rows]
    assert [(cell.value, cell.status) for cell in cells] == [(12.5, "present"), (None, "absent")]
