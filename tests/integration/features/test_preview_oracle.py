"""A preview joins exactly what Feast joins, and says of every missing value why it is missing."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.feast_programs import Programs
from tests.support.features import FakeOnlineStore, view

from octavo_server.adapters.feature_join import ChildJoin
from octavo_server.errors import Unavailable
from octavo_server.features.catalog.domain import Column, View
from octavo_server.features.values.domain import JoinOrder, Preview
from octavo_server.features.values.previews import OwnKeys, OwnRows, Previews, by_view

START = datetime(2024, 3, 30, 22, tzinfo=UTC)  # across a change of clocks in Europe
ROWS = 300
TYPES = {"text": pa.string(), "integer": pa.int64(), "number": pa.float64()}
DTYPES = {"text": "String", "integer": "Int64", "number": "Float64"}
VIEWS: list[dict[str, Any]] = [
    {"name": "both_clocks", "keys": ["carrier"], "ttl_seconds": 6 * 3600,
     "created": "created_timestamp", "columns": {"mean": "number", "label": "text"}},
    {"name": "one_clock", "keys": ["carrier"], "ttl_seconds": 3600, "created": None,
     "columns": {"total": "integer"}},
    {"name": "for_ever", "keys": ["plane"], "ttl_seconds": 0,
     "created": "created_timestamp", "columns": {"age": "number"}},
    {"name": "two_keys", "keys": ["carrier", "plane"], "ttl_seconds": 2 * 86_400,
     "created": "created_timestamp", "columns": {"share": "number"}},
]  # fmt: skip
KEYS: dict[str, list[Any]] = {
    "carrier": ["UA", "AA", "B6", "'; --", "größe"],
    "plane": [1, 2, 3, 2**60 + 1],
}
ENTITIES = {"carrier": "text", "plane": "integer"}
ORACLE = "from tests.support.feast_oracle import main; main()"


def lay_down(lake: Path) -> None:
    """Write a source for each view: late arrivals, holes, nulls, NaN and infinities."""
    chance = random.Random(7)  # noqa: S311  # no secret
    for one in VIEWS:
        size = 400
        steps = chance.sample(range(5_000), size)  # no two events of one source at the same time
        events = [START + timedelta(minutes=step, microseconds=step) for step in steps]
        columns: dict[str, Any] = {"event_timestamp": pa.array(events, pa.timestamp("us", "UTC"))}
        if one["created"]:
            late = [at + timedelta(minutes=chance.choice([0, 5, 90, 900])) for at in events]
            columns["created_timestamp"] = pa.array(late, pa.timestamp("us", "UTC"))
        for key in one["keys"]:
            columns[key] = pa.array(
                [chance.choice(KEYS[key]) for _ in range(size)], TYPES[ENTITIES[key]]
            )
        for name, kind in one["columns"].items():
            columns[name] = pa.array(
                [_value(chance, kind) for _ in range(size)], TYPES[kind], from_pandas=False
            )
        folder = lake / "curated" / one["name"]
        folder.mkdir(parents=True)
        pq.write_table(pa.table(columns), folder / "part-0.parquet")


def _value(chance: random.Random, kind: str) -> Any:
    if chance.random() < 0.1:
        return None
    if kind == "number":
        return chance.choice(
            [chance.random(), 0.1 + 0.2, float("inf"), float("-inf"), float("nan")]
        )
    return chance.choice([-1, 0, 2**60 + 1]) if kind == "integer" else chance.choice("abü")


def own_rows() -> list[dict[str, Any]]:
    chance = random.Random(11)  # noqa: S311  # no secret
    return [
        {
            "carrier": chance.choice([*KEYS["carrier"], "nobody"]),
            "plane": chance.choice([*KEYS["plane"], 99]),
            "event_timestamp": (
                START
                + timedelta(minutes=chance.randint(-600, 6_000), seconds=chance.choice([0, 1]))
            ).isoformat(),
        }
        for _ in range(ROWS)
    ]


def as_view(one: dict[str, Any]) -> View:
    made = view(one["name"])
    return replace(
        made,
        entities=tuple(one["keys"]),
        join_keys=tuple(one["keys"]),
        key_types={key: DTYPES[ENTITIES[key]] for key in one["keys"]},
        ttl_seconds=one["ttl_seconds"] or None,
        features=tuple(
            Column(name=name, dtype=DTYPES[kind], description="", tags={}, statistics=None)
            for name, kind in one["columns"].items()
        ),
        source=replace(made.source, path=f"curated/{one['name']}", created_column=one["created"]),
    )


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("oracle") / "lake"
    lay_down(folder)
    return folder


def preview(lake: Path, rows: list[dict[str, Any]]) -> Preview:
    views = {one["name"]: as_view(one) for one in VIEWS}
    features = [f"{one['name']}:{name}" for one in VIEWS for name in one["columns"]]
    keys = {
        name: OwnKeys(
            kind=kind,
            values=[None if row[name] is None else str(row[name]) for row in rows],
        )
        for name, kind in ENTITIES.items()
    }
    times = [
        None if row["event_timestamp"] is None else datetime.fromisoformat(row["event_timestamp"])
        for row in rows
    ]
    previews = Previews(ChildJoin(), FakeOnlineStore())
    own = OwnRows(keys=keys, times=times)
    return previews.preview(by_view(views, features), features, own, lake, lake)


def test_the_join_is_feast_s_own(lake: Path, programs: Programs) -> None:
    rows = own_rows()
    order = {
        "entities": ENTITIES,
        "views": [{**one, "path": str(lake / "curated" / one["name"])} for one in VIEWS],
        "rows": rows,
    }
    (lake.parent / "order.json").write_text(json.dumps(order))
    theirs = json.loads(programs(ORACLE, lake.parent))
    ours = preview(lake, rows)
    names = [feature.feature.replace(":", "__") for feature in ours.features]
    same = 0
    for number, row in enumerate(ours.rows):
        for name, cell in zip(names, row.cells, strict=True):
            assert _said(cell.value) == theirs[number][name], (rows[number], name, cell)
            assert (cell.value is None) == bool(cell.reason and cell.detail), cell
            same += cell.value is not None
    seen = {reason.reason for feature in ours.features for reason in feature.reasons}
    assert same > 400
    assert seen == {
        "no_such_key", "before_first_event", "not_materialised", "outside_ttl", "null_in_source",
        "not_a_number",
    }  # fmt: skip
    assert ours.leaks == ()


def _said(value: Any) -> str | None:
    """Return a value as Feast's answer has it: whole numbers beside nulls are floats there."""
    if value is None:
        return None
    signs = {"∞": "inf", "-∞": "-inf"}
    text = signs.get(value, value)
    if isinstance(text, str) and text.lstrip("-").isdigit():
        return repr(float(text))
    return (
        repr(float(text))
        if isinstance(text, int)
        else (text if text in signs.values() else repr(text))
    )


