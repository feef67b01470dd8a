"""What anybody can write with MLflow's client stops nothing: the rest is read and shown."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from tests.unit.experiments.test_refresh import Clock
from tests.unit.experiments.test_rules import run

from octavo.records import comparisons, run_table
from octavo.records import experiments as wire
from octavo.records.base import Answer
from octavo_server.adapters.mlflow_records import LONGEST_NAME, LONGEST_TEXT, Reader
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Unavailable
from octavo_server.experiments.comparison.service import ComparisonService
from octavo_server.experiments.runs import http
from octavo_server.experiments.runs.domain import Point
from octavo_server.experiments.runs.service import ExperimentsService, Wanted
from octavo_server.tracking.run_rows import RUNS_PATH

Raw = dict[str, Any]
PROJECTS = {"1": "flights"}
ABSURD = (-(10**17), 10**17, 2**63 - 1, -(2**63), 253_402_300_799_999, "soon", [])
LONG = "N" * 1_000_000
DEEP = "[" * 100_000


def raw(run_id: str, **other: Any) -> Raw:
    """A run as the tracking process hands it over."""
    return {
        "run_id": run_id,
        "experiment_id": "1",
        "name": f"run {run_id}",
        "owner": "ada",
        "status": "FINISHED",
        "started_at": 1_767_312_000_000,
        "ended_at": 1_767_312_060_000,
        "removed": False,
        "metrics": {"auc": [0.5, 0, 1_767_312_000_000]},
        "params": {},
        "tags": {},
        "inputs": [],
        "models": 0,
        **other,
    }


def data(**other: Any) -> Raw:
    """A data set that a run read."""
    return {"name": "set", "digest": "1", "source": "s3://a", "context": "training", **other}


class Mlflow(MlflowRest):
    """MLflow's answers without MLflow."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1", str)
        self.held: dict[str, Raw] = {}
        self.written: list[str] = []

    def write(self, run: Raw) -> None:
        self.held[run["run_id"]] = run
        self.written.append(run["run_id"])

    def call(self, method: str, path: str, **content: Any) -> Raw:
        if path == "/octavo/changes":
            since = content["params"]["since"]
            complete = content["params"]["boot"] == "boot"
            return {
                "boot": "boot",
                "seq": len(self.written),
                "complete": complete,
                "experiments": False,
                "runs": sorted(set(self.written[since:])),
            }
        if path == RUNS_PATH:
            asked = content["params"]
            ids = asked.get("id") or [one for one in sorted(self.held) if one > asked["after"]][:2]
            return {"runs": [self.held[one] for one in ids if one in self.held]}
        if path.endswith("/experiments/search"):
            return {"experiments": [{"experiment_id": "1", "name": "flights/late"}]}
        return {"models": []}

    def repeated(self, run_id: str, metrics: Any) -> frozenset[str]:
        return frozenset()


@pytest.fixture
def mlflow() -> Mlflow:
    """Give MLflow with a run."""
    mlflow = Mlflow()
    mlflow.write(raw("a", metrics={"auc": [1.7e308, 0, 1_767_312_000_000]}))
    return mlflow


@pytest.fixture
def clock() -> Clock:
    """Give a clock."""
    return Clock()


@pytest.fixture
def service(mlflow: Mlflow, clock: Clock) -> ExperimentsService:
    """Give the service on it."""
    return ExperimentsService(MemoryDatabase(), mlflow, clock)


def sent(answer: Answer) -> bytes:
    """An answer as it goes over HTTP."""
    return JSONResponse(jsonable_encoder(answer)).body


def ids(service: ExperimentsService) -> list[str]:
    return sorted(one.run.run_id for one in service.page("flights").items)


def poisons() -> Iterator[Raw]:
    for at in ABSURD:
        yield raw("b", started_at=at)
        yield raw("b", ended_at=at)
        yield raw("b", metrics={"auc": [0.5, 0, at]})
    yield raw("b", name=LONG, owner=LONG)
    yield raw("b", name="", owner="")
    yield raw("b", name="\ud800\0", params={"\0": "\ud800"})
    labels = ("notebook.path", "notebook.cell", "notebook.sha256", "git.commit", "profile")
    others = ("notebook.cell_sha256", "session", "run", "registered", "features")
    yield raw("b", tags={f"octavo.{one}": LONG for one in (*labels, *others)})
    yield raw("b", tags={"octavo.features": '{"views": {"\\ud800": ["\\u0000"]}}'})
    yield raw("b", tags={LONG: "1"}, params={LONG: LONG}, metrics={LONG: [1.7e308, 2**63 - 1, 0]})
    yield raw("b", metrics={"auc": [-1.7e308, 0, 0]})
    yield raw("b", metrics={"auc": [1.7e308, 0, 0]})
    yield raw("b", inputs=[data(name=LONG, digest=LONG, source=LONG, context=LONG)])
    yield raw("b", inputs=[data(source=DEEP), data(source='{"uri": "\\ud800\\u0000"}')])


