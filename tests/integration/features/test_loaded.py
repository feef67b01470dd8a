"""What `octavo up` loads: lake, registry, online store and index, read over HTTP and by Feast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.integration.features.conftest import Loaded
from tests.support.feast_programs import Programs

from octavo_server.load import load

pytestmark = pytest.mark.timeout(400)  # the first test loads the whole project

BASE = "/projects/flights/features"
COMPARE = """
import json, sys
import pandas as pd
from octavo.features import store
kept = pd.read_parquet(sys.argv[1])
kept = kept.sample(n=4000, random_state=1)
entities = kept[["flight_id", "carrier", "origin", "dest", "tailnum", "decision_at"]]
entities = entities.rename(columns={"decision_at": "event_timestamp"})
entities["tailnum"] = entities["tailnum"].fillna("unknown")
features = store(sys.argv[2])
columns = [one for one in features.columns("flights_late") if not one.endswith("_known_at")]
joined = features.get_historical_features(entity_df=entities, features="flights_late").to_df()
joined = joined.set_index("flight_id").sort_index()[columns].astype("float64")
kept = kept.set_index("flight_id").sort_index()[columns].astype("float64")
pd.testing.assert_frame_equal(joined, kept, check_exact=True)
print(json.dumps({"rows": len(joined), "filled": joined.notna().mean().to_dict()}))
"""
ONLINE = """
import json, sys
from octavo.features import store
features = json.loads(sys.argv[2])
answer = store(sys.argv[1]).get_online_features(features, json.loads(sys.argv[3])).to_dict()
print(json.dumps(answer, default=str))
"""


def fresh(code: str, *given: object, **environment: str) -> Any:
    """Run Python that has loaded nothing yet, as a new kernel has; return its JSON."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    argv = [sys.executable, "-W", "ignore", "-c", code, *map(str, given)]
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "TZ": "UTC", "OMP_NUM_THREADS": "1", **environment},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def get(loaded: Loaded, path: str, who: str = "scientist") -> Any:
    answer = loaded.platform.call(who, "GET", BASE + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_every_step_reported_itself(loaded: Loaded) -> None:
    steps = [line for line in loaded.lines if line.startswith("[")]
    assert [line.partition("]")[0] for line in steps] == [
        *[f"[{n}/9" for n in range(1, 10)],
        *[f"[{n}/5" for n in range(1, 6)],
    ]


def test_loading_again_does_nothing(loaded: Loaded) -> None:
    lines: list[str] = []
    before = sorted(path.stat().st_mtime_ns for path in loaded.home.rglob("*.parquet"))
    load(loaded.platform.services, "flights", lines.append)
    assert lines[-1] == "features are up to date"
    assert sorted(path.stat().st_mtime_ns for path in loaded.home.rglob("*.parquet")) == before


def test_search_finds_delay_by_name_and_owner(loaded: Loaded) -> None:
    page = get(loaded, "/views?q=delay")
    names = [one["name"] for one in page["items"]]
    assert set(names) == {"carrier_delay", "route_delay", "plane_delay"}
    assert page["items"][0]["matched"][0] == "name"
    assert page["snapshot"] == get(loaded, "/snapshot")["id"]
    assert [one["name"] for one in get(loaded, "/views?q=wether")["items"]] == ["origin_weather"]
    assert len(get(loaded, "/views?q=flights-data")["items"]) == 3


def test_pages_follow_each_other(loaded: Loaded) -> None:
    first = get(loaded, "/views?limit=3")
    rest = get(loaded, f"/views?limit=3&cursor={first['next_cursor']}")
    names = [one["name"] for one in first["items"] + rest["items"]]
    assert names == ["carrier_delay", "origin_weather", "plane_delay", "route_delay"]
    assert rest["next_cursor"] is None


def test_a_view_tells_schema_owner_freshness_and_histogram(loaded: Loaded) -> None:
    view = get(loaded, "/views/carrier_delay")
    assert view["owner"] == "flights-data@octavo.example"
    assert view["ttl_seconds"] == 6 * 3600
    assert view["freshness"]["newest_event_at"].startswith("2014-01-01T10:00:00")
    assert view["freshness"]["materialized_until"].startswith("2014-01-01T11:00:00")
    assert view["source"]["rows"] == 67_843
    assert view["source"]["path"] == "curated/carrier_delay"
    column = next(one for one in view["features"] if one["name"] == "carrier_delay_mean_24h")
    statistics = column["statistics"]
    histogram = statistics["histogram"]
    assert len(histogram["counts"]) == 20
    assert len(histogram["edges"]) == 21
    assert sum(histogram["counts"]) + histogram["below"] + histogram["above"] == 67_843
    assert statistics["null_rate"] == 0
    assert [one["name"] for one in view["consumers"] if one["kind"] == "feature_service"] == [
        "flights_late"
    ]


def test_the_missing_gusts_are_counted(loaded: Loaded) -> None:
    view = get(loaded, "/views/origin_weather")
    gust = next(one for one in view["features"] if one["name"] == "wind_gust_mph")
    assert gust["statistics"]["nulls"] == 20_778
    assert gust["statistics"]["null_rate"] == pytest.approx(20_778 / 26_115)


def test_the_inserted_code_runs(loaded: Loaded, programs: Programs) -> None:
    """Exactly what the panel inserts, on a frame with the columns that its comment asks for."""
    view = get(loaded, "/views/carrier_delay")
    code = (
        "import json, pandas as pd\n"
        "entity_df = pd.DataFrame({'carrier': ['UA'], "
        "'event_timestamp': [pd.Timestamp('2013-06-15 12:00', tz='UTC')]})\n"
        + view["snippets"][0]["code"]
        + "print(carrier_delay_features.drop(columns='event_timestamp').to_json(orient='records'))"
    )
    place = str(loaded.home / "features")
    [row] = json.loads(programs(code, OCTAVO_FEATURES=place, OCTAVO_PROJECT="flights"))
    assert row["carrier"] == "UA"
    assert row["carrier_delay_flights_24h"] > 50


def test_feast_joins_what_the_lake_keeps_for_every_flight(
    loaded: Loaded, programs: Programs
) -> None:
    """Two implementations of the same point-in-time join give the same numbers."""
    table = loaded.lake / "curated" / "flights_late"
    answer = json.loads(programs(COMPARE, table, loaded.snapshots))
    assert answer["rows"] == 4_000
    assert min(answer["filled"].values()) > 0.5


def test_online_values_are_feast_s_own(loaded: Loaded, programs: Programs) -> None:
    features = [
        "route_delay:route_delay_mean_24h",
        "route_delay:route_delay_flights_24h",
        "origin_weather:temperature_f",
        "origin_weather:wind_gust_mph",
    ]
    entities = [
        {"origin": "JFK", "dest": "LAX"},
        {"origin": "EWR", "dest": "ORD"},
        {"origin": "EWR", "dest": "'; --"},
    ]
    body = {"features": features, "entities": entities}
    answer = loaded.platform.call("scientist", "POST", f"{BASE}/online", json=body)
    assert answer.status_code == 200, answer.text
    rows = answer.json()["rows"]
    asked = [json.dumps(features), json.dumps(entities)]
    theirs = json.loads(programs(ONLINE, loaded.snapshots, *asked))
    for number, row in enumerate(rows):
        for feature in features:
            cell = row["cells"][feature]
            assert cell["value"] == theirs[feature.partition(":")[2]][number], feature
    assert rows[0]["cells"][features[0]]["status"] == "expired"  # 2013 is over its TTL
    assert rows[2]["cells"][features[0]]["status"] == "absent"
    assert rows[0]["cells"][features[0]]["event_at"].startswith("2014-01-01T")


def test_publication_is_on_the_trail(loaded: Loaded) -> None:
    answer = loaded.platform.call("admin", "GET", "/audit/entries")
    entries = [one for one in answer.json()["items"] if one["action"] == "features.publish"]
    assert entries[0]["actor"] == "service:install"
    facts = entries[0]["details"]["policy"]["facts"]
    assert {name: facts[name] for name in ("own", "leaks", "views_removed", "breaks")} == {
        "own": False,
        "leaks": 0,
        "views_removed": 0,
        "breaks": 0,
    }


def test_the_lineage_leads_from_the_lake_to_the_service(loaded: Loaded) -> None:
    node = "feature_service:flights/flights_late"
    answer = loaded.platform.call(
        "scientist", "GET", "/projects/flights/lineage", params={"node": node, "depth": 2}
    )
    sources = {one["id"] for one in answer.json()["nodes"] if one["kind"] == "source"}
    assert "source:flights/curated/origin_weather" in sources
    assert len(sources) == 4


@pytest.mark.parametrize(
    ("who", "method", "path", "status"),
    [
        ("stranger", "GET", "/views", 404),
        ("reviewer", "GET", "/views", 200),
        ("reviewer", "POST", "/online", 403),
        ("scientist", "POST", "/snapshot", 403),
        ("scientist", "GET", "/views/nothing", 404),
        ("scientist", "GET", "/views?cursor=-1", 422),
        ("scientist", "GET", "/views?q=" + "x" * 201, 422),
        ("scientist", "GET", "/views?limit=0", 422),
    ],
)
def test_rights_and_bad_input(
    loaded: Loaded, who: str, method: str, path: str, status: int
) -> None:
    body = {"features": ["a:b"], "entities": [{"a": 1}]} if "online" in path else None
    body = {"reason": "Because it is time."} if path == "/snapshot" else body
    answer = loaded.platform.call(who, method, BASE + path, json=body)
    assert answer.status_code == status, answer.text
    if status != 200:
        assert set(answer.json()) == {"error", "message", "remedy", "request_id"}


def test_another_account_reads_and_can_not_write(loaded: Loaded) -> None:
    """A person's workspace runs under an account that owns none of this."""
    online = '["carrier_delay:carrier_delay_mean_24h"]'
    code = ("import os; os.setgid(65534); os.setuid(65534)\n" if os.geteuid() == 0 else "") + ONLINE
    answer = fresh(code, loaded.snapshots, online, '[{"carrier": "UA"}]', HOME="/nonexistent")
    assert answer["carrier_delay_mean_24h"][0] is not None
    for path in (loaded.snapshots, *loaded.snapshots.rglob("*"), *loaded.lake.rglob("*")):
        assert not path.is_symlink() or path.name == "current"
        assert path.is_symlink() or path.stat().st_mode & 0o022 == 0, path


def test_the_home_of_the_lake_holds_months(loaded: Loaded) -> None:
    months = sorted(path.name for path in (loaded.lake / "curated" / "flights").iterdir())
    assert months == [f"month=2013-{number:02d}" for number in range(1, 13)]
    assert Path(loaded.lake / "lake.json").is_file()
