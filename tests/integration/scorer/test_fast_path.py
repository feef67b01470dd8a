"""A scorer with a converted model: what it answers, refuses, bounds and swaps."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.scorers import Scorer, running, write_sum

ROW = {"a": 1.0, "b": 2.0}


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    home = Path(tempfile.mkdtemp(prefix="oct-s-"))
    model = write_sum(home / "models" / "sum")
    write_sum(home / "models" / "other")
    options = ("--models", str(home / "models"), "--read-s", "1", "--max-rows", "1000")
    with running(home, model, *options) as started:
        yield started
    shutil.rmtree(home)


def test_the_formats_say_the_same(scorer: Scorer) -> None:
    tensors = [
        {"name": name, "datatype": "FP64", "shape": [1], "data": [value]}
        for name, value in ROW.items()
    ]
    assert scorer.score(ROW).json() == {"predictions": [[5.0, 1.0]]}
    answer = scorer.client.post("/v2/models/late/infer", json={"id": "x", "inputs": tensors})
    assert answer.headers["x-octavo-model-version"]
    assert answer.json()["outputs"][0]["data"] == [5.0, 1.0]
    assert answer.json()["outputs"][0]["shape"] == [1, 2]
    assert answer.json()["id"] == "x"
    table = scorer.client.post(
        "/invocations", content=b"b,a\n2,1\n3,\n", headers={"content-type": "text/csv"}
    )
    assert table.json() == {"predictions": [[5.0, 1.0], [None, None]]}


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b'{"dataframe_records": [{"a": NaN, "b": 1}]}', 422, "it holds NaN"),
        (b'{"dataframe_records": [{"a": 1e999, "b": 1}]}', 422, "not JSON"),
        (b'{"dataframe_records": [{"a": 1.0}]}', 422, "Column 'b' is missing"),
        (b'{"dataframe_records": [{"a": 1, "b": 1, "c": 1}]}', 422, "Column 'c' is none of"),
        (b'{"inputs": {"a": [1e300], "b": [1.0]}, "extra": 1}', 422, "Unknown field 'extra'"),
        (b'{"inputs": {"a": [100000000000000000000], "b": [1.0]}}', 422, "more than 64 bits"),
        (b"a" * ((8 << 20) + 1), 413, "The body is over 8 MiB"),
        (
            json.dumps({"inputs": {"a": [1] * 1_000_000, "b": [1] * 1_000_000}}).encode(),
            413,
            "holds 1,000,000 rows, at most 1,000",
        ),
    ],
)
def test_bad_input_is_refused_in_words(
    scorer: Scorer, body: bytes, status: int, words: str
) -> None:
    answer = scorer.client.post("/invocations", content=body)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    assert answer.json()["remedy"]
    assert scorer.score(ROW).status_code == 200


def test_nobody_without_the_secret(scorer: Scorer) -> None:
    for path in ("/metrics", "/v2/models/late", "/openapi.json"):
        answer = scorer.client.get(path, headers={"x-octavo-scorer-secret": "wrong"})
        assert answer.status_code == 401
        assert answer.json()["error"] == "unauthenticated"
    assert scorer.client.get("/v2/models/other").status_code == 404
    assert scorer.client.get("/v2/models/late/versions/99").status_code == 404
    assert "GET /openapi.json" in scorer.client.get("/nothing").json()["remedy"]


def test_a_slow_caller_is_turned_away_and_holds_nobody_up(scorer: Scorer) -> None:
    with socket.socket(socket.AF_UNIX) as slow, socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(scorer.address))
        slow.connect(str(scorer.address))
        slow.sendall(b"POST /invocations HTTP/1.1\r\nhost: scorer\r\ncontent-length: 100\r\n")
        assert scorer.score(ROW).status_code == 200
        for line in (slow, silent):
            line.settimeout(10)
            assert line.recv(4096).startswith(b"HTTP/1.1 408 ")


def test_headers_have_a_limit(scorer: Scorer) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(str(scorer.address))
        line.settimeout(10)
        line.sendall(b"GET /v2 HTTP/1.1\r\nx-long: " + b"y" * (40 << 10))
        assert line.recv(4096).startswith(b"HTTP/1.1 431 ")


def _ask_until(scorer: Scorer, stop: threading.Event, seen: list[tuple[int, str]]) -> None:
    while not stop.is_set():
        answer = scorer.score(ROW)
        seen.append((answer.status_code, answer.headers.get("x-octavo-model-version", "")))


def _swap(scorer: Scorer, **changes: str) -> Any:
    parameters = {"folder": "other", "manifest": "other.json", "version": "2", "digest": "d"}
    body = {"parameters": {**parameters, **changes}}
    return scorer.client.post("/v2/repository/models/late/load", json=body)


def test_a_swap_drops_no_request(scorer: Scorer) -> None:
    stop, seen = threading.Event(), list[tuple[int, str]]()
    asking = [threading.Thread(target=_ask_until, args=(scorer, stop, seen)) for _ in range(4)]
    for thread in asking:
        thread.start()
    for number in range(2, 5):
        folder = ("other", "sum")[number % 2]
        answer = _swap(scorer, folder=folder, manifest=f"{folder}.json", version=str(number))
        assert answer.json()["versions"] == [str(number)]
    stop.set()
    for thread in asking:
        thread.join()
    assert {status for status, _ in seen} == {200}
    assert {version for _, version in seen} >= {"1", "2"}
    assert scorer.score(ROW).headers["x-octavo-model-version"] == "4"


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"folder": "../log"}, 422, "lies outside of the scorer's models"),
        ({"folder": ""}, 422, "Parameter 'folder' is no text"),
        ({"folder": "absent"}, 503, "is missing"),
        ({"manifest": "absent.json"}, 503, "is no manifest of a model"),
        ({"more": "1"}, 422, "exactly folder, manifest, version and digest"),
    ],
)
def test_a_refused_swap_changes_nothing(
    scorer: Scorer, changes: dict[str, str], status: int, words: str
) -> None:
    before = scorer.score(ROW)
    answer = _swap(scorer, **changes)
    assert answer.status_code == status
    assert words in answer.json()["message"]
    after = scorer.score(ROW)
    assert after.json() == before.json()
    version = "x-octavo-model-version"
    assert after.headers[version] == before.headers[version]


def test_a_changed_byte_is_not_swapped_in(scorer: Scorer) -> None:
    models = scorer.address.parent / "models"
    spoilt = write_sum(models / "spoilt")
    with (spoilt / "octavo-onnx" / "model.onnx").open("ab") as stream:
        stream.write(b" ")
    answer = _swap(scorer, folder="spoilt", manifest="spoilt.json")
    assert answer.status_code == 503
    assert "not what was registered: octavo-onnx/model.onnx" in answer.json()["message"]
    assert scorer.score(ROW).status_code == 200


def test_the_counters_tell_what_happened(scorer: Scorer) -> None:
    assert scorer.figure('octavo_scorer_requests_total{outcome="ok"}') > 0
    assert scorer.figure('octavo_scorer_swaps_total{outcome="ok"}') == 3
    assert scorer.figure('octavo_scorer_requests_total{outcome="invalid"}') > 0
    assert "/invocations" in scorer.client.get("/openapi.json").json()["paths"]


def test_it_ends_with_whoever_started_it(tmp_path: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="oct-s-"))
    with running(home, write_sum(home / "sum")) as started:
        assert started.process.stdin is not None
        started.process.stdin.close()
        deadline = time.monotonic() + 10
        while started.process.poll() is None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    shutil.rmtree(home)
