"""Batches with real models in real sandboxes: failed in part, and killed with their worker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.support.batches import SOURCE, SmallProfile, real_execution
from tests.support.materialization import FakeLedger, Worker
from tests.support.people import SCIENTIST
from tests.support.serving import PROJECT, Serving, now

from octavo.records.batches import BatchRequest
from octavo_server.adapters import batch_bench
from octavo_server.adapters.batch_lake import ProjectLakes
from octavo_server.adapters.batch_models import BatchModels, BatchPrices
from octavo_server.adapters.signing import Signer
from octavo_server.deployments.batches import store
from octavo_server.deployments.batches.domain import Batch, Partition, PartitionState, State
from octavo_server.deployments.batches.execution import Batches
from octavo_server.deployments.batches.service import BatchesService

pytestmark = pytest.mark.timeout(300)  # real processes that each load scikit-learn

ROOT = Path(__file__).parents[3]
PATIENCE_S = 120.0
WORKER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from octavo_server.database.sql import SqlDatabase, open_engine
from tests.support.batches import real_execution
from tests.support.materialization import Worker
from tests.support.models import FolderCatalog
from tests.support.services import open_audit

home, good, identifier = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
clock = lambda: datetime.now(UTC)
database = SqlDatabase(open_engine(f"sqlite:///{home / 'test.sqlite'}"))
audit = open_audit(database, home / "state", clock)
catalog = FolderCatalog({("flights-late", 1): good})
real_execution(home, database, audit, catalog, Worker("killed"), clock).run(identifier)
"""


