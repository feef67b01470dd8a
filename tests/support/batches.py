"""Batches on a real lake folder, with the sandbox real or a fake.

- ``World``: the room with fakes around it; ``work`` does all that waits, ``again`` gives another
  worker's side
- ``FakeBench``: writes an output a partition; ``fails`` an error by partition, ``scored`` what it
  did, ``before`` is called with each partition
- ``Catalog``: versions 1 and 2 of ``late``; what it says may be changed
- ``a_table``: files of a lake, with bytes that no reader of tables would take
- ``real_execution``: the worker's side with real sandboxes, on any database
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from octavo.local.accounts import Accounts
from octavo.records.batches import BatchRequest
from octavo_server.adapters.batch_bench import SILENT_S, AccountBench
from octavo_server.adapters.batch_lake import ProjectLakes
from octavo_server.adapters.batch_models import BatchModels
from octavo_server.adapters.signing import Signer
from octavo_server.audit.service import AuditService
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.deployments.batches import store
from octavo_server.deployments.batches.domain import Batch, Model, Partition, Scored
from octavo_server.deployments.batches.execution import Batches
from octavo_server.deployments.batches.outcome import Outcome
from octavo_server.deployments.batches.ports import PartitionFailed, Stopped
from octavo_server.deployments.batches.service import BatchesService
from octavo_server.deployments.rollouts.ports import ModelCatalog
from octavo_server.errors import NotFound
from octavo_server.execution import Limits, RunProfile
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from tests.support.materialization import Clock, FakeLedger, Worker
from tests.support.people import SCIENTIST
from tests.support.services import open_audit

PROJECT = "flights"
SOURCE = "curated/days"


def a_table(lakes: Path, *names: str, project: str = PROJECT, source: str = SOURCE) -> Path:
    """Write a file a name below the table and return the table's folder."""
    folder = lakes / project / source
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


@dataclass
class Catalog:
    """Two versions of ``late``."""

    signed: bool = True
    takes_columns: bool = True
    because: tuple[str, ...] = ()
    digests: dict[int, str] = field(default_factory=lambda: {1: "a" * 64, 2: "b" * 64})
    aliases: dict[str, int] = field(default_factory=lambda: {"champion": 2})

    def model(self, project: str, name: str, version: int) -> Model:
        """Return a version. Raises NotFound."""
        if name != "late" or version not in self.digests:
            raise NotFound(f"There is no version {version} of {name!r} in {project}.")
        return Model(
            version=version,
            digest=self.digests[version],
            signed=self.signed,
            takes_columns=self.takes_columns,
        )

    def alias(self, project: str, name: str, alias: str) -> int | None:
        """Return what an alias names."""
        return self.aliases.get(alias)

    def unusable(
        self, caller: Caller, project: str, name: str, version: int, environment: str
    ) -> tuple[str, ...]:
        """Say what the test wants said."""
        return self.because


class Prices:
    """One euro an hour."""

    default = "cpu-small"

    def eur_per_hour(self, profile: str) -> float:
        """Return the price."""
        return 1.0


@dataclass
class FakeBench:
    """Scores ten rows a partition."""

    folder: Path
    fails: dict[str, BaseException] = field(default_factory=dict)
    scored: list[str] = field(default_factory=list)
    before: Callable[[Partition], None] = lambda _partition: None
    open: int = 0

    @contextmanager
    def desk(self, batch: Batch) -> Iterator[FakeBench]:
        """Lend itself."""
        self.open += 1
        try:
            yield self
        finally:
            self.open -= 1

    def score(self, partition: Partition, stop: Callable[[], bool]) -> Scored:
        """Write an output, or fail once as the test wants."""
        self.before(partition)
        if stop():
            raise Stopped
        if (failure := self.fails.pop(partition.name, None)) is not None:
            raise failure
        self.scored.append(partition.name)
        made = self.folder / f"made-{partition.number}"
        made.write_bytes(f"scored {partition.name}".encode())
        return Scored(
            file=made, rows=10, seconds=1.0, engine="onnx", input_digest=f"{partition.number:064d}"
        )


