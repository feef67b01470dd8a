"""A change by the real engine, over HTTP: hostile code stays text, kernels run what was read."""

from __future__ import annotations

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.support.feast_programs import Programs
from tests.support.platform import Platform, open_platform

from octavo.features import CURRENT, folder_digest
from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.feast_online import ONLINE_FILE
from octavo_server.errors import Invalid

pytestmark = pytest.mark.timeout(400)  # each child process imports Feast

BASE = "/projects/flights/features"
REASON = "The features of the test."
READ = """
import json, sys
import pandas as pd
from octavo.features import store
rows = pd.DataFrame({
    "carrier": ["UA"], "factor": [3.0],
    "event_timestamp": [pd.Timestamp("2024-01-01 06:00", tz="UTC")],
})
features = store(sys.argv[1])
joined = features.get_historical_features(rows, "late").to_df()
online = features.get_online_features(
    ["scaled:scaled", "delay:flights"], [{"carrier": "UA", "factor": 10.0}]
).to_dict()
print(json.dumps({
    "columns": features.columns("late"), "scaled": joined["scaled"].tolist(), "online": online,
    "snapshot": features.snapshot.id,
}))
"""
PLANT = """
import sys
from pathlib import Path
from feast import FeatureStore, Field
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.types import Float64
trap = sys.argv[2]
class Bomb:
    def __reduce__(self):
        return open, (trap, "w")
bomb = Bomb()
def planted(frame, bomb=bomb):
    return frame
store = FeatureStore(repo_path=sys.argv[1])
store.registry.apply_feature_view(OnDemandFeatureView(
    name="planted", schema=[Field(name="x", dtype=Float64)], udf=planted, udf_string="",
    sources=[store.get_feature_view("delay")], mode="pandas",
), store.project)
"""
READ_PLANTED = """
import sys
from octavo.features import SnapshotRefused, store
try:
    store(sys.argv[1])
except SnapshotRefused as error:
    print(error)
"""


