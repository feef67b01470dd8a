"""`octavo.score` and `octavo batches` against a service that answers as the real one does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

import octavo
from octavo import batches
from octavo.cli import batches as commands
from octavo.client import API, Client, ClientError

BATCH: dict[str, Any] = {
    "id": "b1",
    "project": "flights",
    "source": "curated/days",
    "model": "late",
    "version": 2,
    "alias": "champion",
    "digest": "b" * 64,
    "environment": "prod",
    "profile": "cpu-small",
    "keep": ["flight"],
    "max_failures": 5,
    "output": "batches/b1",
    "state": "queued",
    "message": "It waits for its turn.",
    "requested_by": "scientist",
    "cancel_requested_by": None,
    "created_at": "2026-03-01T12:00:00Z",
    "started_at": None,
    "ended_at": None,
    "partitions": 3,
    "done": 0,
    "failed": 0,
    "rows": 0,
    "input_bytes": 45,
    "attempts": 0,
    "seconds": 0.0,
    "cost_eur": None,
    "manifest_digest": None,
    "can_cancel": True,
    "can_resume": False,
}
RUNNING = {**BATCH, "state": "running", "done": 1, "rows": 1_000, "cost_eur": 0.01}
DONE = {
    **RUNNING,
    "state": "succeeded",
    "message": "3 of 3 partitions done, 3,000 rows.",
    "manifest_digest": "c" * 64,
}
PARTIAL = {**DONE, "state": "partial", "failed": 1, "message": "2 of 3 partitions done, 1 failed."}
FAILED_PART = {
    "number": 1,
    "name": "day=2",
    "state": "failed",
    "files": 1,
    "input_bytes": 15,
    "input_digest": None,
    "output": "day=2/part-00001.parquet",
    "digest": None,
    "size": 0,
    "rows": 0,
    "seconds": 0.0,
    "engine": None,
    "message": "a.parquet: Column 'delay', row 7: null.",
    "remedy": "Send a value.",
    "tries": 1,
    "committed_at": None,
}
PLAN = {
    "source": "curated/days",
    "model": "late",
    "version": 2,
    "digest": "b" * 64,
    "partitions": 3,
    "files": 3,
    "bytes": 4_500,
    "first": ["day=1"],
    "profile": "cpu-small",
    "price_eur_per_hour": 0.12,
    "refusal": None,
}
LOOKS = "/projects/flights/batches"


class Service:
    """Answers what a test lays out for each method and path, the last answer for ever."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[Any]] = {}
        self.sent: list[dict[str, Any]] = []

    def on(self, method: str, path: str, *answers: Any) -> None:
        self.answers[method, path] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.partition(API)[2]
        if request.content:
            self.sent.append(json.loads(request.content))
        waiting = self.answers[request.method, path]
        return httpx.Response(200, json=waiting.pop(0) if len(waiting) > 1 else waiting[0])


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Service]:
    made = Service()
    monkeypatch.setattr(batches, "LOOK_EVERY_S", 0.0)
    monkeypatch.setenv("OCTAVO_PROJECT", "flights")
    monkeypatch.setattr(
        Client,
        "from_environment",
        lambda: Client("http://octavo", "token", transport=httpx.MockTransport(made)),
    )
    made.on("POST", LOOKS, BATCH)
    made.on("GET", f"{LOOKS}/b1", BATCH, RUNNING, DONE)
    made.on("GET", f"{LOOKS}/b1/partitions", {"items": [FAILED_PART], "next_cursor": None})
    return made


def run(*arguments: str) -> Result:
    return CliRunner().invoke(commands.batches, arguments)


def test_a_notebook_scores_a_table_and_waits_for_its_end(service: Service) -> None:
    made = octavo.score("curated/days", "late", alias="champion", keep=["flight"])  # type: ignore[operator]
    assert (made.state.value, made.output, made.rows) == ("succeeded", "batches/b1", 1_000)
    assert service.sent[0]["keep"] == ["flight"]
    assert batches.score("curated/days", "late", version=2, wait=False).state.value == "queued"


def test_what_can_not_be_is_refused_before_anything_is_sent(service: Service) -> None:
    with pytest.raises(ClientError, match="model: String should match pattern"):
        batches.score("curated/days", "No Model", version=1)
    with pytest.raises(ClientError, match="max_failures: Input should be greater"):
        batches.score("curated/days", "late", version=1, max_failures=-1)
    assert service.sent == []


def test_without_a_project_there_is_no_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OCTAVO_PROJECT", raising=False)
    with pytest.raises(ClientError, match="OCTAVO_PROJECT is not set, so there is no project"):
        batches.score("curated/days", "late", version=1)


def test_start_follows_a_batch_to_its_end(service: Service) -> None:
    done = run("start", "curated/days", "late", "--alias", "champion", "--keep", "flight")
    assert done.exit_code == 0, done.output
    assert "1 of 3 partitions, 1,000 rows" in done.output
    assert "state      succeeded: 3 of 3 partitions done" in done.output
    assert "manifest   cccccccccccc, signed" in done.output
    assert "cost       0.0100 EUR" in done.output


def test_a_plan_starts_nothing_and_says_why_it_could_not(service: Service) -> None:
    service.on("POST", f"{LOOKS}/plan", PLAN, {**PLAN, "refusal": "The budget is used up."})
    done = run("start", "curated/days", "late", "--version", "2", "--plan")
    assert (done.exit_code, "data       curated/days: 3 partitions" in done.output) == (0, True)
    refused = run("start", "curated/days", "late", "--version", "2", "--plan")
    assert (refused.exit_code, "refused    The budget is used up." in refused.output) == (1, True)


def test_partitions_that_failed_are_named_with_what_to_do(service: Service) -> None:
    service.on("GET", f"{LOOKS}/b1", PARTIAL)
    done = run("show", "b1")
    assert done.exit_code == 1
    assert "failed     day=2: a.parquet: Column 'delay', row 7: null. Send a value." in done.output


def test_batches_are_listed_cancelled_and_resumed(service: Service) -> None:
    service.on("GET", LOOKS, {"items": [RUNNING], "next_cursor": None})
    assert "late v2    running    1/3  curated/days" in run("list", "--model", "late").output
    cancelled = {**BATCH, "state": "cancelled", "message": "oncall cancelled it."}
    service.on("POST", f"{LOOKS}/b1/cancel", BATCH)
    service.on("GET", f"{LOOKS}/b1", cancelled)
    assert "state      cancelled: oncall cancelled it." in run("cancel", "b1").output
    service.on("POST", f"{LOOKS}/b1/resume", BATCH)
    assert "state      queued" in run("resume", "b1", "--no-wait").output
