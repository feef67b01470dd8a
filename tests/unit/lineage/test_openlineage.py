"""Lineage edges as OpenLineage events, read by OpenLineage's own classes, sent at least once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from openlineage.client import event_v2 as official
from openlineage.client.facet_v2 import parent_run
from openlineage.client.serde import Serde

from octavo_server.adapters.openlineage_sinks import LineageAddress, LineageFile, build_sinks
from octavo_server.database.rows import Database
from octavo_server.errors import Unavailable
from octavo_server.lineage import store
from octavo_server.lineage.domain import Edge
from octavo_server.lineage.emitter import Emitter
from octavo_server.lineage.openlineage import events

AT = datetime(2026, 1, 2, tzinfo=UTC)
RUN = "run:flights/" + "1a" * 16


def edge(source: str, target: str, relation: str = "r", minutes: int = 0) -> Edge:
    return Edge(
        source=source,
        target=target,
        relation=relation,
        project="flights",
        at=AT + timedelta(minutes=minutes),
    )


REGISTERED = [
    edge("data:flights/june@12ab", RUN, "read by"),
    edge("feature_view:flights/plane_delay", RUN, "read by"),
    edge("pipeline_run:flights/abc", RUN, "trained"),
    edge(RUN, "model_version:flights/late/3", "produced"),
]


def test_a_registration_is_one_run_with_what_it_read_and_made() -> None:
    (told,) = events(REGISTERED)
    assert told["run"]["runId"] == str(UUID(hex="1a" * 16))
    assert told["job"] == {"namespace": "octavo://flights", "name": "train.late"}
    assert [one["name"] for one in told["inputs"]] == [
        "data.june@12ab",
        "feature_view.plane_delay",
    ]
    assert [one["name"] for one in told["outputs"]] == ["model_version.late/3"]
    assert told["run"]["facets"]["parent"]["job"]["name"] == "pipeline_run.abc"


def read_officially(told: dict[str, Any]) -> dict[str, Any]:
    """An event through OpenLineage's own classes, which check ids, times and addresses."""
    facets: dict[str, Any] = {}
    if "parent" in told["run"]["facets"]:
        kept = told["run"]["facets"]["parent"]
        facets["parent"] = parent_run.ParentRunFacet(
            run=parent_run.Run(runId=kept["run"]["runId"]), job=parent_run.Job(**kept["job"])
        )
    made = official.RunEvent(
        eventTime=told["eventTime"],
        producer=told["producer"],
        run=official.Run(runId=told["run"]["runId"], facets=facets),
        job=official.Job(**told["job"]),
        eventType=official.RunState(told["eventType"]),
        inputs=[official.InputDataset(**one) for one in told["inputs"]],
        outputs=[official.OutputDataset(**one) for one in told["outputs"]],
    )
    found: dict[str, Any] = Serde.to_dict(made)
    return found


@pytest.mark.parametrize(
    "edges",
    [
        REGISTERED,
        [edge("model_version:flights/late/3", "deployment:flights/late", "served_by")],
        [edge("source:flights/a.parquet", "feature_view:flights/x", "feeds")],
        [edge("pipeline:flights/daily", "pipeline_run:flights/abc", "started")],
    ],
)
def test_openlineages_own_classes_read_every_event(edges: list[Edge]) -> None:
    for told in events(edges):
        found = read_officially(told)
        for key in ("eventType", "eventTime", "schemaURL"):
            assert found[key] == told[key]
        assert [one["name"] for one in found["inputs"]] == [one["name"] for one in told["inputs"]]
        assert found["run"]["runId"] == told["run"]["runId"]
        assert [one["name"] for one in found["outputs"]] == [one["name"] for one in told["outputs"]]


def test_the_same_edges_are_the_same_events() -> None:
    assert events(REGISTERED) == events(REGISTERED[::-1])


class Kept:
    """A sink that keeps what it is told; `away` refuses."""

    name = "kept"

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.away = False

    def send(self, told: Sequence[dict[str, Any]]) -> None:
        """Keep events."""
        if self.away:
            raise Unavailable("It is away.", "")
        self.told += told


def test_each_edge_is_sent_once_and_again_after_a_failure(database: Database) -> None:
    sink, now = Kept(), [AT + timedelta(hours=1)]
    emitter = Emitter(database, [sink], lambda: now[0])
    with database.write() as rows:
        for one in REGISTERED:
            store.add(rows, one)
    sink.away = True
    emitter.step()
    sink.away = False
    emitter.step()
    emitter.step()
    assert sink.told == events(REGISTERED)
    with database.write() as rows:
        store.add(rows, edge("release:flights/a/1", "pipeline:flights/a", "runs in", minutes=60))
    emitter.step()
    assert len(sink.told) == 1, "a change that may still be under way waits"
    now[0] += timedelta(minutes=1)
    emitter.step()
    assert len(sink.told) == 2


def test_many_edges_are_sent_in_pages_and_no_change_is_cut(database: Database) -> None:
    sink = Kept()
    many = [
        edge(f"source:flights/s{n}", f"feature_view:flights/v{n % 7}", minutes=n // 90)
        for n in range(1_200)
    ]
    with database.write() as rows:
        for one in many:
            store.add(rows, one)
    Emitter(database, [sink], lambda: AT + timedelta(days=1)).step()
    assert sink.told == events(many)


def test_a_file_gets_one_event_a_line(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "lineage.jsonl"
    for _ in range(2):
        LineageFile(path).send(events(REGISTERED))
    assert [json.loads(line) for line in path.read_text().splitlines()] == events(REGISTERED) * 2
    with pytest.raises(Unavailable, match="can't be written"):
        LineageFile(tmp_path).send(events(REGISTERED))


def test_an_address_gets_each_event_with_the_token(tmp_path: Path) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(201 if len(asked) == 1 else 401, text="no")

    (tmp_path / "token").write_text("secret\n")
    sink = LineageAddress("http://x/api", tmp_path / "token", httpx.MockTransport(answer))
    sink.send(events(REGISTERED))
    assert asked[0].headers["authorization"] == "Bearer secret"
    assert [json.loads(one.content) for one in asked] == events(REGISTERED)
    with pytest.raises(Unavailable, match="http://x/api answered 401: no"):
        sink.send(events(REGISTERED))
    with pytest.raises(Unavailable, match="can't be read"):
        LineageAddress("http://x", tmp_path / "none").send(events(REGISTERED))
    assert [one.name for one in build_sinks(tmp_path / "f", "http://x", None)] == ["file", "http"]
    assert build_sinks(None, "", None) == []


def test_a_batch_is_a_run_from_data_to_data() -> None:
    batch = "batch:flights/b1"
    (told,) = events(
        [
            edge("data:flights/curated/days@12ab", batch, "read by"),
            edge("model_version:flights/late/3", batch, "scored"),
            edge(batch, "data:flights/batches/b1@34cd", "produced"),
        ]
    )
    assert told["job"]["name"] == "batch.b1"
    assert [one["name"] for one in told["inputs"]] == [
        "data.curated/days@12ab",
        "model_version.late/3",
    ]
    assert [one["name"] for one in told["outputs"]] == ["data.batches/b1@34cd"]
    read_officially(told)
