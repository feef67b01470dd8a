"""The graph is walked both ways and stays inside its project."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.people import ADMIN
from tests.support.services import open_audit

from octavo_server.database.rows import Database
from octavo_server.errors import Invalid
from octavo_server.lineage.service import LineageService

CHAIN = [
    ("source:f/raw", "feature_view:f/delay"),
    ("feature_view:f/delay", "run:f/1"),
    ("run:f/1", "model_version:f/late/1"),
    ("model_version:f/late/1", "deployment:f/late"),
]


@pytest.fixture
def lineage(database: Database, tmp_path: Path) -> LineageService:
    service = LineageService(database)
    audit = open_audit(database, tmp_path)
    with audit.change(ADMIN, "test.link", "thing:1") as change:
        for source, target in CHAIN + CHAIN[:1]:
            service.link(change, source=source, target=target, relation="made", project="f")
        service.link(change, source="run:f/1", target="release:g/x", relation="made", project="g")
    return service


def test_both_ways_with_distances(lineage: LineageService) -> None:
    graph = lineage.around("f", "run:f/1", 5)
    assert {one.id: one.distance for one in graph.nodes} == {
        "source:f/raw": -2,
        "feature_view:f/delay": -1,
        "run:f/1": 0,
        "model_version:f/late/1": 1,
        "deployment:f/late": 2,
    }
    assert len(graph.edges) == 4
    assert not graph.truncated
    assert {one.label for one in graph.nodes} >= {"late/1", "delay"}


def test_the_depth_bounds_the_walk(lineage: LineageService) -> None:
    assert len(lineage.around("f", "run:f/1", 1).nodes) == 3


def test_who_uses_it_and_what_it_was_made_from(lineage: LineageService) -> None:
    assert [one.target for one in lineage.targets("f", "run:f/1")] == ["model_version:f/late/1"]
    assert [one.source for one in lineage.sources("f", "run:f/1")] == ["feature_view:f/delay"]


@pytest.mark.parametrize("node", ["nope", "run:", "thing:x", "run:" + "x" * 600])
def test_what_is_no_node_is_refused(lineage: LineageService, node: str) -> None:
    with pytest.raises(Invalid, match="is no lineage node"):
        lineage.around("f", node, 1)
