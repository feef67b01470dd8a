"""The areas `notebooks` and `pipelines` on a given database, with a runner that starts no process.

- ``FakeRunner``: answers orders from ``endings``; the bad cases are ``fails``, ``vanishes`` and
  ``stopped``; ``during`` is called while an order is under way
- ``MemoryBlobs``: bytes by digest
- ``MemoryReleases``: files by digest; ``files`` can be tampered with
- ``FakeInputs``, ``FakeProfiles``, ``FakeLedger``, ``FakeEnvironment``, ``FakeInstalled``
- ``FakeDesks``: what people may hand off to; ``refusals`` and ``session`` can be set
- ``FakeWorkers``: knows which workers live; ``dead`` names those that don't
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from octavo.records.notebooks import CellDiff, Input, Submission, SubmissionRequest
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.adapters.pipeline_yaml import PipelineYaml
from octavo_server.adapters.signing import Signer
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound
from octavo_server.execution import (
    Ending,
    Execution,
    Failure,
    Happening,
    LeftFile,
    Limits,
    Order,
    RunProfile,
)
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.linting.service import LintService
from octavo_server.notebooks.releases import Releases
from octavo_server.notebooks.replays import Replays
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.definitions.editing import Editing
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.pipelines.graphs.orchestrator import Orchestrator
from octavo_server.pipelines.graphs.service import GraphsService
from octavo_server.pipelines.runs.attempts import Attempts
from octavo_server.pipelines.runs.domain import HandOffTarget
from octavo_server.pipelines.runs.hand_offs import HandOffs
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.pipelines.runs.work import WorkBook
from octavo_server.pipelines.schedules.backfills import BackfillsService
from octavo_server.pipelines.schedules.service import ScheduleBook, SchedulesService
from octavo_server.pipelines.schedules.ticker import Ticker
from octavo_server.pipelines.schedules.triggers import TriggerBook, TriggersService, Watch
from octavo_server.policy.service import PolicyService
from tests.support.notebooks import code, notebook
from tests.support.people import REVIEWER, SCIENTIST
from tests.support.services import open_audit

PROJECT = "flights"
PYTHON = "3.11.2"
PACKAGES = {"numpy": "2.0.0"}


class MemoryBlobs:
    """Bytes by digest."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        if digest not in self.kept:
            raise NotFound(f"No bytes are kept under the digest {digest}.")
        return self.kept[digest]


class MemoryReleases:
    """Files by digest."""

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}

    def write(self, digest: str, files: Mapping[str, bytes]) -> None:
        self.files[digest] = dict(files)

    def read(self, digest: str) -> Mapping[str, bytes]:
        return dict(self.files.get(digest, {}))


class FakeRunner:
    """Answers orders without starting anything."""

    def __init__(self, blobs: MemoryBlobs) -> None:
        self._blobs = blobs
        self.orders: list[Order] = []
        self.endings: list[Ending] = []
        self.printed: list[str] = []
        self.swept: list[str] = []
        self.outliving: set[str] = set()
        self.during: Callable[[Order], None] = lambda _: None

    def execute(
        self,
        order: Order,
        *,
        happened: Callable[[Happening], None],
        stop: Callable[[], str | None],
    ) -> Execution:
        self.orders.append(order)
        ending = self.endings.pop(0) if self.endings else Ending.SUCCEEDED
        text = self.printed.pop(0) if self.printed else "1.0"
        for kind in ("cell_started", "cell_finished"):
            happened(Happening(kind=kind, at=datetime.now(UTC), cell=0, cells=1, seconds=0.1))
        self.during(order)
        asked = stop()
        if asked is not None:
            return self._made(Ending.STOPPED, asked, None)
        if ending is Ending.LEFT:
            return self._made(ending, "The worker was stopped.", None)
        if ending is Ending.FAILED:
            return self._made(ending, "Cell 1 failed: ValueError: no", _failure())
        if ending is Ending.VANISHED:
            return self._made(ending, "The runner's process is gone without a word.", None)
        return self._made(ending, "All cells ran.", None, text)

    def outlives(self, execution: str) -> bool:
        return execution in self.outliving

    def sweep(self, execution: str) -> int:
        self.swept.append(execution)
        return 0

    def _made(
        self, ending: Ending, message: str, failure: Failure | None, text: str = ""
    ) -> Execution:
        outputs = [{"output_type": "stream", "name": "stdout", "text": text}]
        output = notebook(code("print(1.0)", outputs=outputs), parameters=None)
        left = LeftFile(path="a.txt", digest=self._blobs.put(b"a"), size=1)
        return Execution(
            ending=ending,
            message=message,
            seconds=1.5,
            failure=failure,
            output=json.dumps(output).encode(),
            files=(left,) if ending is Ending.SUCCEEDED else (),
            packages=PACKAGES,
            python=PYTHON,
            peak_memory_mib=100.0,
            account="run-1",
        )


