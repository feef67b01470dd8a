"""Notebook versions are kept once, and lead from runs to cells and back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.mlflow_records import FakeTracking
from tests.support.services import NOON, open_audit
from tests.unit.experiments.cells.test_rules import book, code, sha

from octavo_server.adapters.file_blobs import FileBlobs
from octavo_server.adapters.nbdime_differ import NbdimeDiffer
from octavo_server.audit.service import AuditService
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Invalid, NotFound, TooMany
from octavo_server.experiments.cells.service import CellsService
from octavo_server.experiments.runs.domain import Point, Run, RunStatus, TrackedExperiment
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.identity import Caller, CallerKind

ADA = Caller(name="ada", kind=CallerKind.PERSON)
TRAIN = book(code("import mlflow", "setup"), code("train(5)", "fit"))


LATE = TrackedExperiment(experiment_id="1", project="flights", name="flights/late")
FOREIGN = TrackedExperiment(experiment_id="2", project="trains", name="trains/late")


def run(run_id: str, **more: Any) -> Run:
    metrics = more.pop("metrics", {})
    given: dict[str, Any] = {
        "run_id": run_id,
        "project": "flights",
        "experiment_id": "1",
        "name": "train",
        "status": RunStatus.FINISHED,
        "owner": "ada",
        "started_at": NOON,
        "ended_at": NOON,
        "latest": {name: Point(step=0, at=NOON, value=value) for name, value in metrics.items()},
        "params": {},
        "tags": {},
    }
    return Run(**{**given, **more})


class Room:
    """The service with what it stands on."""

    def __init__(self, database: Database, folder: Path, most_gib: float = 1.0) -> None:
        self.tracking = FakeTracking([LATE, FOREIGN])
        self.now = NOON
        self.audit: AuditService = open_audit(database, folder, lambda: self.now)
        self.runs = ExperimentsService(database, self.tracking, lambda: self.now)
        blobs = FileBlobs(folder / "versions")
        self.cells = CellsService(
            database, self.audit, self.runs, blobs, NbdimeDiffer(), most_gib=most_gib
        )

    def store(self, content: bytes, path: str = "train.ipynb", **more: Any) -> str:
        digest: str = more.pop("sha256", sha(content))
        more.setdefault("exact", True)
        self.cells.store_version(ADA, "flights", digest, path, content, **more)
        return digest

    def log(self, run_id: str, source: str = "train(5)", **more: Any) -> None:
        """Log a run of the cell `fit`, one minute after the last."""
        self.now += timedelta(minutes=1)
        tags = {
            "octavo.notebook.path": more.pop("path", "train.ipynb"),
            "octavo.notebook.cell": more.pop("cell", "fit"),
            "octavo.notebook.cell_sha256": sha(source),
            **more.pop("tags", {}),
        }
        self.tracking.write(run(run_id, tags=tags, started_at=self.now, **more))
        self.now += timedelta(seconds=2)


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Give the service on the twin."""
    return Room(MemoryDatabase(), tmp_path)


def test_a_version_is_kept_once_with_its_audit_entry(database: Database, tmp_path: Path) -> None:
    room = Room(database, tmp_path)
    digest = room.store(TRAIN)
    room.store(TRAIN, "elsewhere.ipynb")
    found = room.cells.version("flights", digest)
    assert (found.path, found.exact, found.cells) == ("train.ipynb", True, 2)
    assert room.cells.content("flights", digest) == TRAIN
    (entry,) = room.audit.entries()
    assert entry.action == "experiments.notebook_version_stored"
    assert entry.details == {"path": "train.ipynb", "exact": True, "size": len(TRAIN)}


def test_an_exact_version_takes_the_place_of_one_without_outputs(room: Room) -> None:
    room.store(book(code("forged")), sha256=sha(TRAIN), exact=False)
    room.store(book(code("later")), sha256=sha(TRAIN), exact=False)
    assert room.cells.content("flights", sha(TRAIN)) == book(code("forged"))
    room.store(TRAIN)
    assert room.cells.version("flights", sha(TRAIN)).exact
    room.store(book(code("forged")), sha256=sha(TRAIN), exact=False)
    assert room.cells.content("flights", sha(TRAIN)) == TRAIN


def test_another_project_has_its_own(room: Room) -> None:
    digest = room.store(TRAIN)
    with pytest.raises(NotFound, match="Project trains has stored no notebook version"):
        room.cells.version("trains", digest)


def test_a_full_project_stores_no_more(tmp_path: Path) -> None:
    room = Room(MemoryDatabase(), tmp_path, most_gib=(len(TRAIN) + 1) / 2**30)
    room.store(TRAIN)
    with pytest.raises(TooMany, match=r"fill 0\.00 GiB") as refused:
        room.store(book(code("x")))
    assert "OCTAVO_NOTEBOOK_VERSIONS_GIB" in refused.value.remedy
    assert len(room.audit.entries()) == 1


def test_bytes_that_changed_on_disk_are_not_shown(room: Room, tmp_path: Path) -> None:
    digest = room.store(TRAIN)
    (tmp_path / "versions" / digest[:2] / digest).write_bytes(b"{}")
    with pytest.raises(Conflict, match="have changed on disk"):
        room.cells.content("flights", digest)


