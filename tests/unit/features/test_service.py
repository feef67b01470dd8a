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
from tests.support.people import ADMIN, SCIENTIST
from tests.support.services import open_audit

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.audit.service import AuditService
from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Invalid, NotFound, PolicyRefused
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.service import PublishingService
from octavo_server.features.values.domain import Met, StoredValue
from octavo_server.features.values.service import LiveFrame, OwnKeys, OwnRows, ValuesService
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
        self.join = FakeJoin()
        self.values = ValuesService(self.catalog, self.online, self.join, self.places, lambda: NOON)

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
        SCIENTIST,
        "flights",
        ["carrier_delay:carrier_delay_mean_24h"],
        [{"carrier": "UA"}, {"carrier": "ZZ"}],
    )
    cells = [row["carrier_delay:carrier_delay_mean_24h"] for row in rows]
    assert [(cell.value, cell.status) for cell in cells] == [(12.5, "present"), (None, "absent")]


def test_a_preview_and_a_lookup_count_as_uses_and_write_nothing_else(world: World) -> None:
    world.publish()
    before = world.entries()
    asked = ["carrier_delay:carrier_delay_mean_24h"]
    nothing = Met(
        met=0,
        first_event=None,
        newest_event=None,
        late_event=None,
        late_created=None,
        event=None,
        created=None,
        values=(None, None),
    )
    world.join.met["carrier_delay"] = [nothing]
    rows = OwnRows(keys={"carrier": OwnKeys(kind="text", values=["UA"])}, times=[NOON])
    found = world.values.preview(SCIENTIST, "flights", asked, rows)
    assert (found.snapshot, found.rows[0].cells[0].reason) == (FIRST, "no_such_key")
    world.values.online(SCIENTIST, "flights", asked, [{"carrier": "UA"}])
    world.catalog.uses.flush()
    reads = world.catalog.detail("flights", "carrier_delay").reads
    assert {(read.person, read.how) for read in reads} == {
        ("scientist", "preview"),
        ("scientist", "online"),
    }
    assert world.entries() == before


def test_code_is_written_for_columns_a_service_and_a_frame(world: World) -> None:
    world.publish()
    frame = LiveFrame(
        name="june", library="pandas", keys={"carrier": "airline"}, time="at", index=False
    )
    asked = ["carrier_delay:carrier_delay_mean_24h"]
    code, keys = world.values.code("flights", asked, None, frame, online=False)
    assert keys == ["carrier"]
    assert "june[['airline', 'at']]" in code
    code, _ = world.values.code("flights", [], "flights_late", None, online=True)
    assert 'features="flights_late"' in code
    with pytest.raises(NotFound, match="service: there is no feature service 'none'"):
        world.values.code("flights", [], "none", None, online=False)
    with pytest.raises(NotFound, match="features: there is no feature view 'none'"):
        world.values.code("flights", ["none:x"], None, None, online=False)
    keyless = LiveFrame(name="june", library="pandas", keys={}, time="at", index=False)
    with pytest.raises(Invalid, match="keys: carrier_delay needs carrier"):
        world.values.code("flights", asked, None, keyless, online=False)