@dataclass
class Workplace:
    """A home with a small lake, and what the worker applies changes with."""

    platform: Platform
    home: Path

    @property
    def snapshots(self) -> Path:
        return self.home / "features" / "flights"

    def call(self, who: str, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self.platform.call(who, method, BASE + path, **more)
        assert answer.status_code == status, answer.text
        return answer.json()

    def publish(self, declaration: dict[str, Any]) -> dict[str, Any]:
        """Propose, approve and apply; return the change as it ended."""
        body = {"declaration": declaration, "reason": REASON}
        made = self.call("scientist", "POST", "/changes", 201, json=body)
        review = {"decision": "approve", "reason": REASON, "digest": made["digest"]}
        self.call("reviewer", "POST", f"/changes/{made['id']}/review", json=review)
        self.platform.services.features.applier(_OneWorker()).step()
        ended: dict[str, Any] = self.call("scientist", "GET", f"/changes/{made['id']}")
        return ended


class _OneWorker:
    own_id = "worker"

    def lives(self, worker: str) -> bool:
        return False


def declaration(trap: Path, *, mean: str = "Delay, minutes.") -> dict[str, Any]:
    code = (
        f"import pathlib\n\n\ndef scaled(frame):\n    pathlib.Path({str(trap)!r}).touch()\n"
        '    frame["scaled"] = frame["mean"] * frame["factor"]\n    return frame[["scaled"]]\n'
    )
    column = {"name": "mean", "dtype": "Float64", "description": mean}
    columns = [column, {"name": "flights", "dtype": "Int64"}]
    return {
        "entities": [{"name": "carrier", "join_key": "carrier", "type": "String"}],
        "sources": [
            {
                "name": "delays",
                "path": "curated/delays",
                "event_column": "event_timestamp",
                "created_column": "created_timestamp",
            }
        ],
        "push_sources": [{"name": "landings", "table": "delays"}],
        "views": [
            {"name": "delay", "entities": ["carrier"], "source": "landings", "columns": columns}
        ],
        "services": [
            {
                "name": "late",
                "members": [
                    {"view": "delay", "columns": ["flights"]},
                    {"view": "scaled", "columns": ["scaled"]},
                ],
            }
        ],
        "transformations": [
            {
                "name": "scaled",
                "inputs": [{"view": "delay", "columns": ["mean"]}],
                "request": [{"name": "factor", "dtype": "Float64"}],
                "columns": [{"name": "scaled", "dtype": "Float64"}],
                "mode": "pandas",
                "function": "scaled",
                "code": code,
            }
        ],
    }


@pytest.fixture(scope="module")
def place() -> Iterator[Workplace]:
    with tempfile.TemporaryDirectory(prefix="octavo-changes-") as folder:
        home = Path(folder)
        table = home / "lake" / "flights" / "curated" / "delays"
        table.mkdir(parents=True)
        hours = pd.to_datetime(["2024-01-01 01:00", "2024-01-01 05:00"], utc=True)
        rows = pd.DataFrame({"carrier": ["UA", "UA"], "event_timestamp": hours})
        rows = rows.assign(created_timestamp=hours, mean=[1.0, 2.0], flights=[1, 2])
        rows.to_parquet(table / "part-0.parquet", coerce_timestamps="us", index=False)
        yield Workplace(open_platform(home), home)


def test_a_change_is_applied_and_its_transformation_runs_in_the_kernel_alone(
    place: Workplace, tmp_path: Path, programs: Programs
) -> None:
    trap = tmp_path / "ran"
    ended = place.publish(declaration(trap))
    assert (ended["state"], ended["message"]) == ("applied", "")
    findings = [one["message"] for one in ended["plan"]["findings"]]
    assert "it imports pathlib: read what for." in findings
    assert not trap.exists(), "planning, building and indexing ran a transformation"
    assert place.call("scientist", "GET", "/declaration")["snapshot"] == ended["snapshot"]
    answer = json.loads(programs(READ, place.snapshots))
    assert answer["snapshot"] == ended["snapshot"]
    assert answer["columns"] == ["flights", "scaled"]
    assert answer["scaled"] == [6.0]
    assert answer["online"] == {"carrier": ["UA"], "scaled": [20.0], "flights": [2]}
    assert trap.exists(), "the text that was reviewed is what the kernel runs"


def test_words_load_nothing_anew_and_keep_what_was_pushed(place: Workplace, tmp_path: Path) -> None:
    with closing(sqlite3.connect(place.snapshots / ONLINE_FILE)) as online, online:
        online.execute("UPDATE flights_delay SET value_text = 'pushed'")
    before = place.call("scientist", "GET", "/declaration")["snapshot"]
    ended = place.publish(declaration(tmp_path / "ran", mean="Delay of arrival, minutes."))
    assert ended["state"] == "applied", ended["message"]
    assert ended["plan"]["cost"]["views"] == []
    assert ended["snapshot"] != before
    assert (place.snapshots / before).is_dir(), "an applied state never changes, nor goes"
    with closing(sqlite3.connect(place.snapshots / ONLINE_FILE)) as online:
        assert set(online.execute("SELECT value_text FROM flights_delay")) == {("pushed",)}


def test_a_column_that_the_lake_lacks_is_said_before_anybody_reviews(
    place: Workplace, tmp_path: Path
) -> None:
    wanted = declaration(tmp_path / "ran")
    wanted["views"][0]["columns"][0]["name"] = "missing"
    wanted["transformations"], wanted["services"] = [], []
    plan = place.call("scientist", "POST", "/plan", json={"declaration": wanted})
    errors = [one["message"] for one in plan["findings"] if one["severity"] == "error"]
    assert errors == ["curated/delays has no column missing."]
    body = {"declaration": wanted, "reason": REASON}
    refused = place.call("scientist", "POST", "/changes", 422, json=body)
    assert "has no column missing" in refused["message"]


def test_pickled_code_behind_the_platform_s_back_is_never_run(
    place: Workplace, tmp_path: Path, programs: Programs
) -> None:
    """Somebody writes an on-demand view with a pickled bomb into the registry's own files."""
    trap, planted = tmp_path / "ran", tmp_path / "planted"
    shutil.copytree((place.snapshots / CURRENT).resolve(), planted)
    programs(PLANT, planted, trap)
    trap.unlink(missing_ok=True)
    named = tmp_path / folder_digest(planted)
    planted.rename(named)
    engine = FeastEngine(lambda: datetime.now(UTC))
    lake = place.home / "lake" / "flights"
    with pytest.raises(Invalid, match=r"an on-demand view, 'planted'.*Nothing of it was run"):
        engine.index("flights", named.name, tmp_path, lake)
    assert "would run code that nobody reviewed" in programs(READ_PLANTED, named)
    assert not trap.exists()
    assert place.call("scientist", "GET", "/views")["items"], "the panel still works"