def _failure() -> Failure:
    return Failure(
        cell=0, source="raise ValueError('no')", ename="ValueError", evalue="no", traceback="Trace"
    )


class FakeInputs:
    """Digests that a test can change."""

    def __init__(self) -> None:
        self.digest = "d1"

    def pin(self, project: str, data: Sequence[str], models: Sequence[str]) -> list[Input]:
        found = [Input(kind="data", name=name, digest=self.digest) for name in data]
        return found + [Input(kind="model", name=name, digest="m") for name in models]


class FakeProfiles:
    """One profile for pipelines, one that isn't, and one that was retired and leads on."""

    def run_profile(self, profile: str) -> RunProfile:
        if profile == "cpu-old":
            return replace(self.run_profile("cpu-small"), said="cpu-old is cpu-small now.")
        if profile not in {"cpu-small", "gpu-1"}:
            raise NotFound(f"There is no profile {profile!r}.")
        limits = Limits(memory_mib=512, wall_s=60.0)
        return RunProfile(
            id=profile, limits=limits, pipelines=profile == "cpu-small", price_eur_per_hour=0.12
        )


class FakeLedger:
    """Takes bookings."""

    def __init__(self) -> None:
        self.left = 1000
        self.booked: list[str] = []
        self.until: dict[str, datetime] = {}

    def budget_left_cents(self, project: str) -> int:
        return self.left

    def book(self, *, attempt: str, since: datetime, until: datetime, **who: str) -> float:
        if attempt not in self.booked:
            self.booked.append(attempt)
        self.until[attempt] = max(until, self.until.get(attempt, until))
        return 0.25


class FakeEnvironment:
    """No variables."""

    def variables(self, **facts: Any) -> Mapping[str, str]:
        return {"OCTAVO_RUN": str(facts["execution"])}


class FakeDesks:
    """Profiles and one open session."""

    def __init__(self) -> None:
        self.refusals: tuple[str, ...] = ()
        self.environments: tuple[str, ...] = ("dev", "prod")
        self.session: str | None = "s1"

    def target(self, caller: Caller, project: str, profile: str) -> HandOffTarget:
        if profile not in {"cpu-small", "cpu-large", "gpu-1"}:
            raise NotFound(f"There is no profile {profile!r}.")
        return HandOffTarget(
            profile=profile,
            pipelines=profile != "cpu-large",
            gpus=int(profile == "gpu-1"),
            environments=self.environments,
            refusals=self.refusals,
        )

    def open_session(self, person: str) -> str | None:
        return self.session


class FakeInstalled:
    """What is installed where runs execute."""

    def __init__(self) -> None:
        self.packages: dict[str, str | None] = dict(PACKAGES)

    def python(self) -> str:
        return PYTHON

    def versions(self, names: Sequence[str]) -> Mapping[str, str | None]:
        return {name: self.packages.get(name) for name in names}


class FakeWorkers:
    """Worker processes by id."""

    def __init__(self) -> None:
        self.own_id = "worker-1"
        self.dead: set[str] = set()

    def lives(self, worker: str) -> bool:
        return worker not in self.dead

    def restart(self, own_id: str) -> None:
        """Be another process from now on; the last one died."""
        self.dead.add(self.own_id)
        self.own_id = own_id


