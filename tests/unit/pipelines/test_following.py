"""What people are told of an attempt while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support.people import SCIENTIST
from tests.support.runs import PROJECT, Areas, in_project, open_areas

from octavo.records.pipelines import PipelineRequest, PipelineRunEvent
from octavo_server.database.rows import Database
from octavo_server.execution import Happening
from octavo_server.pipelines.runs import following, store
from octavo_server.pipelines.runs.following import Following


@pytest.fixture
def areas(database: Database, tmp_path: Path) -> Areas:
    return open_areas(database, tmp_path)


class Told:
    """A run that is followed, and what was kept of it."""

    def __init__(self, areas: Areas) -> None:
        wanted = PipelineRequest(name="daily", release=areas.released())
        areas.parts.editing.create(in_project(SCIENTIST), PROJECT, wanted)
        self.run = areas.pipelines.start(in_project(SCIENTIST), PROJECT, "daily", {}).id
        self.areas = areas
        with areas.database.read() as rows:
            run = store.run(rows, self.run)
        assert run is not None
        self.follow = Following(areas.database, run)

    def happens(self, kind: str, cell: int | None = 0, **details: Any) -> None:
        at = self.areas.clock()
        self.follow.happened(Happening(kind=kind, at=at, cell=cell, cells=2, details=details))

    def events(self) -> list[PipelineRunEvent]:
        self.follow.keep(at_once=True)
        every = self.areas.runs.events(PROJECT, self.run, 0)
        return [one for one in every if one.kind != "state"]


def test_streams_are_told_by_the_cell_and_joined(areas: Areas) -> None:
    told = Told(areas)
    told.happens("cell_started")
    for text in ("1\n", "2\n", "3\n"):
        told.happens("stream", name="stdout", text=text)
    told.happens("cell_finished", memory_mib=120.5, text="3")
    told.happens("stream", cell=1, name="stderr", text="hot")
    found = [(one.kind, one.cell, one.message) for one in told.events()]
    printed = "".join(message for kind, cell, message in found if (kind, cell) == ("log", 0))
    assert printed == "1\n2\n3\n"
    assert found[-1] == ("log", 1, "hot")
    assert len(found) <= 6
    assert [one.memory_mib for one in told.events() if one.kind == "cell_finished"] == [120.5]


def test_endless_output_is_cut_and_says_so(areas: Areas, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following, "MOST_PRINTED", 1_000)
    told = Told(areas)
    for _ in range(100):
        told.happens("stream", name="stdout", text="x" * 100)
    told.happens("cell_finished")
    kept = "".join(one.message for one in told.events() if one.kind == "log")
    assert kept.endswith("[the rest is in the output notebook]\n")
    assert len(kept) < 1_200
    assert told.events()[-1].kind == "cell_finished"


def test_odd_figures_are_left_out(areas: Areas) -> None:
    told = Told(areas)
    told.happens("cell_finished", memory_mib="much", text="y" * 5_000)
    (event,) = told.events()
    assert event.memory_mib is None
    assert len(event.message) == 1_000
