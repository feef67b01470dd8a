"""Folders of snapshots and the online values beside them, with a crash at any point."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from octavo_server.adapters.feast_online import ONLINE_FILE, waiting_online
from octavo_server.adapters.online_tables import DROP, MERGE, REPLACE, note_plan, take_over
from octavo_server.adapters.snapshot_folders import SnapshotFolders

FIRST, SECOND = "a" * 64, "b" * 64
TABLE = (
    'CREATE TABLE "{name}" (entity_key BLOB, feature_name TEXT, value BLOB, value_text TEXT, '
    "event_ts timestamp, created_ts timestamp, PRIMARY KEY(entity_key, feature_name))"
)

Values = Mapping[str, Mapping[str, tuple[str, int]]]


def fill(file: Path, tables: Values) -> None:
    """Write tables of ``entity -> (value, event time)`` as Feast lays them out."""
    with closing(sqlite3.connect(file)) as online, online:
        for name, rows in tables.items():
            online.execute(TABLE.format(name=name))
            online.execute(f'CREATE INDEX "{name}_ek" ON "{name}" (entity_key)')
            for key, (value, at) in rows.items():
                online.execute(
                    f'INSERT INTO "{name}" VALUES (?, ?, NULL, ?, ?, ?)',  # noqa: S608
                    (key.encode(), "mean", value, at, at),
                )


def held(file: Path) -> dict[str, dict[str, str]]:
    """Return all values by table and entity."""
    with closing(sqlite3.connect(file)) as online:
        names = online.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        return {
            name: {
                key.decode(): value
                for key, value in online.execute(
                    f'SELECT entity_key, value_text FROM "{name}"'  # noqa: S608
                )
            }
            for (name,) in names
        }


def lay_down(features: Path, snapshot: str, tables: Values, plan: Mapping[str, str]) -> None:
    (features / snapshot).mkdir(parents=True)
    (features / snapshot / "registry.db").write_text(snapshot)
    waiting = features / waiting_online(snapshot)
    fill(waiting, tables)
    with closing(sqlite3.connect(waiting)) as online:
        note_plan(online, plan)


@pytest.fixture
def features(tmp_path: Path) -> Path:
    folder = tmp_path / "features" / "flights"
    lay_down(folder, FIRST, {"f_a": {"UA": ("1", 10)}, "f_b": {"UA": ("5", 10)}}, {"f_a": REPLACE,
        "f_b": REPLACE})  # fmt: skip
    SnapshotFolders().point_to(folder, FIRST)
    return folder


def test_the_first_snapshot_brings_its_values(features: Path) -> None:
    assert SnapshotFolders().pointed_to(features) == FIRST
    assert held(features / ONLINE_FILE) == {"f_a": {"UA": "1"}, "f_b": {"UA": "5"}}
    assert not (features / waiting_online(FIRST)).exists()


def test_only_what_changed_is_taken_over(features: Path) -> None:
    """Values that were pushed while a build ran stay: newer ones, and all of other views."""
    pushed = {"f_a": {"AA": ("9", 99)}}
    with closing(sqlite3.connect(features / ONLINE_FILE)) as online, online:
        online.execute("INSERT INTO f_a VALUES (x'4141', 'mean', NULL, '9', 99, 99)")
        online.execute("UPDATE f_b SET value_text = 'pushed'")
    fresh: Values = {"f_a": {"UA": ("2", 20), "AA": ("3", 20)}, "f_c": {"UA": ("7", 20)}}
    lay_down(features, SECOND, fresh, {"f_a": MERGE, "f_c": REPLACE})
    SnapshotFolders().point_to(features, SECOND)
    assert held(features / ONLINE_FILE) == {
        "f_a": {"UA": "2", "AA": pushed["f_a"]["AA"][0]},
        "f_b": {"UA": "pushed"},
        "f_c": {"UA": "7"},
    }


def test_a_view_of_another_shape_is_replaced_and_one_that_goes_is_dropped(features: Path) -> None:
    lay_down(features, SECOND, {"f_a": {"ZZ": ("8", 1)}}, {"f_a": REPLACE, "f_b": DROP})
    SnapshotFolders().point_to(features, SECOND)
    assert held(features / ONLINE_FILE) == {"f_a": {"ZZ": "8"}}


def test_values_are_taken_over_whole_or_not_at_all(features: Path) -> None:
    before = held(features / ONLINE_FILE)
    lay_down(features, SECOND, {"f_a": {"UA": ("2", 20)}}, {"f_a": REPLACE, "f_b": DROP})
    with closing(sqlite3.connect(features / waiting_online(SECOND))) as online, online:
        online.execute('ALTER TABLE "f_a" RENAME COLUMN event_ts TO broken')
    with pytest.raises(sqlite3.OperationalError):
        take_over(features / waiting_online(SECOND), features / ONLINE_FILE)
    assert held(features / ONLINE_FILE) == before


def test_pointing_again_after_a_crash_changes_nothing_more(features: Path) -> None:
    folders = SnapshotFolders()
    lay_down(features, SECOND, {"f_a": {"UA": ("2", 20)}}, {"f_a": MERGE})
    take_over(features / waiting_online(SECOND), features / ONLINE_FILE)  # and then it died
    folders.point_to(features, SECOND)
    folders.point_to(features, SECOND)
    assert folders.pointed_to(features) == SECOND
    assert held(features / ONLINE_FILE)["f_a"] == {"UA": "2"}


def test_what_a_killed_build_left_is_swept_and_the_rest_stays(features: Path) -> None:
    folders = SnapshotFolders()
    lay_down(features, SECOND, {"f_a": {}}, {})
    (features / ".building-77").mkdir()
    (features / ".building-77" / "registry.db").write_text("half")
    (features / "loaded.json").write_text("{}")
    folders.sweep(features, {FIRST})
    assert sorted(path.name for path in features.iterdir()) == [
        FIRST,
        "current",
        "loaded.json",
        ONLINE_FILE,
    ]
    folders.sweep(features, set())
    assert folders.holds(features, FIRST), "what readers are pointed to is never swept"


def test_a_refused_snapshot_goes_unless_readers_have_it(features: Path) -> None:
    folders = SnapshotFolders()
    lay_down(features, SECOND, {}, {})
    folders.discard(features, SECOND)
    folders.discard(features, FIRST)
    assert not (features / SECOND).exists()
    assert not (features / waiting_online(SECOND)).exists()
    assert (features / FIRST / "registry.db").exists()


def test_one_process_builds_at_a_time(features: Path) -> None:
    with SnapshotFolders().alone(features) as first, SnapshotFolders().alone(features) as second:
        assert (first, second) == (True, False)
    with SnapshotFolders().alone(features) as again:
        assert again
    lock = features.parent / ".flights.lock"
    assert lock.stat().st_mode & 0o077 == 0, "another account can't hold it"