def test_rows_without_key_or_time_say_so(lake: Path) -> None:
    at = (START + timedelta(days=1)).isoformat()
    rows = [
        {"carrier": None, "plane": 1, "event_timestamp": at},
        {"carrier": "UA", "plane": 1, "event_timestamp": None},
        {"carrier": "UA", "plane": 2**70, "event_timestamp": at},
    ]
    found = preview(lake, rows)
    reasons = [[cell.reason for cell in row.cells] for row in found.rows]
    assert reasons[0] == ["no_key", "no_key", "no_key", found.rows[0].cells[3].reason, "no_key"]
    assert set(reasons[1]) == {"no_time"}
    assert reasons[2][3:] == ["no_such_key", "no_such_key"]
    assert found.rows[2].cells[3].detail == "for_ever has no row with this plane."


def test_a_source_that_is_no_parquet_is_an_error_with_a_name(tmp_path: Path) -> None:
    (tmp_path / "curated").mkdir()
    (tmp_path / "curated" / "carrier_delay").write_bytes(b"no parquet")
    order = JoinOrder(
        views=[(view(), ["carrier_delay_mean_24h"])], keys={"carrier": ["UA"]}, times=[START]
    )
    with pytest.raises(Unavailable, match="The data of carrier_delay can't be joined"):
        ChildJoin().join(tmp_path, order)


def test_a_source_outside_the_lake_is_not_read(tmp_path: Path) -> None:
    outside = replace(view(), source=replace(view().source, path="../outside.parquet"))
    (tmp_path / "lake").mkdir()
    (tmp_path / "outside.parquet").write_bytes(b"")
    order = JoinOrder(
        views=[(outside, ["carrier_delay_mean_24h"])], keys={"carrier": ["UA"]}, times=[START]
    )
    with pytest.raises(Unavailable, match="not in the project's lake"):
        ChildJoin().join(tmp_path / "lake", order)


def test_a_join_that_takes_too_long_is_stopped(lake: Path) -> None:
    order = JoinOrder(
        views=[(as_view(VIEWS[0]), ["mean"])], keys={"carrier": ["UA"]}, times=[START]
    )
    with pytest.raises(Unavailable, match=r"took over 0\.01 s"):
        ChildJoin(limit_s=0.01).join(lake, order)


def test_a_join_waits_its_turn_and_not_for_ever(lake: Path) -> None:
    order = JoinOrder(
        views=[(as_view(VIEWS[0]), ["mean"])], keys={"carrier": ["UA"]}, times=[START]
    )
    with pytest.raises(Unavailable, match="waiting for over 0 s"):
        ChildJoin(at_once=0, wait_s=0).join(lake, order)
    assert ChildJoin(at_once=1).join(lake, order)["both_clocks"]