def test_a_run_leads_to_its_version_and_cell(room: Room) -> None:
    digest = room.store(TRAIN)
    room.cells.store_source(ADA, "flights", sha("train(5)"), b"train(5)")
    room.cells.store_source(ADA, "flights", sha("train(5)"), b"train(5)")
    room.log("a" * 32, tags={"octavo.notebook.sha256": digest})
    found = room.cells.notebook("flights", "a" * 32)
    assert (found.cell_index, found.saved, found.source, found.notes) == (1, "same", "train(5)", [])
    assert found.version is not None
    assert found.version.sha256 == digest
    assert len(room.audit.entries()) == 2


def test_a_cell_that_was_changed_since_the_last_save_is_shown_as_it_ran(room: Room) -> None:
    digest = room.store(TRAIN)
    room.cells.store_source(ADA, "flights", sha("train(9)"), b"train(9)")
    room.log("a" * 32, source="train(9)", tags={"octavo.notebook.sha256": digest})
    found = room.cells.notebook("flights", "a" * 32)
    assert (found.saved, found.source) == ("changed", "train(9)")
    assert found.notes == [
        "The cell was changed after the last save: what ran is not what was saved."
    ]


def test_a_version_that_was_not_stored_is_said(room: Room) -> None:
    room.log("a" * 32, tags={"octavo.notebook.sha256": "f" * 64})
    found = room.cells.notebook("flights", "a" * 32)
    assert (found.version, found.saved, found.source) == (None, "unknown", None)
    assert found.notes == ["This version of the notebook was not stored when the run began."]


def test_a_run_without_notebook_is_said(room: Room) -> None:
    room.tracking.write(run("b" * 32))
    with pytest.raises(NotFound, match="was not made by a notebook"):
        room.cells.notebook("flights", "b" * 32)


def test_cells_show_their_newest_runs(database: Database, tmp_path: Path) -> None:
    room = Room(database, tmp_path)
    for number in range(12):
        room.log(f"r{number:02}", metrics={"auc": number / 10})
    room.log("other", cell="eval", metrics={"auc": None, "loss": 1.0})
    room.log("bo", owner="bo")
    room.log("elsewhere", path="other.ipynb")
    found = room.cells.cells("flights", "train.ipynb", "ada")
    assert [(one.cell, one.total, len(one.runs)) for one in found.items] == [
        ("eval", 1, 1),
        ("fit", 12, 10),
    ]
    newest = found.items[1].runs[0]
    assert (newest.run_id, newest.metrics, newest.cell_sha256) == (
        "r11",
        {"auc": 1.1},
        sha("train(5)"),
    )
    assert found.complete
    assert room.cells.cells("flights", "train.ipynb", None).items[0].runs[0].owner == "bo"
    assert room.cells.cells("trains", "train.ipynb", None).items == []


def test_removed_runs_leave_the_margin(room: Room) -> None:
    room.log("a", metrics={"auc": 0.5})
    room.log("b", metrics={"auc": 0.6})
    room.cells.cells("flights", "train.ipynb", None)
    room.tracking.write(replace(room.tracking.held["b"], removed=True))
    room.now += timedelta(seconds=2)
    (found,) = room.cells.cells("flights", "train.ipynb", None).items
    assert [one.run_id for one in found.runs] == ["a"]


def test_runs_of_a_removed_experiment_leave_the_margin(room: Room) -> None:
    room.log("a")
    assert room.cells.cells("flights", "train.ipynb", None).items
    room.tracking.listed = [FOREIGN]
    room.tracking.forgetful = True
    room.now += timedelta(seconds=2)
    assert room.cells.cells("flights", "train.ipynb", None).items == []


def test_two_runs_compare_as_notebooks(room: Room) -> None:
    other = book(code("import mlflow", "setup"), code("train(7)", "fit"), code("plot()", "p"))
    for run_id, content in (("a" * 32, TRAIN), ("b" * 32, other)):
        room.log(run_id, tags={"octavo.notebook.sha256": room.store(content)})
    found = room.cells.difference("flights", ["a" * 32, "b" * 32])
    assert (found.added, found.removed, found.changed, found.same) == (1, 0, 1, 1)
    assert [(one.op, one.old_index, one.new_index) for one in found.cells] == [
        ("same", 0, 0),
        ("changed", 1, 1),
        ("added", None, 2),
    ]
    assert (found.old.cell_index, found.new.sha256) == (1, sha(other))


def test_a_cell_that_was_not_saved_compares_as_it_ran(room: Room) -> None:
    digest = room.store(TRAIN)
    for run_id, cell, source in (("a" * 32, "fit", "train(9)"), ("b" * 32, "new", "train(5)")):
        room.cells.store_source(ADA, "flights", sha(source), source.encode())
        room.log(run_id, source, cell=cell, tags={"octavo.notebook.sha256": digest})
    found = room.cells.difference("flights", ["a" * 32, "b" * 32])
    assert (found.old.as_it_ran, found.old.cell_index) == (True, 1)
    assert (found.new.as_it_ran, found.new.cell_index) == (True, 2)
    assert (found.added, found.removed, found.changed, found.same) == (1, 0, 1, 1)


def test_runs_that_do_not_compare_are_refused(room: Room) -> None:
    room.log("a" * 32, tags={"octavo.notebook.sha256": "f" * 64})
    with pytest.raises(Invalid, match="1 runs were given; two compare"):
        room.cells.difference("flights", ["a" * 32])
    with pytest.raises(NotFound, match=r"version of run 'train' \(aaaaaaaa\) is not stored"):
        room.cells.difference("flights", ["a" * 32, "a" * 32])
