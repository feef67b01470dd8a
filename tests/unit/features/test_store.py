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
        assert store.view(rows, "flights", "route_delay") == view("route_delay")
        assert store.view(rows, "flights", "nothing") is None
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
