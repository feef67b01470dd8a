"""A whole Octavo to test against: one that runs already, or one started for the tests alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from octavo.local import process
from octavo.local.accounts import Accounts
from octavo.local.confinement import die_with_parent
from octavo.local.home import Home
from octavo.local.launch import PORTS, instance_of
from octavo.local.people import read_passwords
from octavo.local.process import Identity
from octavo.local.progress import tail
from octavo.local.up import running_supervisor
from tests.support.ports import free_ports

START_LIMIT_S = 300.0
STOP_LIMIT_S = 60.0
COMMAND = [sys.executable, "-m", "octavo.cli.main", "up"]


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A running Octavo, seen by the account that started it."""

    home: Path
    """Its state folder."""
    port: int
    """Its public port."""
    ready_s: float | None = None
    """Seconds from the command to ready; None when it ran already."""

    @property
    def url(self) -> str:
        """Where people open it, without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def platform(self) -> str:
        """The platform service, as OCTAVO_URL names it."""
        return f"{self.url}/services/octavo"

    @property
    def tracking(self) -> str:
        """MLflow, as MLFLOW_TRACKING_URI names it."""
        return f"{self.url}/services/tracking"

    def password(self, person: str) -> str:
        """Return a demo person's password, as printed at installation."""
        return read_passwords(self.home / "people.txt")[person]

    def family(self) -> list[Identity]:
        """List `octavo up` and every process below it."""
        supervisor = running_supervisor(Home(root=self.home))
        if supervisor is None:
            return []
        parent = psutil.Process(supervisor.pid)
        pids = [parent.pid, *(child.pid for child in parent.children(recursive=True))]
        return [found for pid in pids if (found := Identity.of(pid))]

    def of_accounts(self) -> list[int]:
        """List the running processes of people's, runs' and scorers' own accounts.

        One that has ended and is not yet collected by the machine's first process doesn't run.
        """
        first = Accounts(self.home).name_of("x").removesuffix("u-x")
        return [
            one.pid
            for one in psutil.process_iter(["username", "status"])
            if (one.info["username"] or "").startswith(first)
            and one.info["status"] != psutil.STATUS_ZOMBIE
        ]

    def marked(self) -> list[Identity]:
        """List the living processes whose environment carries the installation's mark."""
        return process.marked(instance_of(Home(root=self.home)))


def running(environment: Mapping[str, str]) -> Installation | None:
    """Return the Octavo that runs from OCTAVO_HOME (or the checkout's state), None if none does."""
    home = Home.locate(environment)
    supervisor = running_supervisor(home) if home.ready_mark.exists() else None
    server = Identity.load(home.pids / "server") if supervisor else None
    if server is None:
        return None
    port = psutil.Process(server.pid).environ()["OCTAVO_PORT"]
    return Installation(home=home.root, port=int(port))


class Launcher:
    """Starts and stops Octavo on one state folder; not even a killed test run leaves it behind."""

    def __init__(self, home: Path, tell: Callable[[str], object] = lambda _line: None) -> None:
        """Take the state folder, and who hears what `octavo up` prints until it is ready."""
        self.home = home
        self._tell = tell
        self._port = free_ports(len(PORTS))
        self._log = home.with_name(f"{home.name}.log")
        self._child: subprocess.Popen[bytes] | None = None

    def up(self) -> Installation:
        """Run `octavo up` and return once all works. Raises RuntimeError with its last words."""
        begun = time.monotonic()
        steering = {"OCTAVO_HOME": str(self.home), "OCTAVO_PORT": str(self._port)}
        with self._log.open("wb") as output:
            self._child = subprocess.Popen(
                COMMAND,
                env=clean_environment() | steering,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - one prctl, no lock
            )
        self._await_ready(self._child)
        seconds = round(time.monotonic() - begun, 1)
        return Installation(home=self.home, port=self._port, ready_s=seconds)

    def down(self) -> None:
        """Ask it to stop, as Ctrl-C does, and wait until it has."""
        if self._child is None:
            return
        self._child.send_signal(signal.SIGTERM)
        try:
            self._child.wait(STOP_LIMIT_S)
        finally:
            self._child.kill()
            self._child.wait()
            self._child = None

    def _await_ready(self, child: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_LIMIT_S
        with self._log.open(encoding="utf-8") as lines:
            while not (self.home / "state" / "ready").exists():
                ended = child.poll()
                if ended is not None or time.monotonic() > deadline:
                    why = f"ended with status {ended}" if ended is not None else "took too long"
                    said = "\n".join(tail(self._log, 15))
                    raise RuntimeError(f"`octavo up` {why}:\n{said}")
                for line in lines:
                    self._tell(line.rstrip("\n"))
                time.sleep(0.1)


@contextmanager
def launcher(tell: Callable[[str], object] = lambda _line: None) -> Iterator[Launcher]:
    """Give a launcher on a fresh state folder; nothing of it outlives the block."""
    home = Path(tempfile.mkdtemp(prefix="octavo-"))
    home.chmod(0o711)  # people's own accounts pass through it
    made = Launcher(home, tell)
    try:
        yield made
    finally:
        made.down()
        Accounts(home).remove_all()
        shutil.rmtree(home)
        home.with_name(f"{home.name}.log").unlink(missing_ok=True)


def clean_environment() -> dict[str, str]:
    """Return this process' environment without anything that steers Octavo."""
    foreign = ("OCTAVO_", "JUPYTERHUB_", "MLFLOW_")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
