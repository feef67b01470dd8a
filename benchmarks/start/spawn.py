"""Time a workspace's start in a running Octavo against a bare JupyterHub's, in turn.

Both start the same JupyterLab from the same environment, over the API, until its server answers.
The bare hub has a local process spawner, the same proxy, and no extension of Octavo's. It is given
OCTAVO_HOME and OCTAVO_PORT of the running Octavo, and prints one JSON object.
"""

from __future__ import annotations

import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

ROUNDS = 5
LIMIT_S = 120.0
POLL_S = 0.02
BARE_CONFIG = """
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub}"
c.JupyterHub.proxy_class = "traefik_file"
c.TraefikFileProviderProxy.traefik_api_url = "http://127.0.0.1:{api}"
c.TraefikFileProviderProxy.traefik_api_password = "{token}"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = "simple"
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/{{username}}"
c.Spawner.default_url = "/lab"
c.Spawner.args = ["--allow-root", "--ServerApp.jpserver_extensions={{'octavo_lab': False}}"]
c.JupyterHub.services = [{{"name": "bench", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [{{
    "name": "bench", "services": ["bench"],
    "scopes": ["admin:users", "admin:servers", "access:servers"],
}}]
"""


@dataclass(frozen=True, kw_only=True)
class Hub:
    """A hub whose workspaces are timed."""

    http: httpx.Client
    """Client with the token, based at the public address."""
    person: str
    """Whose workspace is started."""
    options: dict[str, Any]
    """What the spawn request carries."""

    def spawn_s(self) -> float:
        """Start the workspace and return the seconds until its server answered; stop it."""
        server = f"/hub/api/users/{self.person}/server"
        begun = time.monotonic()
        self.http.post(server, json=self.options).raise_for_status()
        self._until(lambda: self.http.get(f"/user/{self.person}/api/status").status_code == 200)
        took = time.monotonic() - begun
        self.http.delete(server).raise_for_status()
        self._until(lambda: not self._servers())
        return took

    def _servers(self) -> Any:
        answer = self.http.get(f"/hub/api/users/{self.person}")
        answer.raise_for_status()
        return answer.json()["servers"]

    @staticmethod
    def _until(condition: Any) -> None:
        deadline = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > deadline:
                raise SystemExit(f"a workspace took longer than {LIMIT_S:.0f} s")
            time.sleep(POLL_S)


def octavo() -> Hub:
    """Sign in to the running Octavo as the demo scientist."""
    base = f"http://127.0.0.1:{os.environ['OCTAVO_PORT']}"
    people = (Path(os.environ["OCTAVO_HOME"]) / "people.txt").read_text(encoding="utf-8")
    password = dict(line.split(" ", 1) for line in people.splitlines())["scientist"]
    browser = httpx.Client(base_url=base, follow_redirects=True, timeout=60)
    browser.get("/hub/login")
    form = {"username": "scientist", "password": password, "_xsrf": browser.cookies["_xsrf"]}
    browser.post("/hub/login", params={"next": "/hub/token"}, data=form).raise_for_status()
    page_token = browser.cookies.get("_xsrf", path="/hub/") or form["_xsrf"]
    token = browser.post(
        "/hub/api/users/scientist/tokens", json={}, headers={"X-XSRFToken": page_token}
    )
    token.raise_for_status()
    return Hub(
        http=_client(base, token.json()["token"]),
        person="scientist",
        options={"project": "flights", "profile": "cpu-small"},
    )


@contextmanager
def bare() -> Iterator[Hub]:
    """Run a bare JupyterHub for the block."""
    port, token = int(os.environ["OCTAVO_PORT"]) + 5, secrets.token_hex(16)
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "jupyterhub_config.py"
        text = BARE_CONFIG.format(port=port, hub=port + 1, api=port + 2, token=token, folder=folder)
        config.write_text(text, encoding="utf-8")
        scripts = Path(sys.executable).parent
        with (Path(folder) / "hub.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "jupyterhub", "-f", str(config)],
                cwd=folder,
                env={**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"},
                stdout=log,
                stderr=log,
            )
        http = _client(f"http://127.0.0.1:{port}", token)
        try:
            Hub._until(lambda: _answers(http))  # noqa: SLF001
            http.post("/hub/api/users/bench").raise_for_status()
            yield Hub(http=http, person="bench", options={})
        finally:
            process.terminate()
            process.wait()


def _answers(http: httpx.Client) -> bool:
    try:
        return http.get("/hub/health").is_success
    except httpx.HTTPError:
        return False


def _client(base: str, token: str) -> httpx.Client:
    return httpx.Client(
        base_url=base, headers={"Authorization": f"token {token}"}, timeout=60, trust_env=False
    )


def main() -> None:
    """Time both in turn, after one start each that warms the disk's cache."""
    ours, theirs = octavo(), []
    times: list[float] = []
    with bare() as other:
        ours.spawn_s(), other.spawn_s()
        for _ in range(ROUNDS):
            times.append(ours.spawn_s())
            theirs.append(other.spawn_s())
    print(
        json.dumps(
            {
                "octavo_s": round(statistics.median(times), 2),
                "bare_s": round(statistics.median(theirs), 2),
                "ratio": round(statistics.median(times) / statistics.median(theirs), 3),
            }
        )
    )


if __name__ == "__main__":
    main()