def failing(message: str = "Column 'delay', row 7: null.") -> PartitionFailed:
    """Return a partition's failure."""
    return PartitionFailed(message, "Mend the file.")


class World:
    """The room on a folder."""

    def __init__(self, folder: Path, database: Database | None = None) -> None:
        self.database = database or MemoryDatabase()
        self.clock = Clock()
        self.audit = open_audit(self.database, folder, self.clock)
        self.lakes = folder / "lake"
        self.lakes.mkdir(exist_ok=True)
        self.models, self.ledger, self.bench = Catalog(), FakeLedger(), FakeBench(folder)
        self.lake: Any = ProjectLakes(self.lakes)
        self.signer = Signer.open(folder / "signing.key")
        self.lineage = LineageService(self.database)
        self.worker = Worker()
        self.batches = BatchesService(
            database=self.database,
            audit=self.audit,
            models=self.models,
            lake=self.lake,
            ledger=self.ledger,
            prices=Prices(),
            signer=self.signer,
            clock=self.clock,
        )
        self.executing = self.execution(self.worker)

    def execution(self, worker: Worker) -> Batches:
        """Return the execution in a worker process."""
        return Batches(
            database=self.database,
            audit=self.audit,
            models=self.models,
            lake=self.lake,
            bench=self.bench,
            ledger=self.ledger,
            outcome=Outcome(self.database, self.lineage, self.lake, self.signer),
            workers=worker,
            clock=self.clock,
        )

    def start(self, caller: Caller = SCIENTIST, **more: Any) -> str:
        """Ask for a batch and return its id."""
        wanted = BatchRequest(**{"source": SOURCE, "model": "late", "version": 1, **more})
        return self.batches.start(caller, PROJECT, wanted).id

    def get(self, identifier: str) -> Batch:
        """Return a batch as it is kept."""
        return self.batches.get(PROJECT, identifier)

    def parts(self, identifier: str) -> list[Partition]:
        """Return a batch's partitions as they are kept."""
        with self.database.read() as rows:
            return store.partitions(rows, identifier)

    def work(self, executing: Batches | None = None) -> None:
        """Do all that waits, as the worker's executor does."""
        executing = executing or self.executing
        while found := executing.waiting():
            for identifier, _key in found:
                executing.run(identifier)

    def again(self, name: str = "w2") -> Batches:
        """Return another worker's execution; the first one has died."""
        self.worker.alive.clear()
        self.clock.on(timedelta(minutes=5))
        return self.execution(Worker(name))

    def output(self, identifier: str) -> dict[str, bytes]:
        """Return what lies in a batch's folder, hidden files too."""
        folder = self.lakes / PROJECT / "batches" / identifier
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    def actions(self) -> list[str]:
        """Return what the audit trail holds, the oldest first."""
        return [one.action for one in self.audit.entries()][::-1]


class SmallProfile:
    """Knows the profile ``cpu-small`` alone."""

    def run_profile(self, profile: str) -> RunProfile:
        """Return what a small run may use."""
        limits = Limits(memory_mib=4_096, wall_s=600.0)
        return RunProfile(id=profile, limits=limits, pipelines=True, price_eur_per_hour=1.0)


def real_execution(
    home: Path,
    database: Database,
    audit: AuditService,
    catalog: ModelCatalog,
    worker: Worker,
    clock: Callable[[], Any],
    silent_s: float = SILENT_S,
) -> Batches:
    """Return the worker's side with real sandboxes; keys and lake lie below ``home``."""
    lakes = ProjectLakes(home / "lake")
    runs = home / "runs"
    runs.mkdir(mode=0o711, exist_ok=True)
    signer = Signer.open(home / "state" / "batches.key")
    return Batches(
        database=database,
        audit=audit,
        models=BatchModels(catalog),
        lake=lakes,
        bench=AccountBench(Accounts(home), runs, catalog, SmallProfile(), lakes, silent_s),
        ledger=FakeLedger(),
        outcome=Outcome(database, LineageService(database), lakes, signer),
        workers=worker,
        clock=clock,
    )
