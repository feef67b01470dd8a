"""Real tracking processes for tests, and the people who call them.

- `Directory`: a stand-in for the platform service's `GET /me` and the Hub's OAuth token page.
  Knows the tokens it was given; `away` makes it answer 503, `slow_s` makes it answer late.
- `running_tracking`: starts `python -m octavo_server.tracking` on a free port.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx


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


def free_port() -> int:
    """A TCP port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running_tracking(home: Path, directory: Directory) -> Iterator[str]:
    """The address of a tracking process over `home`, as a client knows it."""
    port = free_port()
    tokens = home / "state" / "tokens"
    tokens.mkdir(parents=True, exist_ok=True)
    (tokens / "tracking").write_text("tracking-secret")
    origin = f"http://127.0.0.1:{port}"
    environment = {key: value for key, value in os.environ.items() if "OCTAVO" not in key}
    environment |= {
        "OCTAVO_HOME": str(home),
        "OCTAVO_PUBLIC_URL": origin,
        "OCTAVO_TRACKING_URL": origin,
        "OCTAVO_SERVER_URL": directory.url,
        "OCTAVO_HUB_API_URL": f"{directory.url}/hub/api",
    }
    log = (home / "tracking.log").open("w")
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
        process.wait(timeout=20)
        log.close()


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