class Room:
    """The room on a serving installation."""

    def __init__(self, serving: Serving, home: Path) -> None:
        self.serving, self.home = serving, home
        self.table = home / "lake" / PROJECT / SOURCE
        self.table.mkdir(parents=True)
        self.batches = BatchesService(
            database=serving.database,
            audit=serving.audit,
            models=BatchModels(serving.catalog),
            lake=ProjectLakes(home / "lake"),
            ledger=FakeLedger(),
            prices=BatchPrices(SmallProfile(), "cpu-small"),
            signer=Signer.open(home / "state" / "batches.key"),
            clock=now,
        )

    def execution(self, name: str = "w1", silent_s: float = 60.0) -> Batches:
        """Return a worker's side."""
        one = self.serving
        worker = Worker(name)
        return real_execution(
            self.home, one.database, one.audit, one.catalog, worker, now, silent_s
        )

    def write(self, day: int, rows: int = 20, **columns: Any) -> None:
        """Write one day's flights."""
        values = {
            "delay": [float(number % 90) for number in range(rows)],
            "hour": [6 + number % 6 for number in range(rows)],
            "carrier": [("UA", "AA", "B6")[number % 3] for number in range(rows)],
            "flight": [f"{day}-{number}" for number in range(rows)],
        }
        folder = self.table / f"day={day}"
        folder.mkdir()
        pq.write_table(pa.table(values | columns), folder / "flights.parquet")

    def start(self, version: int = 1, **more: Any) -> str:
        """Start a batch that keeps the flight."""
        wanted = {"source": SOURCE, "model": "flights-late", "version": version}
        body = BatchRequest(**{**wanted, "keep": ["flight", "day"], **more})
        return self.batches.start(SCIENTIST, PROJECT, body).id

    def get(self, identifier: str) -> Batch:
        """Return a batch."""
        return self.batches.get(PROJECT, identifier)

    def parts(self, identifier: str) -> list[Partition]:
        """Return its partitions."""
        with self.serving.database.read() as rows:
            return store.partitions(rows, identifier)

    def output(self, identifier: str) -> Path:
        """Return the folder of its outputs."""
        return self.home / "lake" / PROJECT / "batches" / identifier

    def until(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something holds."""
        deadline = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < deadline, f"{what}: not within {PATIENCE_S} s"
            time.sleep(0.01)


@pytest.fixture
def room(serving: Serving, home: Path) -> Room:
    return Room(serving, home)


def test_a_table_is_scored_by_day_and_a_bad_day_is_named(room: Room) -> None:
    room.write(1)
    room.write(2, delay=[float("inf")] * 20)
    room.write(3, rows=9_000)
    (room.table / "day=4").mkdir()
    csv = "carrier,delay,hour,flight\nUA,12.5,18,4-0\nAA,3,7,4-1\n"
    (room.table / "day=4" / "flights.csv").write_text(csv)
    room.write(5, rows=0)
    identifier = room.start()
    room.execution().run(identifier)
    batch = room.get(identifier)
    assert (batch.state, batch.done, batch.failed, batch.rows) == (State.PARTIAL, 4, 1, 9_022)
    failed = room.parts(identifier)[1]
    assert failed.state is PartitionState.FAILED
    assert failed.message.startswith("flights.parquet, rows 0 to 19: Column 'delay', row 0: inf")
    _check_output(room, identifier)
    folder = room.home / "runs"
    assert list(folder.iterdir()) == []


def _check_output(room: Room, identifier: str) -> None:
    output = room.output(identifier)
    third = pq.read_table(output / "day=3" / "part-00002.parquet", partitioning=None)
    assert third.column_names == ["source_file", "source_row", "flight", "day", "prediction"]
    assert third.num_rows == 9_000
    assert third["source_row"].to_pylist()[-1] == 8_999
    assert third["flight"].to_pylist()[8_999] == "3-8999"
    assert {len(one) for one in third["prediction"].to_pylist()} == {2}
    fourth = pq.read_table(output / "day=4" / "part-00003.parquet", partitioning=None)
    assert fourth["flight"].to_pylist() == ["4-0", "4-1"]
    assert pq.read_table(output / "day=5" / "part-00004.parquet", partitioning=None).num_rows == 0
    manifest = json.loads((output / "_manifest.json").read_text())
    assert manifest["missing"] == ["day=2"]
    assert [one["rows"] for one in manifest["outputs"]] == [20, 9_000, 2, 0]
    assert room.batches.manifest(PROJECT, identifier).problem == ""


def test_a_model_that_ends_its_process_or_fails_costs_its_partitions_alone(room: Room) -> None:
    room.write(1)
    room.write(2, hour=[13] * 20)
    room.write(3)
    exits = room.start(4)
    room.execution().run(exits)
    assert room.get(exits).state is State.PARTIAL
    assert [one.state.value for one in room.parts(exits)] == ["done", "failed", "done"]
    assert "day=2: the model's process ended with status 9" in room.parts(exits)[1].message
    broken = room.start(3, max_failures=1)
    room.execution().run(broken)
    batch = room.get(broken)
    assert (batch.state, batch.failed, batch.done) == (State.FAILED, 2, 0)
    assert "the sky is falling" in room.parts(broken)[0].message


def test_a_killed_worker_scores_no_committed_partition_twice(room: Room, models: Path) -> None:
    for day in range(1, 9):
        room.write(day, rows=20_000)
    identifier = room.start()
    argv = [sys.executable, "-c", WORKER, str(room.home), str(models / "good"), identifier]
    worker = subprocess.Popen(argv, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        room.until(lambda: room.get(identifier).done >= 2, "two partitions")
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
    committed = {
        one.number: (one.digest, one.committed_at)
        for one in room.parts(identifier)
        if one.state is PartitionState.DONE
    }
    assert 2 <= len(committed) < 8
    executing = room.execution("w2")
    assert [one for one, _ in executing.waiting()] == [identifier]
    executing.run(identifier)
    assert room.get(identifier).message.startswith("Its worker died. It goes on;")
    room.until(lambda: bool(executing.waiting()), "its turn")
    executing.run(identifier)
    batch, parts = room.get(identifier), room.parts(identifier)
    assert (batch.state, batch.rows, batch.attempts) == (State.SUCCEEDED, 160_000, 2)
    assert {one.number: (one.digest, one.committed_at) for one in parts}.items() >= (
        committed.items()
    )
    assert {one.tries for one in parts} == {1}
    assert not list(room.output(identifier).rglob("*.part"))


def test_a_sandbox_that_misbehaves_costs_its_partition_alone(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_bench, "CHILD", "tests.support.bad_batch_child")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    for name in ("garbage", "good", "hangs", "lies", "links", "writes"):
        (room.table / f"{name}.csv").write_text("delay,hour,carrier\n1,2,UA\n")
    identifier = room.start(keep=[])
    room.execution(silent_s=2.0).run(identifier)
    said = {one.name.partition(".")[0]: one for one in room.parts(identifier)}
    assert room.get(identifier).state is State.PARTIAL
    assert [name for name, one in said.items() if one.state is PartitionState.DONE] == ["good"]
    assert "the model's process said what is no answer" in said["garbage"].message
    assert "the model's process said what is no answer" in said["lies"].message
    assert "got no further for 2 s and was ended while it scored" in said["hangs"].message
    assert "The scored output can't be taken over" in said["links"].message
    assert said["writes"].message == "refused: Bad file descriptor"
    assert (room.table / "writes.csv").read_text().startswith("delay")
    assert [path.name for path in room.output(identifier).glob("*.parquet")] == [
        "part-00001.parquet"
    ]