class FakeDiffer:
    """Says that nothing is the same."""

    def diff(self, old: bytes, new: bytes) -> Sequence[CellDiff]:
        return []


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What makes runs of pipelines beside people."""

    editing: Editing
    orchestrator: Orchestrator
    signer: Signer
    triggers: TriggersService
    watch: Watch
    backfills: BackfillsService


@dataclass
class Areas:
    """Both areas with all that they stand on."""

    database: Database
    clock: Clock
    audit: AuditService
    lineage: LineageService
    notebooks: NotebooksService
    pipelines: DefinitionsService
    schedules: SchedulesService
    runs: RunsService
    hand_offs: HandOffs
    replays: Replays
    attempts: Attempts
    ticker: Ticker
    runner: FakeRunner
    blobs: MemoryBlobs
    files: MemoryReleases
    inputs: FakeInputs
    ledger: FakeLedger
    installed: FakeInstalled
    workers: FakeWorkers
    desks: FakeDesks
    parts: Parts
    more: dict[str, Any] = field(default_factory=dict)

    def submitted(self, **more: Any) -> Submission:
        """Submit a notebook as the scientist."""
        wanted: dict[str, Any] = {"name": "score", "path": "score.ipynb", **more}
        wanted.setdefault("notebook", notebook("print(n)"))
        request = SubmissionRequest.model_validate(wanted)
        return self.notebooks.submit(in_project(SCIENTIST), PROJECT, request)

    def replayed(self, **more: Any) -> Submission:
        """Submit and replay."""
        made = self.submitted(**more)
        self.replays.run(made.id)
        return self.notebooks.submission(in_project(REVIEWER), PROJECT, made.id)

    def released(self, **more: Any) -> str:
        """Submit, replay, approve; return the release's digest."""
        ready = self.replayed(**more)
        approved = self.notebooks.review(
            in_project(REVIEWER),
            PROJECT,
            ready.id,
            decision="approve",
            reason="It is right.",
            digest=ready.bundle_digest or "",
        )
        return approved.release or ""


def in_project(caller: Caller) -> Caller:
    """Return a demo person as a route of the project sees them."""
    roles = {"scientist": "scientist", "reviewer": "reviewer", "oncall": "oncall", "admin": "admin"}
    return caller.within(PROJECT, frozenset({roles.get(caller.name, "service")}))


def open_areas(database: Database, folder: Path) -> Areas:
    """Return both areas on ``database``, with the shipped policies in force."""
    clock = Clock()
    audit = open_audit(database, folder, clock)
    policy = PolicyService(database, audit, CedarEngine())
    policy.install_default(default_policies())
    lineage = LineageService(database)
    signer = Signer.open(folder / "signing.key")
    blobs, files, inputs, ledger = MemoryBlobs(), MemoryReleases(), FakeInputs(), FakeLedger()
    runner, installed, workers = FakeRunner(blobs), FakeInstalled(), FakeWorkers()
    profiles, environment = FakeProfiles(), FakeEnvironment()
    notebooks = NotebooksService(
        database, audit, policy, lineage, Releases(files, signer, blobs, installed, clock), blobs,
        profiles, inputs, FakeDiffer(), clock, LintService(database, audit, policy, installed),
    )  # fmt: skip
    runs = RunsService(database, audit, lineage, blobs, ledger, signer, clock)
    kept = ScheduleBook(database, clock)
    graphs, trigger_book = GraphsService(notebooks), TriggerBook(inputs)
    pipelines = DefinitionsService(
        database, audit, policy, lineage, notebooks, runs, kept, graphs, clock
    )
    editing = Editing(
        database, audit, lineage, notebooks, graphs, pipelines, kept, trigger_book,
        PipelineYaml(), clock,
    )  # fmt: skip
    schedules = SchedulesService(database, audit, kept, pipelines, clock)
    parts = Parts(
        editing=editing,
        signer=signer,
        orchestrator=Orchestrator(database, audit, notebooks, runs, inputs, clock),
        triggers=TriggersService(database, audit, trigger_book, pipelines),
        watch=Watch(database, audit, trigger_book, pipelines, runs, clock),
        backfills=BackfillsService(database, audit, pipelines, runs, clock),
    )
    shared: dict[str, Any] = {
        "database": database, "audit": audit, "runner": runner, "blobs": blobs,
        "profiles": profiles, "inputs": inputs, "environment": environment, "workers": workers,
        "clock": clock,
    }  # fmt: skip
    book = WorkBook(
        policy=policy, notebooks=notebooks, runs=runs, profiles=profiles, inputs=inputs,
        blobs=blobs,
    )  # fmt: skip
    needed = {name: one for name, one in shared.items() if name not in {"profiles", "inputs"}}
    attempts = Attempts(
        **needed, lineage=lineage, notebooks=notebooks, runs=runs, book=book,
        ledger=ledger, signer=signer,
    )  # fmt: skip
    desks = FakeDesks()
    hand_offs = HandOffs(audit, policy, notebooks, runs, desks, blobs, ledger)
    return Areas(
        database, clock, audit, lineage, notebooks, pipelines, schedules, runs, hand_offs,
        Replays(**shared),
        attempts, Ticker(database, audit, pipelines, clock), runner, blobs, files,
        inputs, ledger, installed, workers, desks, parts,
    )  # fmt: skip
