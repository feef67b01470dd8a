"""Real tracking processes for tests, and the people who call them.

- `Directory`: a stand-in for the platform service's `GET /me` and the Hub's OAuth token page.
  Knows the tokens it was given; `away` makes it answer 503, `slow_s` makes it answer late.
- `running_tracking`: starts `python -m octavo_server.tracking` on a free port.
- `stock_client`: runs code with an unchanged `mlflow` client in a process of its own.
- `running_platform`: the platform service and the tracking process, knowing each other.
"""

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import uvicorn

from tests.support.platform import Platform, open_platform
from tests.support.ports import free_ports


def me(name: str, *, kind: str = "person", **projects: str) -> dict[str, Any]:
    """An answer of `GET /me`: keyword arguments are project=role."""
    return {
        "name": name,
        "kind": kind,
        "groups": [],
        "platform_roles": ["service"] if kind == "service" else ["anyone"],
        "projects": [
            {"name": project, "title": project, "roles": [role]}
            for project, role in projects.items()
        ],
    }


PEOPLE = {
    "scientist-token": me("scientist", flights="scientist"),
    "reviewer-token": me("reviewer", flights="reviewer"),
    "oncall-token": me("oncall", flights="oncall"),
    "stranger-token": me("stranger"),
    "weather-token": me("weatherwoman", weather="scientist"),
    "both-token": me("both", flights="scientist", weather="scientist"),
    "run-token": me("run:r1", kind="run", flights="run"),
    "service-token": me("service:octavo", kind="service", flights="service"),
}


class Directory:
    """Knows people by their tokens, over HTTP."""

    def __init__(self) -> None:
        self.people: dict[str, dict[str, Any]] = dict(PEOPLE)
        self.codes: dict[str, str] = {}
        self.away = False
        self.slow_s = 0.0
        self.asked = 0
        directory = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                directory.asked += 1
                time.sleep(directory.slow_s)
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                found = directory.people.get(token)
                status = 503 if directory.away else 200 if found else 401
                self._say(status, found or {"error": "unauthenticated"})

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                form = parse_qs(self.rfile.read(length).decode())
                token = directory.codes.pop(form.get("code", [""])[0], None)
                secret_fits = form.get("client_secret") == ["tracking-secret"]
                fits = token is not None and secret_fits
                self._say(200 if fits else 400, {"access_token": token} if fits else {})

            def _say(self, status: int, content: dict[str, Any]) -> None:
                body = json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stops answering."""
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def running_tracking(home: Path, platform_url: str, port: int | None = None) -> Iterator[str]:
    """The address of a tracking process over `home`, as a client knows it."""
    port = port or free_ports()
    tokens = home / "state" / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    (tokens / "tracking").write_text("tracking-secret")
    origin = f"http://127.0.0.1:{port}"
    environment = {key: value for key, value in os.environ.items() if "OCTAVO" not in key}
    environment |= {
        "OCTAVO_HOME": str(home),
        "OCTAVO_PUBLIC_URL": origin,
        "OCTAVO_TRACKING_URL": origin,
        "OCTAVO_SERVER_URL": platform_url,
        "OCTAVO_HUB_API_URL": f"{platform_url}/hub/api",
    }
    with (home / "tracking.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "octavo_server.tracking"],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_health(process, origin, home / "tracking.log")
            yield f"{origin}/services/tracking"
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def stock_client(url: str, token: str, code: str, **environment: str) -> Any:
    """What `code` prints as JSON on its last line, run beside a stock `mlflow` client.

    `code` finds mlflow imported and configured by the environment alone.
    """
    prelude = "import json, warnings; warnings.simplefilter('ignore'); import mlflow\n"
    kept = {key: value for key, value in os.environ.items() if "OCTAVO" not in key}
    done = subprocess.run(
        [sys.executable, "-c", prelude + textwrap.dedent(code)],
        env={
            **kept,
            "OMP_NUM_THREADS": "1",
            "GIT_PYTHON_REFRESH": "quiet",
            "MLFLOW_TRACKING_URI": url,
            "MLFLOW_TRACKING_TOKEN": token,
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


TRAIN = """
import numpy as np, pandas as pd
from sklearn.linear_model import LogisticRegression
frame = pd.DataFrame({"delay": np.linspace(0.0, 1.0, 40), "wind": np.linspace(1.0, 0.0, 40)})
late = (frame.delay > 0.5).astype(int)
mlflow.set_experiment("flights/late")
with mlflow.start_run(run_name="train") as run:
    model = LogisticRegression().fit(frame, late)
    mlflow.log_params({"C": 1.0})
    for step in range(3):
        mlflow.log_metric("auc", 0.7 + step / 100, step=step)
    logged = mlflow.sklearn.log_model(
        model, name="model", input_example=frame.head(3), serialization_format="cloudpickle",
        pip_requirements=["scikit-learn==1.9.1"],
    )
"""
"""Trains and logs a small real model; leaves `run`, `model`, `logged`, `frame`."""


def _await_health(process: subprocess.Popen[bytes], origin: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, f"tracking ended: {log.read_text()[-3000:]}"
        try:
            if httpx.get(f"{origin}/services/tracking/health", trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"tracking is not healthy after 90 s: {log.read_text()[-3000:]}")


@dataclass
class Governed:
    """A platform service and a tracking process that know each other."""

    platform: Platform
    """The service, and its HTTP client."""
    tracking: str
    """Address of MLflow."""
    url: str
    """Address of the platform service, as OCTAVO_URL."""


@contextmanager
def running_platform(home: Path) -> Iterator[Governed]:
    """Both processes on one state folder; tokens are people's names."""
    port = free_ports(2)
    server_port = port + 1
    platform = open_platform(home, tracking_url=f"http://127.0.0.1:{port}")
    server = uvicorn.Server(
        uvicorn.Config(platform.http.app, port=server_port, log_level="error", ws="none")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{server_port}"
    try:
        with running_tracking(home, url, port) as tracking:
            yield Governed(platform, tracking, f"{url}/services/octavo")
    finally:
        server.should_exit = True
        thread.join(timeout=60)
