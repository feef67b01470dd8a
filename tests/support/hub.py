"""A real hub with the real platform service on free ports of this machine.

- `running_hub`: prepares a state folder and runs `octavo_server.app` and JupyterHub on it
- `RunningHub.browser`: an HTTP client signed in as a demo person, cookies and XSRF token included
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from octavo.local import resources
from octavo.local.accounts import Accounts
from octavo.local.people import ensure_people, read_passwords
from tests.support.ports import free_ports

TOKENS = ("octavo", "tracking", "worker", "spawner")
PORTS = 5
START_S = 120.0


@dataclass
class RunningHub:
    """A hub under test."""

    home: Path
    port: int
    log: Path
    server: subprocess.Popen[bytes] | None = None
    hub: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where people open it."""
        return f"http://127.0.0.1:{self.port}"

    def password(self, person: str) -> str:
        """Return a demo person's password."""
        return read_passwords(self.home / "people.txt")[person]

    @property
    def accounts(self) -> Accounts:
        """The operating-system accounts of this installation."""
        return Accounts(self.home)

    def token(self, service: str) -> str:
        """Return a service's Hub token."""
        return (self.home / "state" / "tokens" / service).read_text()

    @contextmanager
    def browser(self, person: str, password: str | None = None) -> Iterator[httpx.Client]:
        """Give a client that is signed in as a demo person."""
        known = read_passwords(self.home / "people.txt")
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=30) as client:
            client.get("/hub/login")
            form = {"username": person, "password": password or known.get(person, "")}
            self.post(client, "/hub/login", form)
            yield client

    def post(self, client: httpx.Client, path: str, form: dict[str, Any]) -> httpx.Response:
        """Send a form as the page would, with the client's XSRF token."""
        token = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
        return client.post(path, data={"_xsrf": token or "", **form})

    def start_server(self) -> None:
        """Start the platform service and wait until it answers."""
        self.server = self._start("octavo_server.app")
        await_until(
            lambda: answers(f"http://127.0.0.1:{self.port + 2}/services/octavo/health"), self
        )

    def stop_server(self) -> None:
        """Stop the platform service."""
        _stop(self.server)
        self.server = None

    def start_hub(self) -> None:
        """Start the hub and wait until it answers through the proxy."""
        config = str(resources.path("hub/jupyterhub_config.py"))
        self.hub = self._start("octavo_hub", "-f", config)
        await_until(lambda: answers(f"{self.url}/hub/health"), self)

    def kill_hub(self) -> None:
        """Kill the hub without a chance to clean up."""
        assert self.hub is not None
        self.hub.kill()
        self.hub.wait()
        self.hub = None

    def leftovers(self) -> list[int]:
        """Return what still runs with this state folder in its environment, bar the server."""
        known = {one.pid for one in (self.hub, self.server) if one is not None}
        mark = str(self.home)
        found = psutil.process_iter(["pid", "environ", "status"])
        return [
            one.pid
            for one in found
            if one.pid not in known
            and one.info["status"] != psutil.STATUS_ZOMBIE
            and any(mark in value for value in (one.info["environ"] or {}).values())
        ]

    def running_sessions(self) -> list[str]:
        """Return the ids of the sessions that the platform believes to be running."""
        with closing(sqlite3.connect(self.home / "state" / "platform.sqlite")) as database:
            query = "SELECT id FROM workspace_sessions WHERE state = 'running'"
            return [row[0] for row in database.execute(query)]

    def stop(self) -> None:
        """Stop both."""
        _stop(self.hub)
        _stop(self.server)

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *arguments],
                env=self.environment,
                cwd=self.home / "state",
                stdout=log,
                stderr=subprocess.STDOUT,
            )


@contextmanager
def running_hub(**settings: str) -> Iterator[RunningHub]:
    """Give a hub with the flights project, the shipped profiles and the demo people.

    ``settings`` are further OCTAVO_* variables, by their full names; ``{port}`` in a value stands
    for the public port.
    """
    home = Path(tempfile.mkdtemp(prefix="octavo-hub-"))
    running = RunningHub(home=home, port=free_ports(PORTS), log=home / "processes.log")
    try:
        _prepare(running)
        port = str(running.port)
        running.environment |= {
            key: value.replace("{port}", port) for key, value in settings.items()
        }
        running.start_server()
        running.start_hub()
        yield running
    finally:
        running.stop()
        running.accounts.remove_all()
        shutil.rmtree(home)


def await_until(done: Callable[[], bool], hub: RunningHub, limit_s: float = START_S) -> None:
    """Wait until ``done`` holds; fail with the processes' last words when it never does."""
    deadline = time.monotonic() + limit_s
    while not done():
        ended = [one for one in (hub.hub, hub.server) if one is not None and one.poll() is not None]
        if ended or time.monotonic() > deadline:
            why = "a process ended" if ended else f"not within {limit_s} s"
            raise AssertionError(f"{why}: {hub.log.read_text()[-4000:]}")
        time.sleep(0.1)


def _prepare(running: RunningHub) -> None:
    home = running.home
    home.chmod(0o711)
    (home / "state" / "tokens").mkdir(parents=True, mode=0o700)
    (home / "state").chmod(0o700)
    for name in TOKENS:
        (home / "state" / "tokens" / name).write_text(secrets.token_hex(32))
    ensure_people(home / "state" / "people.json", home / "people.txt")
    kept = {name: value for name, value in os.environ.items() if "OCTAVO" not in name}
    running.environment = kept | {"OCTAVO_HOME": str(home), "OCTAVO_PORT": str(running.port)}
    subprocess.run(
        [sys.executable, "-m", "octavo_server.prepare"],
        env=running.environment,
        check=True,
        capture_output=True,
    )


def answers(url: str) -> bool:
    """Whether something answers with success at an address."""
    try:
        return httpx.get(url, timeout=5, trust_env=False).is_success
    except httpx.HTTPError:
        return False


def _stop(process: subprocess.Popen[bytes] | None) -> None:
    if process is not None and process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
