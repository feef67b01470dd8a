"""The memory of writes tells all of them, or says that it can't."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from octavo_server.tracking.changes import Changes, touched, watched

RUNS = "/api/2.0/mlflow/runs/"


def body(**content: object) -> bytes:
    return json.dumps(content).encode()


def test_a_stranger_to_this_process_compares_everything() -> None:
    changes = Changes()
    assert not changes.since("", 0)["complete"]
    assert not changes.since("other", 0)["complete"]


@given(st.lists(st.sets(st.sampled_from(["a", "b", "c", ""]), min_size=1), max_size=20))
def test_whoever_asks_in_time_misses_nothing(writes: list[set[str]]) -> None:
    changes = Changes()
    start = changes.since("", 0)
    for keys in writes:
        changes.note(keys)
    found = changes.since(start["boot"], start["seq"])
    every = {key for keys in writes for key in keys}
    assert found["complete"]
    assert set(found["runs"]) == every - {""}
    assert found["experiments"] is ("" in every)
    assert changes.since(start["boot"], found["seq"])["runs"] == []


def test_whoever_asks_too_late_is_told_so() -> None:
    changes = Changes(kept=3)
    boot = changes.since("", 0)["boot"]
    for number in range(5):
        changes.note({f"run{number}"})
    assert not changes.since(boot, 1)["complete"]
    assert changes.since(boot, 2) | {"boot": ""} == {
        "boot": "",
        "seq": 5,
        "complete": True,
        "experiments": False,
        "runs": ["run2", "run3", "run4"],
    }
    assert not changes.since(boot, 6)["complete"]


def test_what_cannot_be_read_is_not_called_complete() -> None:
    changes = Changes()
    boot = changes.since("", 0)["boot"]
    changes.note(touched(RUNS + "log-batch", b"{", b"{}"))
    found = changes.since(boot, 0)
    assert (found["complete"], found["runs"]) == (False, [])


def test_which_run_a_request_touched() -> None:
    assert touched(RUNS + "log-metric", body(run_id="r"), b"{}") == {"r"}
    assert touched(RUNS + "log-metric", body(runUuid="r"), b"{}") == {"r"}
    created = body(run={"info": {"run_id": "new"}})
    assert touched(RUNS + "create", b"{}", created) == {"new"}
    assert touched("/api/2.0/mlflow/experiments/create", b"x", b"") == {""}
    logged = body(model={"info": {"source_run_id": "r"}})
    assert touched("/api/2.0/mlflow/logged-models", b"{}", logged) == {"r"}


def test_reads_are_not_watched() -> None:
    assert not watched("GET", RUNS + "get")
    assert not watched("POST", RUNS + "search")
    assert not watched("POST", "/api/2.0/mlflow/traces")
    assert watched("POST", RUNS + "log-batch")
