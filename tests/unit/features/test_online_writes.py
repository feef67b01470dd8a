"""What is written online: the newest value of each entity, whatever the order of writes."""

import sqlite3
import threading
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.features import view
from tests.support.materialization import pushed_view

from octavo_server.adapters import online_writes
from octavo_server.adapters.feast_online import SqliteOnlineStore
from octavo_server.adapters.online_writes import SqliteOnlineWriter
from octavo_server.errors import Unavailable

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
TABLE = (
    'CREATE TABLE "flights_origin_weather" (entity_key BLOB, feature_name TEXT, value BLOB, '
    "value_text TEXT, vector_value BLOB, event_ts timestamp, created_ts timestamp, "
    "PRIMARY KEY(entity_key, feature_name))"
)
INSERT = 'INSERT INTO "flights_origin_weather" VALUES (?, ?, ?, ?, NULL, ?, ?)'
VIEW = pushed_view()
WRITER = SqliteOnlineWriter()


def make(file: Path, *rows: tuple[bytes, str, int, int | None]) -> Path:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(TABLE)
        for key, text, event, created in rows:
            values = (key, "origin_weather_mean", text.encode(), text, event, created)
            connection.execute(INSERT, values)
        connection.commit()
    return file


def texts(folder: Path) -> dict[bytes, str]:
    query = 'SELECT entity_key, value_text FROM "flights_origin_weather"'
    with closing(sqlite3.connect(folder / "online.db")) as connection:
        return dict(connection.execute(query))


@pytest.fixture
def features(tmp_path: Path) -> Path:
    make(tmp_path / "online.db")
    return tmp_path


def row(at: datetime, value: float | None, carrier: str = "UA") -> dict[str, str | float | None]:
    return {"carrier": carrier, "event_timestamp": at.isoformat(), "origin_weather_mean": value}


def test_an_older_window_never_hides_a_newer_value(features: Path, tmp_path: Path) -> None:
    newer = make(tmp_path / "newer.db", (b"a", "new", 200, 1), (b"b", "new", 200, 1))
    older = make(tmp_path / "older.db", (b"a", "old", 100, 9), (b"c", "old", 100, 9))
    assert WRITER.merge(features, "flights", "origin_weather", newer) == 2
    assert WRITER.merge(features, "flights", "origin_weather", older) == 1
    assert texts(features) == {b"a": "new", b"b": "new", b"c": "old"}


def test_twice_the_same_changes_nothing(features: Path, tmp_path: Path) -> None:
    staged = make(tmp_path / "staged.db", *[(f"{n}".encode(), "v", 1, 1) for n in range(50)])
    assert WRITER.merge(features, "flights", "origin_weather", staged) == 50
    assert WRITER.merge(features, "flights", "origin_weather", staged) == 0


def test_of_one_event_time_what_was_made_later_counts(features: Path, tmp_path: Path) -> None:
    WRITER.merge(
        features, "flights", "origin_weather", make(tmp_path / "1.db", (b"a", "late", 100, 7))
    )
    WRITER.merge(
        features, "flights", "origin_weather", make(tmp_path / "2.db", (b"a", "early", 100, 3))
    )
    WRITER.merge(
        features, "flights", "origin_weather", make(tmp_path / "3.db", (b"a", "none", 100, None))
    )
    assert texts(features) == {b"a": "late"}


def test_many_entities_are_written_in_parts(
    features: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(online_writes, "ENTITIES", 7)
    every = [(f"{n:04}".encode(), str(n), n, n) for n in range(100)]
    staged = make(tmp_path / "staged.db", *every)
    assert WRITER.merge(features, "flights", "origin_weather", staged) == 100
    assert texts(features) == {key: text for key, text, _, _ in every}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(st.permutations([(0, 10.0), (1, 11.0), (2, 12.0), (3, 13.0), (4, None)]))
def test_whatever_the_order_the_newest_row_is_shown(
    tmp_path_factory: pytest.TempPathFactory, events: list[tuple[int, float | None]]
) -> None:
    folder = tmp_path_factory.mktemp("online")
    make(folder / "online.db")
    outdated, newest = 0, -1
    for minute, value in events:
        at = NOON + timedelta(minutes=minute)
        outdated += WRITER.write(folder, VIEW, [row(at, value)], NOON + timedelta(hours=1))
        newest = max(newest, minute)
    late = sum(
        any(after[0] > one[0] for after in events[:place]) for place, one in enumerate(events)
    )
    assert outdated == late
    [found] = SqliteOnlineStore().read(folder, VIEW, ["origin_weather_mean"], [{"carrier": "UA"}])
    assert found["origin_weather_mean"].event_at == NOON + timedelta(minutes=4)
    assert found["origin_weather_mean"].text is None


def test_a_pushed_value_survives_the_window_that_lacks_it(features: Path, tmp_path: Path) -> None:
    WRITER.write(features, VIEW, [row(NOON, 5.0)], NOON)
    [key] = texts(features)
    old = int((NOON - timedelta(hours=1)).timestamp())
    staged = make(tmp_path / "staged.db", (key, "4.0", old, old))
    assert WRITER.merge(features, "flights", "origin_weather", staged) == 0
    assert texts(features) == {key: "5.0"}


def test_readers_are_never_refused_while_values_are_written(features: Path, tmp_path: Path) -> None:
    every = [(f"{n:06}".encode(), "x" * 50, n, n) for n in range(30_000)]
    staged = make(tmp_path / "staged.db", *every)
    over, seen, faults = threading.Event(), [0], list[Exception]()

    def read() -> None:
        query = 'SELECT count(*) FROM "flights_origin_weather" WHERE entity_key = ?'
        try:
            while not over.is_set():
                with closing(sqlite3.connect(f"file:{features}/online.db?mode=ro", uri=True)) as db:
                    db.execute(query, (b"000001",)).fetchone()
                seen[0] += 1
        except sqlite3.Error as error:
            faults.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    WRITER.merge(features, "flights", "origin_weather", staged)
    over.set()
    reader.join()
    assert faults == []
    assert seen[0] > 0


def test_a_store_that_is_not_there_is_said_clearly(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="The online store of flights can't be written"):
        WRITER.write(tmp_path, VIEW, [row(NOON, 1.0)], NOON)
    make(tmp_path / "online.db")
    with pytest.raises(Unavailable, match="no such table"):
        WRITER.write(
            tmp_path, view("other", columns=("origin_weather_mean",)), [row(NOON, 1)], NOON
        )
    assert not (tmp_path / "online.db-journal").exists()


def test_the_pointer_says_which_snapshot_readers_get(tmp_path: Path) -> None:
    assert WRITER.snapshot(tmp_path) is None
    (tmp_path / "current").symlink_to("a" * 64)
    assert WRITER.snapshot(tmp_path) == "a" * 64
