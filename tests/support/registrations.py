"""Registrations on one database, with real policies and audit, and everything outside as a fake.

- ``Desk``: the services; ``order()`` is one that can be registered
- ``Bench``: the workbench; ``files`` in ``folder`` are what it stages, ``hold`` makes it wait until
  it is let go or cancelled, ``findings`` and ``trial`` say what it sees, ``form`` what a conversion
  gives, ``fails`` is raised by the scan
- ``Book``: MLflow's registry; ``broken`` is raised when a version is booked
- ``Runs``: the experiments; one run with one logged model, ``models`` may be changed
- ``Kept``: the store; ``kept`` are the staged files that were kept
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.rows import Database
from octavo_server.experiments.runs.domain import LoggedModel, Run
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService
from octavo_server.registry.registration.domain import Checkout, ConvertedForm, Order, Staged
from octavo_server.registry.registration.examination import Registration
from octavo_server.registry.registration.jobs import RegistrationJobs
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.registration.watch import Watch
from octavo_server.registry.versions.domain import (
    ArtifactFile,
    Finding,
    Packaging,
    Scan,
    Trial,
    TrialOutcome,
)
from octavo_server.registry.versions.rules import manifest_digest
from octavo_server.registry.versions.service import VersionsService
from tests.support.services import open_audit
from tests.unit.experiments.test_rules import run as run_record

RUN_ID = "1" * 32
MODEL_ID = "m-" + "2" * 32
FILES = (ArtifactFile(path="MLmodel", size=3, sha256="a" * 64),)
FORM = (ArtifactFile(path="model.onnx", size=5, sha256="c" * 64),)
SIGNATURE = {"inputs": [{"name": "delay", "type": "double"}], "outputs": [{"type": "long"}]}
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
PATIENCE_S = 20.0


def eventually(look: Callable[[], Any], what: str) -> Any:
    """Return what ``look`` does as soon as it is true."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := look():
            return found
        time.sleep(0.01)
    raise AssertionError(f"{what}: not within {PATIENCE_S} s")


@dataclass
class Bench:
    """A workbench that sees what a test says."""

    packaging: Packaging = field(
        default_factory=lambda: Packaging(signature=SIGNATURE, has_example=True)
    )
    files: tuple[ArtifactFile, ...] = FILES
    folder: Path = Path("/nowhere")
    findings: tuple[Finding, ...] = ()
    trial_outcome: TrialOutcome = TrialOutcome.PASSED
    form: ConvertedForm | str = "It stays as it is: a fake converts nothing."
    fails: Exception | None = None
    held: threading.Event | None = None
    entered: threading.Event = field(default_factory=threading.Event)

    def hold(self) -> threading.Event:
        """Make the scan wait for the event that is returned."""
        self.held = threading.Event()
        return self.held

    @contextmanager
    def checkout(self, location: str, watch: Watch) -> Iterator[Checkout]:
        """Give a checkout of nothing."""
        watch.copied(0, 3)
        watch.copied(3, 3)
        staged = Staged(folder=self.folder, files=self.files)
        yield Checkout(staged=staged, folder=self.folder, packaging=self.packaging)

    def scan(self, checkout: Checkout, watch: Watch) -> Scan:
        """Wait if a test wants it, and give the test's findings."""
        self.entered.set()
        deadline = time.monotonic() + PATIENCE_S
        while self.held is not None and not self.held.wait(0.01):
            watch.beat()
            assert time.monotonic() < deadline, "nobody let the scan go"
        if self.fails is not None:
            raise self.fails
        return Scan(scanned=1, findings=self.findings)

    def trial(self, checkout: Checkout, watch: Watch) -> Trial:
        """Give the test's outcome."""
        return Trial(outcome=self.trial_outcome, seconds=0.1, detail="1 row in", isolated=True)

    @contextmanager
    def convert(self, checkout: Checkout, watch: Watch) -> Iterator[ConvertedForm | str]:
        """Give the test's form."""
        yield self.form


