"""Starts the two servers that are compared, and asks them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

SECRET = "0123456789abcdef" * 2
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
"""Both servers get the same: one worker with one thread."""
START_S = 120.0
LOOK_S = 0.01


@dataclass(frozen=True, kw_only=True)
class Server:
    """A server that answers."""

    port: int
    """Where."""
    ready_s: float
    """Seconds from its start until it was ready."""

    def load(self, clients: int, seconds: float, body: Path) -> dict[str, float]:
        """Return the figures of clients that ask for some seconds."""
        return json.loads(self.start_load(clients, seconds, body).communicate()[0])

    def start_load(self, clients: int, seconds: float, body: Path) -> subprocess.Popen[str]:
        """Start clients that ask for some seconds."""
        argv = [sys.executable, "-m", "benchmarks.serving.load", str(self.port), str(clients)]
        argv += [str(seconds), str(body), SECRET]
        return subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@contextmanager
def ours(folder: Path, *options: str) -> Iterator[Server]:
    """Run a scorer with the model in ``folder``."""
    port = free_port()
    with tempfile.NamedTemporaryFile("w", suffix=".secret") as secret:
        secret.write(SECRET)
        secret.flush()
        argv = [
            sys.executable, "-m", "octavo_scorer", "--model-dir", str(folder),
            "--manifest", str(folder.with_suffix(".manifest.json")), "--name", "late",
            "--version", "1", "--secret-file", secret.name, "--port", str(port), *options,
        ]  # fmt: skip
        with running(argv, port, "/v2/health/ready") as server:
            yield server


@contextmanager
def theirs(folder: Path) -> Iterator[Server]:
    """Run ``mlflow models serve`` with the model in ``folder``."""
    port = free_port()
    argv = [
        sys.executable, "-m", "mlflow", "models", "serve", "-m", str(folder), "-p", str(port),
        "--env-manager", "local", "--workers", "1",
    ]  # fmt: skip
    with running(argv, port, "/ping") as server:
        yield server


@contextmanager
def running(argv: list[str], port: int, path: str) -> Iterator[Server]:
    """Run a server until the block ends; its whole process group ends with it."""
    environment = {**os.environ, **ONE_THREAD, "MLFLOW_TRACKING_URI": "file:///nonexistent"}
    path_of_ours = Path(sys.executable).parent
    environment["PATH"] = f"{path_of_ours}{os.pathsep}{environment.get('PATH', os.defpath)}"
    started = time.perf_counter()
    process = subprocess.Popen(
        argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        wait_until_ready(process, f"http://127.0.0.1:{port}{path}")
        yield Server(port=port, ready_s=time.perf_counter() - started)
    finally:
        os.killpg(process.pid, 15)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            process.wait()


def wait_until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    """Return when the address answers 200; end with words when it never does."""
    deadline = time.perf_counter() + START_S
    while time.perf_counter() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with status {process.returncode}")
        try:
            if httpx.get(url, timeout=1).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(LOOK_S)
    raise SystemExit(f"{url} was not ready within {START_S:g} s")
