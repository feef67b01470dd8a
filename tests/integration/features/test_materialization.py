"""Materialising and pushing with the real engine: Feast's own values, and nothing disturbed."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.feast_programs import Programs
from tests.support.features import view

from octavo_server.adapters.feast_materializer import FeastMaterializer
from octavo_server.adapters.feast_online import SqliteOnlineStore
from octavo_server.adapters.online_writes import SqliteOnlineWriter
from octavo_server.adapters.pushed_files import ParquetPushes
from octavo_server.errors import Invalid, Unavailable
from octavo_server.features.catalog.domain import Column, View
from octavo_server.features.materialization import push_rules, rules
from octavo_server.features.materialization.domain import Staged, Window

pytestmark = pytest.mark.timeout(400)  # each child loads Feast

DAY = datetime(2026, 1, 1, tzinfo=UTC)
TYPES = {
    "mean": "Float64",
    "small": "Float32",
    "count": "Int64",
    "few": "Int32",
    "late": "Bool",
    "note": "String",
    "known": "UnixTimestamp",
}
MAKE = """
import json, shutil, sys
from datetime import timedelta
from pathlib import Path
import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, PushSource, ValueType
from feast.data_format import ParquetFormat
from feast import types
from octavo.features import folder_digest
from octavo_server.adapters.feast_materialize import _SETTINGS as SETTINGS
home = Path(sys.argv[1])
lake, features = home / "lake", home / "features"
(lake / "weather").mkdir(parents=True)
features.mkdir()
hours = pd.date_range("2026-01-01", periods=24 * 10, freq="h", tz="UTC").as_unit("us")
frames = [pd.DataFrame({
    "station": station, "code": code, "event_timestamp": hours,
    "created_timestamp": hours + pd.Timedelta("10min"),
    "mean": [float(n) + code for n in range(len(hours))],
    "small": pd.Series([n / 8 for n in range(len(hours))], dtype="float32"),
    "count": list(range(len(hours))), "few": pd.Series(range(len(hours)), dtype="int32"),
    "late": [n % 2 == 0 for n in range(len(hours))], "note": [f"n{n}" for n in range(len(hours))],
    "known": hours,
}) for code, station in enumerate(["JFK", "LGA", "EWR"])]
pd.concat(frames).to_parquet(lake / "weather" / "part-0.parquet")
source = FileSource(name="weather_events", path=str(lake / "weather"), file_format=ParquetFormat(),
    timestamp_field="event_timestamp", created_timestamp_column="created_timestamp")
keys = [Entity(name="station", join_keys=["station"], value_type=ValueType.STRING),
        Entity(name="code", join_keys=["code"], value_type=ValueType.INT64)]
fields = [Field(name=name, dtype=getattr(types, kind)) for name, kind in eval(sys.argv[2]).items()]
weather = FeatureView(name="weather", entities=keys, ttl=timedelta(days=3650), schema=fields,
    source=PushSource(name="weather_push", batch_source=source))
build = home / "build"
build.mkdir()
(build / "feature_store.yaml").write_text(
    SETTINGS.format(project="demo", registry="registry.db", online="../features/online.db"))
store = FeatureStore(repo_path=str(build))
store.apply([*keys, weather])
laid = features / "laid"
laid.mkdir()
(build / "registry.db").rename(laid / "registry.db")
(laid / "feature_store.yaml").write_text(
    SETTINGS.format(project="demo", registry="registry.db", online="../online.db"))
(laid / "snapshot.json").write_text('{"format": 1, "project": "demo", "sources": {}}')
digest = folder_digest(laid)
laid.rename(features / digest)
(features / "current").symlink_to(digest)
for name in ("own", "pushed"):
    shutil.copytree(features, home / name, symlinks=True)
own = FeatureStore(repo_path=str((home / "own" / "current").resolve()))
own.materialize(hours[0].to_pydatetime(), (hours[0] + pd.Timedelta("10d")).to_pydatetime())
rows = pd.DataFrame(json.loads(sys.argv[3]))
for name in ("event_timestamp", "created_timestamp", "known"):
    rows[name] = pd.to_datetime(rows[name], utc=True, format="ISO8601")
