"""The flights project, tried on rows of one's own: the join, its reasons, and the code for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.integration.features.conftest import Loaded
from tests.support.feast_programs import Programs

BASE = "/projects/flights/features"
MEAN, KNOWN = "carrier_delay:carrier_delay_mean_24h", "carrier_delay:carrier_delay_known_at"
UA = {"name": "carrier", "kind": "text", "values": ["UA"]}
SETUP = """
import json, pandas as pd, polars as pl
def rows(zone):
    at = pd.to_datetime(["2013-06-15 12:00", "2013-06-01 00:00", "2013-06-15 12:00"])
    return pd.DataFrame(
        {"airline": ["UA", "AA", "UA"], "sched": at.tz_localize(zone), "arr_delay": [1, 2, 3]},
        index=["c", "a", "b"],
    )
"""
SHOWN = """
answers[{kind!r}] = [
    flights_features["carrier_delay_mean_24h"].tolist(),
    [str(one) for one in flights_features.index],
]
"""
FRAMES = {
    "pandas": "flights = rows(None)\n",
    "index": "flights = rows('UTC').set_index(['airline', 'sched'])\n",
    "polars": "flights = pl.from_pandas(rows('UTC'))\n",
}


def post(loaded: Loaded, path: str, body: dict[str, Any], status: int = 200) -> Any:
    answer = loaded.platform.call("scientist", "POST", f"{BASE}/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def preview(loaded: Loaded, carriers: list[str | None], times: list[str | None]) -> Any:
    keys = [{"name": "carrier", "kind": "text", "values": carriers}]
    return post(loaded, "preview", {"features": [MEAN, KNOWN], "keys": keys, "times": times})


def test_each_null_of_a_preview_has_its_reason(loaded: Loaded) -> None:
    answer = preview(
        loaded,
        ["UA", "UA", "ZZ", None, "OO", "UA"],
        [
            "2013-06-15T12:00:00Z",
            "2012-01-01T00:00:00Z",
            "2013-06-15T12:00:00Z",
            "2013-06-15T12:00:00Z",
            "2014-06-15T12:00:00+02:00",
            None,
        ],
    )
    cells = [row["cells"][0] for row in answer["rows"]]
    assert cells[0]["value"] is not None
    assert cells[0]["readable_from"] <= "2013-06-15T12:00:00Z"
    assert [cell["reason"] for cell in cells] == [
        None, "before_first_event", "no_such_key", "no_key", "outside_ttl", "no_time"
    ]  # fmt: skip
    assert "it is valid for 6 h" in cells[4]["detail"]
    assert answer["leaks"] == []
    [view] = answer["views"]
    assert view["proofs"] == ["carrier_delay_known_at"]
    assert (view["keys_known"], view["keys_online"]) == (4, 4)
    assert answer["features"][0]["null_rate"] == pytest.approx(5 / 6)


def frame(kind: str) -> dict[str, Any]:
    return {
        "name": "flights",
        "library": "polars" if kind == "polars" else "pandas",
        "keys": {"carrier": "airline"},
        "time": "sched",
        "index": kind == "index",
    }


def test_the_code_gives_one_row_for_each_row_of_a_frame(loaded: Loaded, programs: Programs) -> None:
    """Run what the panel inserts, for each kind of frame."""
    program = SETUP + "answers = {}\n"
    for kind, made in FRAMES.items():
        body = {"how": "historical", "features": [MEAN], "frame": frame(kind)}
        program += made + post(loaded, "code", body)["code"] + SHOWN.format(kind=kind)
    online = post(loaded, "code", {"how": "online", "features": [MEAN]})["code"]
    filled = online.replace('"carrier": ...', '"carrier": "UA"')
    program += filled.replace("store().get", "answers['online'] = store().get")
    program += "print(json.dumps(answers))\n"
    place = str(loaded.snapshots.parent)
    answers = json.loads(programs(program, OCTAVO_FEATURES=place, OCTAVO_PROJECT="flights"))
    joined = preview(
        loaded,
        ["UA", "AA", "UA"],
        ["2013-06-15T12:00:00Z", "2013-06-01T00:00:00Z", "2013-06-15T12:00:00Z"],
    )
    for kind in FRAMES:
        assert answers[kind][0] == [row["cells"][0]["value"] for row in joined["rows"]], kind
    assert answers["pandas"][1] == ["c", "a", "b"]
    assert answers["polars"][1] == ["0", "1", "2"]
    assert answers["index"][1][0].startswith("('UA', Timestamp('2013-06-15 12:00:00")
    assert answers["online"]["carrier"] == ["UA"]


def test_a_service_needs_all_its_join_keys(loaded: Loaded) -> None:
    service = post(loaded, "code", {"how": "historical", "service": "flights_late"})
    assert set(service["keys"]) == {"carrier", "origin", "dest", "tailnum"}
    assert 'features="flights_late"' in service["code"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"features": []}, "features"),
        ({"features": ["carrier_delay"]}, "is not view:feature"),
        ({"times": ["2013-06-15T12:00:00"]}, "times"),
        ({"times": ["2013-06-15T12:00:00Z"] * 101}, "times"),
        ({"times": ["2013-06-15T12:00:00Z"] * 2}, "carrier has 1 values for 2 rows"),
        ({"keys": []}, "carrier_delay needs carrier"),
        ({"keys": [{**UA, "values": ["AA"]}, UA]}, "carrier is given twice"),
        (
            {"keys": [{"name": "carrier", "kind": "integer", "values": ["1"]}]},
            "carrier holds whole numbers in your rows ('1'), text in carrier_delay.",
        ),
        ({"keys": [{"name": "carrier", "kind": "text", "values": ["x" * 1001]}]}, "1000"),
    ],
)
def test_bad_previews_are_refused_with_the_field(
    loaded: Loaded, changes: dict[str, Any], words: str
) -> None:
    body = {
        "features": [MEAN],
        "keys": [UA],
        "times": ["2013-06-15T12:00:00Z"],
        **changes,
    }
    answer = post(loaded, "preview", body, 422)
    assert words in answer["message"]


@pytest.mark.parametrize("name", ["a b", "class", "x;import os", "", "1a"])
def test_code_is_written_for_variables_alone(loaded: Loaded, name: str) -> None:
    frame = {"name": name, "library": "pandas", "keys": {"carrier": "c"}, "time": "t"}
    body = {"how": "historical", "features": [MEAN], "frame": frame}
    assert "frame.name" in post(loaded, "code", body, 422)["message"]


def test_a_reviewer_may_not_preview_and_a_stranger_sees_no_project(loaded: Loaded) -> None:
    body = {"features": [MEAN], "keys": [], "times": ["2013-06-15T12:00:00Z"]}
    for who, status in (("reviewer", 403), ("stranger", 404)):
        answer = loaded.platform.call(who, "POST", f"{BASE}/preview", json=body)
        assert answer.status_code == status
