"""The two hubs that are compared: Octavo's and a bare JupyterHub, both with feather workspaces.

- `octavo`: the platform service and Octavo's hub, with a profile small enough for hundreds
- `bare`: JupyterHub with its own local spawner, the same proxy and the same workspace
"""

from __future__ import annotations

import json
import os
import secrets
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
from tests.support.hub import RunningHub, answers, await_until, running_hub

from octavo.local.people import hashed

PASSWORD = secrets.token_urlsafe()
PROFILE = "feather"
DOCUMENT = f"""
id: {PROFILE}
title: Feather
description: As small as a workspace can be, to measure the hub alone.
resources:
  cpu: {{guarantee: 0.001, limit: 1}}
  memory_gib: {{guarantee: 0.001, limit: 0.5}}
  processes: 64
prices:
  - {{from: 2026-01-01, per_hour: 0.01, currency: EUR}}
idle: {{minutes: 600, extension_minutes: 0}}
longest_hours: 24
ready_seconds: 1
audiences: []
environments: [dev]
pipelines: false
"""
FEATHER = [sys.executable, "-S", str(Path(__file__).with_name("feather.py"))]
BENCH_ROLE = """
c.JupyterHub.services = [*c.JupyterHub.services,
                         {{"name": "bench", "api_token": "{token}", "display": False}}]
c.JupyterHub.load_roles = [*c.JupyterHub.load_roles, {{
    "name": "bench", "services": ["bench"],
    "scopes": ["list:users", "read:users", "read:servers", "delete:servers", "servers"],
}}]
c.JupyterHub.log_level = "WARN"
"""
OCTAVO_CONFIG = """
c[c.JupyterHub.spawner_class.__name__].cmd = {feather}
c[c.JupyterHub.spawner_class.__name__].args = []
"""
BARE_CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.proxy_class = "traefik_file"
c.TraefikFileProviderProxy.traefik_api_url = "http://127.0.0.1:{api}"
c.TraefikFileProviderProxy.traefik_api_password = "{token}"
c.TraefikFileProviderProxy.traefik_log_level = "ERROR"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "{password}"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.JupyterHub.concurrent_spawn_limit = 0
c.JupyterHub.services = []
c.JupyterHub.load_roles = []
c.Spawner.cmd = {feather}
"""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub under load."""

    url: str
    """Where people open it."""
    options: Mapping[str, str]
    """What they choose."""
    admin: httpx.Client
    """Client of the benchmark's own service, based at the Hub's API."""
    process: Any
    """Returns the hub's process of now."""
    octavo: RunningHub | None = field(default=None)
    """The running Octavo; None for the bare hub."""

    def cpu_s(self) -> float:
        """Return the CPU time of the hub's process so far, seconds."""
        times = psutil.Process(self.process()).cpu_times()
        return float(times.user + times.system)

    def ready(self) -> set[str]:
        """Return the people whose workspace is ready."""
        found, offset = set(), 0
        while True:
            answer = self.admin.get(f"/users?state=ready&offset={offset}&limit=100")
            answer.raise_for_status()
            page = answer.json()
            found |= {one["name"] for one in page}
            if len(page) < 100:
                return found
            offset += 100

    def feathers(self) -> dict[str, int]:
        """Return how many workspaces run for each person, seen by the operating system."""
        counts: dict[str, int] = {}
        script = FEATHER[-1]
        for one in psutil.process_iter(["cmdline", "environ"]):
            if script in (one.info["cmdline"] or []):
                environment = one.info["environ"] or {}
                if environment.get("JUPYTERHUB_API_URL", "").startswith(self._hub_api()):
                    person = environment["JUPYTERHUB_USER"]
                    counts[person] = counts.get(person, 0) + 1
        return counts

    def open_sessions(self) -> int:
        """Return how many requests the platform keeps: queued, starting or running."""
        database = self.running().home / "state" / "platform.sqlite"
        with closing(sqlite3.connect(database)) as opened:
            query = "SELECT count(*) FROM workspace_sessions WHERE state != 'ended'"
            return int(opened.execute(query).fetchone()[0])

    def running(self) -> RunningHub:
        """Return the running Octavo. Raises TypeError for the bare hub."""
        if self.octavo is None:
            raise TypeError("the bare hub has no platform")
        return self.octavo

    def _hub_api(self) -> str:
        port = int(self.url.rpartition(":")[2]) + 1
        return f"http://127.0.0.1:{port}/"


@contextmanager
def octavo(people: list[str], **settings: str) -> Iterator[Hub]:
    """Run Octavo's hub and service for the block, with ``people`` who may sign in."""
    token = secrets.token_hex(16)
    with tempfile.NamedTemporaryFile("w", suffix=".py") as config:
        config.write(BENCH_ROLE.format(token=token) + OCTAVO_CONFIG.format(feather=FEATHER))
        config.flush()
        with running_hub(OCTAVO_HUB_CONFIG=config.name, **settings) as running:
            _add_people(running.home / "state" / "people.json", people)
            _publish(running)
            yield Hub(
                url=running.url,
                options={"project": "flights", "profile": PROFILE},
                admin=_admin(running.url, token),
                process=lambda: running.hub.pid if running.hub else 0,
                octavo=running,
            )


@contextmanager
def bare(port: int) -> Iterator[Hub]:
    """Run a bare JupyterHub for the block."""
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        text = BARE_CONFIG.format(
            port=port, hub=port + 1, api=port + 2, token=token, folder=folder,
            password=PASSWORD, feather=FEATHER,
        )  # fmt: skip
        config = Path(folder) / "jupyterhub_config.py"
        config.write_text(text + BENCH_ROLE.format(token=token), encoding="utf-8")
        with (Path(folder) / "hub.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env=_environment(),
                stdout=log,
                stderr=log,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            _until_healthy(url, process, Path(folder) / "hub.log")
            yield Hub(url=url, options={}, admin=_admin(url, token), process=lambda: process.pid)
        finally:
            process.terminate()
            process.wait()


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


def _until_healthy(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    watched = RunningHub(home=log.parent, port=0, log=log, hub=process)
    await_until(lambda: answers(f"{url}/hub/health"), watched)


def _admin(url: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=f"{url}/hub/api",
        headers={"Authorization": f"token {token}"},
        timeout=60,
        trust_env=False,
    )


def _add_people(file: Path, people: list[str]) -> None:
    entries = json.loads(file.read_text(encoding="utf-8"))
    one = hashed(PASSWORD)
    entries |= {name: {**one, "groups": ["scientists"]} for name in people}
    file.write_text(json.dumps(entries), encoding="utf-8")


def _publish(running: RunningHub) -> None:
    """Publish the feather profile, proposed by one person and approved by another."""
    base = f"http://127.0.0.1:{running.port + 2}/services/octavo/api/v1"
    token = {"Authorization": f"Bearer {running.token('spawner')}"}
    admin = {**token, "Octavo-Person": "admin", "Octavo-Groups": '["admins"]'}
    reviewer = {**token, "Octavo-Person": "reviewer", "Octavo-Groups": '["reviewers"]'}
    with httpx.Client(base_url=base, timeout=30, trust_env=False) as platform:
        proposed = platform.post(
            "/profiles/changes",
            headers=admin,
            json={"profile": PROFILE, "text": DOCUMENT, "reason": "Measures the hub alone."},
        )
        proposed.raise_for_status()
        change = proposed.json()
        platform.post(
            f"/profiles/changes/{change['id']}/review",
            headers=reviewer,
            json={
                "decision": "approve",
                "reason": "Small, and for measuring.",
                "digest": change["digest"],
            },
        ).raise_for_status()