@pytest.mark.parametrize("poison", list(poisons()))
async def test_a_run_that_nobody_expects_is_shown_with_the_others(
    service: ExperimentsService, mlflow: Mlflow, clock: Clock, poison: Raw
) -> None:
    before = service.refresh()
    revision = service.revision()
    mlflow.write(poison)
    mlflow.write(raw("c"))
    clock.advance(seconds=2)
    fresh = service.refresh()
    assert (fresh.stale, fresh.as_of > before.as_of) == (None, True)
    assert ids(service) == ["a", "b", "c"]
    for columns in ((), ("metrics.auc,params.x,tags.y",)):
        page = http._page(service.page("flights", columns=columns))
        assert len(sent(page)) < 200_000
    detail = http._detail(service.detail("flights", "b"), "http://mlflow")
    assert sent(detail)
    fields, _ = service.fields("flights", Wanted(), "", 100)
    assert all(len(one.field) <= 1_100 for one in fields)
    groups = service.groups("flights", Wanted(), "started", ["auc"], offset=0, limit=10)
    assert all(sent(run_table.RunGroup.model_validate(one)) for one in groups.items)
    compared = ComparisonService(service).compare("flights", ["a", "b"])
    assert sent(comparisons.Comparison.model_validate(compared))
    assert await events(service, revision, 2) == ["b", "c"]


async def events(service: ExperimentsService, revision: int, most: int) -> list[str]:
    """Ids of the first runs that whoever watches is told of."""
    request = Request({"type": "http"}, partial(asyncio.sleep, 60))
    told = []
    async for event in http._events(service, "flights", revision, request):
        found = [line for line in event.splitlines() if line.startswith("data: ")]
        told += [json.loads(line.removeprefix("data: "))["run"]["run_id"] for line in found]
        if len(told) == most:
            break
    return told


def test_a_run_that_cannot_be_read_is_left_out_and_told_of_once(
    service: ExperimentsService, mlflow: Mlflow, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    mlflow.write(raw("b", status="SLEEPING"))
    mlflow.write(raw("c"))
    assert ids(service) == ["a", "c"]
    mlflow.write(raw("b", metrics=None))
    mlflow.write(raw("d"))
    clock.advance(seconds=2)
    assert service.page("flights").fresh.stale is None
    assert ids(service) == ["a", "c", "d"]
    assert caplog.text.count("left out what can't be read of MLflow, run_id 'b'") == 1
    mlflow.write(raw("b"))
    clock.advance(seconds=2)
    assert ids(service) == ["a", "b", "c", "d"]


def test_experiments_and_models_that_cannot_be_read_are_left_out() -> None:
    reader = Reader()
    good = {"experiment_id": "1", "name": "flights/late"}
    assert [one.name for one in reader.experiments([{"name": None}, good])] == ["flights/late"]
    (model,) = reader.models([{}, {"model_id": "m", "name": LONG, "creation_timestamp_ms": 2**63}])
    assert (len(model.name), model.created_at) == (LONGEST_NAME, None)


def test_whatever_else_fails_is_told_at_once(
    service: ExperimentsService,
    mlflow: Mlflow,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("seq")

    service.refresh()
    monkeypatch.setattr(mlflow, "changes", fail)
    for _ in range(2):
        clock.advance(seconds=2)
        told = service.page("flights").fresh.stale
        assert told == "the runs could not be taken in (KeyError); see the service's log"
    assert caplog.text.count("taking in runs failed") == 1
    fresh = ExperimentsService(MemoryDatabase(), mlflow, clock)
    with pytest.raises(Unavailable, match=r"No run was read from MLflow yet: .*\(KeyError\)"):
        fresh.page("flights")


WRITTEN = st.text(max_size=20) | st.just("x" * (LONGEST_TEXT + 1))
TIMES = st.none() | st.integers(-(2**63), 2**63 - 1) | st.sampled_from(ABSURD)


@given(
    name=WRITTEN,
    times=st.tuples(TIMES, TIMES, TIMES),
    tags=st.dictionaries(WRITTEN, WRITTEN, max_size=3),
    source=WRITTEN | st.recursive(st.none() | WRITTEN, st.lists, max_leaves=3).map(json.dumps),
    value=st.floats() | st.sampled_from(["nan", "inf"]),
)
def test_any_run_becomes_an_answer(
    name: str, times: tuple[Any, Any, Any], tags: dict[str, str], source: str, value: Any
) -> None:
    started, ended, logged = times
    one = raw(
        "b",
        name=name,
        started_at=started,
        ended_at=ended,
        tags=tags,
        metrics={name: [value, 0, logged]},
        inputs=[data(source=source)],
    )
    (made,) = Reader().runs([one], PROJECTS)
    assert sent(wire.Run.model_validate(made))
    assert max(map(len, made.tags.values()), default=0) <= LONGEST_TEXT


async def test_a_run_that_fits_no_answer_is_left_out_of_the_events(
    service: ExperimentsService, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    service.refresh()
    revision = service.revision()
    good = run("c", revision=revision + 2)
    odd = {"auc": Point(step=0, at=clock(), value=None, odd="huh")}
    bad = run("b", revision=revision + 1, latest=odd)
    service.changed_since = lambda *_: ([bad, good], clock())  # type: ignore[method-assign]
    assert await events(service, revision, 1) == ["c"]
    assert "run b was left out of the events" in caplog.text


@pytest.mark.parametrize("last", [10**18, None, 0])
async def test_a_watch_ends_after_a_while_so_that_the_watcher_is_asked_again_who_it_is(
    service: ExperimentsService, monkeypatch: pytest.MonkeyPatch, last: int | None
) -> None:
    service.refresh()
    monkeypatch.setattr(http, "LONGEST_WATCH_S", 0.0)
    request = Request({"type": "http"}, partial(asyncio.sleep, 60))
    told = [event async for event in http._events(service, "flights", last, request)]
    newest = service.revision()
    assert told == [f": watching from {0 if last == 0 else newest}\n\n"]