@dataclass
class Book:
    """MLflow's registry in memory."""

    versions: list[int] = field(default_factory=list)
    deleted: list[int] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    broken: Exception | None = None

    def create_version(self, name: str, **given: object) -> int:
        """Book the next version."""
        if self.broken is not None:
            raise self.broken
        self.versions.append(len(self.versions) + 1)
        return self.versions[-1]

    def delete_version(self, name: str, version: int) -> None:
        """Keep that it was deleted."""
        self.deleted.append(version)

    def next_version(self, name: str) -> int:
        """Return the next number."""
        return len(self.versions) + 1

    def set_alias(self, name: str, alias: str, version: int) -> None:
        """Nothing."""

    def tag_run(self, run_id: str, key: str, value: str) -> None:
        """Keep the mark."""
        self.marks.append(value)

    def keep_model(self, model_id: str, mark: str) -> None:
        """Keep the mark."""
        self.marks.append(mark)


@dataclass
class Runs:
    """One run with logged models."""

    record: Run
    models_logged: list[LoggedModel]

    def run(self, project: str, run_id: str) -> Run:
        """Return the run."""
        return self.record

    def models(self, run: Run) -> list[LoggedModel]:
        """Return its models."""
        return self.models_logged


@dataclass
class Kept:
    """A store that keeps what it is given."""

    kept: list[Staged] = field(default_factory=list)

    def keep(self, staged: Staged) -> str:
        """Keep it."""
        self.kept.append(staged)
        return f"octavo-models:/{manifest_digest(staged.files)}"


class KnownPackaging:
    """The files of logged models, as far as a draft reads them."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def packaging(self, location: str) -> Packaging:
        """Return what the workbench would see."""
        return self._bench.packaging

    def manifest(self, location: str) -> tuple[ArtifactFile, ...]:
        """Return the one file."""
        return FILES

    def copy(self, location: str, folder: Path) -> tuple[ArtifactFile, ...]:
        """Copy nothing."""
        return FILES


class Signer:
    """Signs with a name alone."""

    key_id = "octavo-test"

    def attest(
        self, *, subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the statement as its own envelope."""
        listed = [{"name": name, "digest": {"sha256": one}} for name, one in subjects.items()]
        return {"subject": listed, "predicateType": predicate_type, "predicate": dict(predicate)}

    def verify(
        self, envelope: Mapping[str, Any], *, predicate_type: str | None = None
    ) -> dict[str, Any]:
        """Return the statement."""
        return dict(envelope)


def logged(model_id: str = MODEL_ID) -> LoggedModel:
    """Return a logged model."""
    return LoggedModel(
        model_id=model_id,
        run_id=RUN_ID,
        name="model",
        status="READY",
        created_at=START,
        location=f"mlflow-artifacts:/1/models/{model_id}/artifacts",
    )


def order(**more: Any) -> Order:
    """Return an order that can be registered."""
    given = {"project": "flights", "name": "late", "run_id": RUN_ID, "model_id": MODEL_ID}
    return Order(**{**given, **more})


class Desk:
    """The services under test, and what they stand on."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.now = START
        self.bench, self.book, self.kept = Bench(), Book(), Kept()
        self.runs = Runs(record=run_record(), models_logged=[logged()])
        self.database = database
        self.audit = open_audit(database, folder, self.clock)
        self.policy = PolicyService(database, self.audit, CedarEngine())
        self.policy.install_default(default_policies())
        files: Any = KnownPackaging(self.bench)
        outside: Any = self.bench, self.book, self.runs, Signer()
        bench, book, runs, signer = outside
        self.versions = VersionsService(
            database=database,
            audit=self.audit,
            policy=self.policy,
            files=files,
            book=book,
            attestor=signer,
            clock=self.clock,
        )
        self.service = RegistrationService(
            audit=self.audit,
            policy=self.policy,
            lineage=LineageService(database),
            experiments=runs,
            versions=self.versions,
            book=book,
            steps=Registration(self.policy, files, bench, self.kept, book, signer),
            clock=self.clock,
        )
        self.jobs = RegistrationJobs(
            database=database, audit=self.audit, registration=self.service, clock=self.clock
        )

    def clock(self) -> datetime:
        """Return the test's time."""
        return self.now

    def later(self, seconds: float) -> None:
        """Move the clock."""
        self.now += timedelta(seconds=seconds)

    def ended(self, identifier: str) -> Any:
        """Return a registration once it has ended."""

        def look() -> Any:
            found = self.jobs.get("flights", identifier)
            return found if found.ended_at else None

        return eventually(look, f"registration {identifier}")

    def actions(self) -> list[str]:
        """Return the audited actions about models, oldest first."""
        found = [one.action for one in self.audit.entries()]
        return [one for one in reversed(found) if one.startswith("registry.")]
