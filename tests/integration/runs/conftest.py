"""Real children under real run accounts, and a real worker process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.support.platform import Platform, open_platform

from octavo.local.accounts import Accounts
from octavo_server.adapters.child_runner import ChildRunner
from octavo_server.adapters.file_blobs import FileBlobs
from octavo_server.adapters.run_unit import MARK

PATIENCE_S = 100.0
Found = TypeVar("Found")


@pytest.fixture(scope="session")
def home() -> Iterator[Path]:
    """Give a state folder that run accounts can reach their own folders in."""
    with tempfile.TemporaryDirectory(prefix="octavo-runs-") as folder:
        place = Path(folder)
        place.chmod(0o711)
        yield place
        Accounts(place).remove_all()


@pytest.fixture(scope="session")
def runner(home: Path) -> ChildRunner:
    return ChildRunner(Accounts(home), home / "runs", FileBlobs(home / "results"))


def until(look: Callable[[], Found], what: str, patience_s: float = PATIENCE_S) -> Found:
    """Return what ``look`` finds once it finds something."""
    deadline = time.monotonic() + patience_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {patience_s:g} s")
        time.sleep(0.1)


def processes_of(unit: str) -> list[int]:
    """Return the processes of a runner, by the mark in their environment."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            except OSError:
                continue
            if f"{MARK}={unit}".encode() in environment and state != "Z":
                found.append(int(entry.name))
    return found


@dataclass
class Installation:
    """The platform service in this process, and workers beside it."""

    platform: Platform
    home: Path
    units: dict[str, set[str]] = field(default_factory=dict)
    """Run to the runners that it was given to, as far as they were seen."""

    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def processes(self, run: str) -> list[int]:
        """Return the processes of a run's attempts, also of those that are over."""
        seen = self.units.setdefault(run, set())
        seen |= {note.read_text() for note in (self.home / "runs").glob(f"{run}-*.unit")}
        return [pid for unit in seen for pid in processes_of(unit)]

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start a worker and return it once it says that it is ready."""
        ready = self.home / "state" / "worker.ready"
        ready.unlink(missing_ok=True)
        environment = {
            **{name: value for name, value in os.environ.items() if "OCTAVO" not in name},
            "OCTAVO_HOME": str(self.home),
            "OCTAVO_PORT": "8990",
        }
        with (self.home / "worker.log").open("ab") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "octavo_server.worker"],
                env=environment, cwd="/", stdout=log, stderr=log,
            )  # fmt: skip
        self.workers.append(worker)
        until(ready.exists, "the worker is ready")
        return worker

    def stop_worker(self, worker: subprocess.Popen[bytes], number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        worker.send_signal(number)
        return worker.wait(60)

    def call(self, who: str, method: str, path: str, status: int, body: Any = None) -> Any:
        """Send a request about the project and return its answer, which must have ``status``."""
        answer = self.platform.call(who, method, f"/projects/flights{path}", json=body)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def ended(self, path: str, *under_way: str) -> Any:
        """Return a record once its state is none of ``under_way``."""

        def look() -> Any:
            found = self.call("scientist", "GET", path, 200)
            return None if found["state"] in under_way else found

        return until(look, f"{path} is over")


@pytest.fixture(scope="session")
def installation(home: Path) -> Iterator[Installation]:
    """Give an installation with a small lake and one worker."""
    curated = home / "lake" / "flights" / "curated"
    curated.mkdir(parents=True)
    (curated / "delays.csv").write_text("flight,delay\n1,5\n2,20\n")
    made = Installation(open_platform(home), home)
    made.start_worker()
    yield made
    for worker in made.workers:
        if worker.poll() is None:
            made.stop_worker(worker)