FeatureStore(repo_path=str((home / "pushed" / "current").resolve())).push("weather_push", rows)
"""
READ = """
import json, sys
from pathlib import Path
import pandas as pd
from feast import FeatureStore
features, names, keys, times = Path(sys.argv[1]), *map(json.loads, sys.argv[2:])
store = FeatureStore(repo_path=str((features / "current").resolve()))
online = store.get_online_features([f"weather:{name}" for name in names], keys).to_dict()
entities = pd.DataFrame({"station": "JFK", "code": 0, "event_timestamp": pd.to_datetime(times)})
joined = store.get_historical_features(entities, ["weather:mean"],
                                       filter_by_created_timestamp=True).to_df()
found = joined.sort_values("event_timestamp")["mean"].tolist()
print(json.dumps({"online": online, "joined": found}, default=str))
"""


PUSHED_AT = datetime(2026, 1, 20, 12, 0, 1, tzinfo=UTC)


def rows() -> list[dict[str, Any]]:
    """Return pushed rows with every type, nulls and extremes."""
    base = {
        "station": "JFK",
        "code": 0,
        "event_timestamp": "2026-01-20T12:00:00Z",
        "mean": 1e-300,
        "small": 0.1,
        "count": -(2**63),
        "few": 2**31 - 1,
        "late": False,
        "note": "snow <b>\u00e4</b>",
        "known": "2026-01-20T11:59:59Z",
    }
    return [
        base,
        {**base, "station": "LGA", "code": -1, "late": True, "count": 0, "few": -1, "note": ""},
        {**base, "station": "EWR", "code": 2**40, **dict.fromkeys(("mean", "small", "note"))},
    ]


def checked() -> list[dict[str, Any]]:
    """Return the same as the platform keeps them."""
    return push_rules.checked(rows(), push_rules.shape([weather()]), PUSHED_AT)


def whole() -> list[dict[str, Any]]:
    """Return those without a null, which Feast's frames can't tell from NaN."""
    return [one for one in checked() if None not in one.values()]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, programs: Programs) -> Path:
    """Give a lake and a snapshot with one view behind a push source."""
    folder = tmp_path_factory.mktemp("materialization")
    given = [{**one, "created_timestamp": PUSHED_AT.isoformat()} for one in whole()]
    programs(MAKE, folder, repr(TYPES), json.dumps(given))
    return folder


@pytest.fixture
def features(home: Path) -> Path:
    """Give the snapshot with an empty online store."""
    with closing(sqlite3.connect(home / "features" / "online.db")) as connection:
        connection.execute("DELETE FROM demo_weather")
        connection.commit()
    return home / "features"


def weather() -> View:
    """Return the view as the catalog keeps it."""
    made = view(
        "weather",
        project="demo",
        entities=("station", "code"),
        join_keys=("station", "code"),
        key_types={"station": "String", "code": "Int64"},
    )
    columns = tuple(
        Column(name=name, dtype=dtype, description="", tags={}, statistics=None)
        for name, dtype in TYPES.items()
    )
    return replace(made, features=columns)


def stored(file: Path, *, created: bool = False) -> list[tuple[Any, ...]]:
    """Return what an online store holds."""
    columns = "entity_key, feature_name, value, value_text, event_ts"
    columns += ", created_ts" if created else ""
    with closing(sqlite3.connect(file)) as connection:
        return sorted(connection.execute(f"SELECT {columns} FROM demo_weather"))  # noqa: S608


def run(features: Path, windows: list[Window], stop: Any = lambda: False) -> list[Staged]:
    """Stage and merge windows; return them."""
    found = []
    with FeastMaterializer().staging(features, windows, stop) as staged:
        for one in staged:
            SqliteOnlineWriter().merge(features, "demo", "weather", one.file)
            found.append(one)
    return found


ALL = rules.windows(["weather"], DAY, DAY + timedelta(days=10), 2 * 86_400.0)


def test_windows_give_what_feast_gives_in_one_go(features: Path) -> None:
    snapshot = (features / "current").resolve()
    before = {file.name: file.read_bytes() for file in snapshot.iterdir()}
    found = run(features, list(ALL))
    assert [one.window for one in found] == list(ALL)
    assert [one.rows for one in found] == [3] * 5
    assert found[-1].newest_event_at == DAY + timedelta(days=9, hours=23)
    assert {one.snapshot for one in found} == {snapshot.name}
    assert stored(features / "online.db", created=True) == stored(
        features.parent / "own" / "online.db", created=True
    )
    # The snapshot is what it was, and nothing is left of the work.
    assert {file.name: file.read_bytes() for file in snapshot.iterdir()} == before
    assert not (features / ".staging").exists()


def test_a_push_writes_the_very_bytes_that_feast_writes(features: Path) -> None:
    SqliteOnlineWriter().write(features, weather(), whole(), PUSHED_AT)
    own = stored(features.parent / "pushed" / "online.db", created=True)
    assert stored(features / "online.db", created=True) == own


def test_feast_and_the_platform_read_what_was_pushed(
    home: Path, features: Path, programs: Programs
) -> None:
    assert SqliteOnlineWriter().write(features, weather(), checked(), DAY) == 0
    older = [{**checked()[0], "event_timestamp": "2026-01-01T00:00:00+00:00", "mean": 7.0}]
    assert SqliteOnlineWriter().write(features, weather(), older, DAY) == 1
    # In the lake the row counts from when it could be known; the same part is the same file.
    event, known = datetime(2026, 1, 15, 12, tzinfo=UTC), datetime(2026, 1, 15, 13, tzinfo=UTC)
    late = {**checked()[0], "event_timestamp": event.isoformat(), "mean": 99.0}
    place = home / "lake" / "weather"
    for _ in range(2):
        ParquetPushes().append(place, "p1", [{**late, "created_timestamp": known.isoformat()}])
    assert [one.name for one in (place / "pushed").iterdir()] == ["p1.parquet"]
    [staged] = run(features, [Window(view="weather", since=event, until=known)])
    assert (staged.rows, staged.newest_event_at) == (1, event)
    keys = [{"station": one["station"], "code": one["code"]} for one in rows()]
    times = ["2026-01-15T12:30:00Z", "2026-01-15T13:30:00Z"]
    read = json.loads(programs(READ, features, *map(json.dumps, ([*TYPES], keys, times))))
    assert read["joined"] == [239.0, 99.0]
    found = read["online"]  # the window of days before hides nothing of it
    assert found["mean"] == [1e-300, 1e-300, None]
    assert found["count"] == [-(2**63), 0, -(2**63)]
    assert found["late"] == [False, True, False]
    assert found["note"] == ["snow <b>\u00e4</b>", "", None]
    assert found["known"] == ["2026-01-20 11:59:59+00:00"] * 3
    ours = SqliteOnlineStore().read(features, weather(), ["mean", "late"], keys)
    assert [one["late"].text for one in ours] == ["False", "True", "False"]
    assert ours[2]["mean"].text is None


def test_a_source_of_one_file_takes_no_rows(home: Path) -> None:
    file = home / "lake" / "weather" / "part-0.parquet"
    with pytest.raises(Invalid, match=r"part-0.parquet is no folder of files"):
        ParquetPushes().append(file, "p", [{}])
    (home / "empty").mkdir()
    with pytest.raises(Invalid, match="has no Parquet file whose columns say what a row is"):
        ParquetPushes().append(home / "empty", "p", [{}])


def test_a_job_that_is_stopped_leaves_nothing_behind(features: Path) -> None:
    begun: list[Staged] = []
    found = run(features, list(ALL), lambda: bool(begun) or bool(begun.append(None)))  # type: ignore[func-returns-value,arg-type]
    assert found == []
    assert not (features / ".staging").exists()
    children = subprocess.run(
        ["pgrep", "-f", str(features / ".staging")], capture_output=True, check=False
    )
    assert children.stdout == b""


def test_a_view_without_a_table_is_said_in_a_sentence(features: Path) -> None:
    said = "nothing can't be materialised: the online store has no table of nothing"
    with pytest.raises(Invalid, match=said):
        run(features, [replace(ALL[0], view="nothing")])
    with pytest.raises(Unavailable, match="The online store of demo can't be written"):
        SqliteOnlineWriter().merge(features, "demo", "gone", features / "online.db")


def test_a_registry_that_was_changed_is_not_read(features: Path) -> None:
    registry = (features / "current").resolve() / "registry.db"
    kept = registry.read_bytes()
    registry.write_bytes(kept + b"x")
    try:
        with pytest.raises(Invalid, match=r"the feature registry .* was changed"):
            run(features, [ALL[0]])
    finally:
        registry.write_bytes(kept)
