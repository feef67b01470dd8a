"""The index of views and snapshots, on the twin, SQLite and PostgreSQL."""

from dataclasses import replace
from datetime import timedelta

from tests.support.features import FIRST, NOON, SECOND, view

from octavo_server.database.rows import Database
from octavo_server.features.catalog import store
from octavo_server.features.catalog.domain import Snapshot

MADE = Snapshot(
    project="flights",
    id=FIRST,
    published_at=NOON,
    published_by="admin",
    reason="First features.",
    views=("carrier_delay",),
    services=("flights_late",),
    previous=None,
)


def test_a_view_comes_back_as_it_was(database: Database) -> None:
    with database.write() as rows:
        store.replace_views(rows, "flights", [view(), view("route_delay")])
    with database.read() as rows:
        assert store.views(rows, "flights") == [view(), view("route_delay")]
        found = store.entry(rows, "flights", "route_delay")
        assert found is not None
        assert found.view == view("route_delay")
        assert store.entry(rows, "flights", "nothing") is None
        assert store.views(rows, "other") == []


def test_replacing_views_leaves_other_projects_alone(database: Database) -> None:
    other = view(project="other")
    with database.write() as rows:
        store.replace_views(rows, "flights", [view(), view("route_delay")])
        store.replace_views(rows, "other", [other])
    with database.write() as rows:
        store.replace_views(rows, "flights", [view("plane_delay")])
    with database.read() as rows:
        assert [one.name for one in store.views(rows, "flights")] == ["plane_delay"]
        assert store.views(rows, "other") == [other]


def test_one_snapshot_is_current(database: Database) -> None:
    later = replace(MADE, id=SECOND, published_at=NOON + timedelta(hours=1), previous=FIRST)
    for made in (MADE, later):
        with database.write() as rows:
            store.publish(rows, made)
        with database.read() as rows:
            assert store.current(rows, "flights") == made
    with database.read() as rows:
        assert store.snapshot(rows, "flights", FIRST) == MADE
        assert store.snapshot(rows, "other", FIRST) is None
        assert store.current(rows, "other") is None


def test_an_older_snapshot_may_become_current_again(database: Database) -> None:
    again = replace(MADE, published_at=NOON + timedelta(days=1), previous=SECOND)
    for made in (MADE, replace(MADE, id=SECOND, previous=FIRST), again):
        with database.write() as rows:
            store.publish(rows, made)
    with database.read() as rows:
        assert store.current(rows, "flights") == again


def test_only_what_changed_is_read_again(database: Database) -> None:
    with database.write() as rows:
        assert store.replace_views(rows, "flights", [view(), view("route_delay")], NOON)
    with database.read() as rows:
        first = store.state(rows, "flights").revision
        assert {one.view.name for one in store.changed(rows, "flights", -1)} == {
            "carrier_delay",
            "route_delay",
        }
    with database.write() as rows:
        other = view("route_delay", description="By route.", snapshot=SECOND)
        assert store.replace_views(rows, "flights", [view(snapshot=SECOND), other])
    with database.read() as rows:
        [changed] = store.changed(rows, "flights", first)
        assert (changed.view.description, changed.removed) == ("By route.", False)
        assert changed.standing.published_at == NOON
        assert {one.snapshot for one in store.views(rows, "flights")} == {SECOND}
    with database.write() as rows:
        before = store.state(rows, "flights").revision
        assert store.replace_views(rows, "flights", [view(snapshot=SECOND)])
        assert not store.replace_views(rows, "flights", [view(snapshot=SECOND)])
    with database.read() as rows:
        [gone] = store.changed(rows, "flights", before)
        assert (gone.view.name, gone.removed) == ("route_delay", True)
        assert store.entry(rows, "flights", "route_delay") is None


def test_a_view_that_comes_back_is_there_again(database: Database) -> None:
    for views in ([view()], [], [view()]):
        with database.write() as rows:
            store.replace_views(rows, "flights", views)
    with database.read() as rows:
        assert store.views(rows, "flights") == [view()]


def test_freshness_moves_on_and_never_back(database: Database) -> None:
    later = NOON + timedelta(hours=2)
    with database.write() as rows:
        store.replace_views(rows, "flights", [view()])
        store.move_freshness(rows, "flights", "carrier_delay", {"materialized_until": later})
        store.move_freshness(rows, "flights", "carrier_delay", {"materialized_until": NOON})
        store.move_freshness(rows, "flights", "nothing", {"materialized_until": NOON})
    with database.read() as rows:
        [kept] = store.views(rows, "flights")
        assert kept.freshness.materialized_until == later
    with database.write() as rows:
        # The registry was built before the job ran and knows nothing of it.
        store.replace_views(rows, "flights", [view(description="Other words.")])
    with database.read() as rows:
        [kept] = store.views(rows, "flights")
        assert (kept.description, kept.freshness.materialized_until) == ("Other words.", later)
    with database.write() as rows:
        store.replace_views(rows, "flights", [view(columns=("another",))])
    with database.read() as rows:
        [kept] = store.views(rows, "flights")
        assert kept.freshness.materialized_until is None


def test_windows_are_kept_beside_the_view(database: Database) -> None:
    history = {"carrier_delay_mean_24h": {"edges": [0.0, 1.0], "windows": []}}
    with database.write() as rows:
        store.replace_views(rows, "flights", [view(history=history)])
        store.replace_views(rows, "flights", [view()])
    with database.read() as rows:
        kept = store.windows(rows, "flights", "carrier_delay")
        assert kept is not None
        assert (kept.computed_at, kept.columns) == (NOON, history)
        assert store.windows(rows, "flights", "nothing") is None
        assert store.views(rows, "flights") == [view()]
