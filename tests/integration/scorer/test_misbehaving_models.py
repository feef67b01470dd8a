"""A model that hangs, ends its process, raises or eats memory costs its caller, nobody else."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.support.scorers import Scorer, running, write_wild

HANG_S = 2.0


@pytest.fixture(scope="module")
def scorer() -> Iterator[Scorer]:
    home = Path(tempfile.mkdtemp(prefix="oct-s-"))
    options = ("--answer-s", str(HANG_S), "--memory-mib", "1000")
    with running(home, write_wild(home / "wild"), *options) as started:
        yield started
    shutil.rmtree(home)


def _ends(scorer: Scorer, reason: str) -> float:
    return scorer.figure(f'octavo_scorer_engine_ends_total{{reason="{reason}"}}')


def _children(pid: int) -> int:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    return len(listed.split())


def test_what_is_no_number_becomes_null(scorer: Scorer) -> None:
    assert scorer.until_scored({"a": 3.0}) == 6.0
    assert scorer.until_scored({"a": -5.0}) is None


def test_rows_that_raise_cost_their_request_alone(scorer: Scorer) -> None:
    answers: list[httpx.Response] = []
    rows = [{"a": -3.0}, {"a": 1.0}, {"a": 2.0}, {"a": -3.0}, {"a": 4.0}]
    threads = [
        threading.Thread(target=lambda row=row: answers.append(scorer.score(row))) for row in rows
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 500, 500]
    (refused, _) = [answer.json() for answer in answers if answer.status_code == 500]
    assert refused["error"] == "model_failed"
    assert "RuntimeError: the sky is falling" in refused["message"]


def test_a_model_that_ends_its_process_is_loaded_again(scorer: Scorer) -> None:
    answer = scorer.score({"a": -1.0})
    assert answer.status_code == 503
    assert "ended with status 9 while it scored 1 row" in answer.json()["message"]
    assert scorer.until_scored({"a": 1.0}) == 2.0
    assert _ends(scorer, "ended") >= 1


def test_who_has_another_version_to_ask_is_not_kept_waiting(scorer: Scorer) -> None:
    assert scorer.score({"a": -1.0}).status_code == 503
    body = {"dataframe_records": [{"a": 1.0}]}
    headers = {"x-octavo-elsewhere": "1"}
    answer = scorer.client.post("/invocations", json=body, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["message"] == "The model is being loaded again."
    assert scorer.until_scored({"a": 1.0}) == 2.0


def test_a_model_that_hangs_is_loaded_again(scorer: Scorer) -> None:
    started = time.monotonic()
    answer = scorer.score({"a": -2.0})
    assert answer.status_code == 503
    assert f"within {HANG_S:g} s" in answer.json()["message"]
    assert time.monotonic() - started < HANG_S + 5
    assert scorer.until_scored({"a": 1.0}) == 2.0
    assert _ends(scorer, "hung") == 1


def test_a_spare_takes_over_at_once(scorer: Scorer) -> None:
    deadline = time.monotonic() + 60
    while _children(scorer.process.pid) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    before = _ends(scorer, "ended")
    assert scorer.score({"a": -1.0}).status_code == 503
    assert scorer.until_scored({"a": 1.0}) == 2.0
    assert _ends(scorer, "ended") == before + 1


def test_a_model_that_keeps_memory_is_renewed_while_it_answers(scorer: Scorer) -> None:
    scorer.until_scored({"a": -4.0})
    deadline = time.monotonic() + 60
    grown = "octavo_scorer_engine_resident_bytes"
    while _ends(scorer, "memory") == 0 or scorer.figure(grown) > 600 << 20:
        assert scorer.score({"a": 1.0}).status_code == 200
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert scorer.until_scored({"a": 1.0}) == 2.0
    assert scorer.process.poll() is None
