"""One row whose numbers come from the online store, through the platform's own scoring path.

Measured over HTTP with a consumer's token: gateway, token, limits, traffic table in SQLite, the
online store in SQLite (18 numbers in 4 views), telemetry, and a scorer on its Unix socket. The
last line is ``{"with_features_p50_ms", "through_router_p50_ms", ...}``: with features, and the same
row sent whole.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np
import uvloop
from benchmarks.serving.load import Client
from benchmarks.serving.models import CATEGORIES, NUMBERS
from benchmarks.serving.scoring import make
from benchmarks.serving.servers import ONE_THREAD, SECRET, free_port, running

SECONDS = 4.0
ROUNDS = 3
VIEWS = 4
PLACE = "/services/octavo/api/v1/projects/flights/deployments/late/invocations"


def views() -> dict[str, list[str]]:
    """Return the columns of each view."""
    names = [f"number_{number}" for number in range(NUMBERS)]
    return {f"view_{number}": names[number::VIEWS] for number in range(VIEWS)}


@contextmanager
def scorer(folder: Path, address: Path) -> Iterator[None]:
    """Run a scorer with the converted model on a socket."""
    secret = folder / "secret"
    secret.write_text(SECRET)
    argv = [
        sys.executable, "-m", "octavo_scorer", "--model-dir", str(folder / "converted"),
        "--manifest", str(folder / "converted.manifest.json"), "--name", "flights-late",
        "--version", "1", "--secret-file", str(secret), "--uds", str(address),
    ]  # fmt: skip
    import os

    process = subprocess.Popen(argv, env={**os.environ, **ONE_THREAD}, stderr=subprocess.DEVNULL)
    try:
        transport = httpx.HTTPTransport(uds=str(address))
        deadline = time.monotonic() + 60
        with httpx.Client(transport=transport, base_url="http://scorer") as client:
            while not _ready(client):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the scorer never became ready")
                time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def _ready(client: httpx.Client) -> bool:
    try:
        return client.get("/v2/health/ready").status_code == 200
    except httpx.HTTPError:
        return False


async def ask(port: int, token: str, body: bytes, clients: int = 1) -> dict[str, float]:
    """Return the figures of clients that ask for some seconds."""
    head = (
        f"POST {PLACE} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    started = time.perf_counter()
    until = started + SECONDS
    loop = asyncio.get_running_loop()
    opened = [
        (
            await loop.create_connection(
                lambda: Client(head.encode() + body, until), "127.0.0.1", port
            )
        )[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for client in opened))
    taken = np.asarray([one for client in opened for one in client.latencies])
    if any(client.failed for client in opened):
        raise SystemExit(f"{sum(client.failed for client in opened)} requests failed")
    return {
        "p50_ms": float(np.percentile(taken, 50)) * 1_000,
        "p99_ms": float(np.percentile(taken, 99)) * 1_000,
        "rps": len(taken) / (time.perf_counter() - started),
    }


def measured(port: int, token: str, row: dict[str, object]) -> dict[str, float]:
    """Return the medians over rounds in which both kinds of requests take turns."""
    keys = {name: str(row[name]) for name in CATEGORIES}
    bodies = {
        "with_features": json.dumps({"entities": [keys]}).encode(),
        "through_router": json.dumps({"dataframe_records": [row]}).encode(),
    }
    figures: dict[str, list[dict[str, float]]] = {name: [] for name in bodies}
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        for number in range(ROUNDS + 1):
            for name, body in bodies.items():
                one = runner.run(ask(port, token, body))
                if number:  # the first round warms up
                    figures[name].append(one)
        many = runner.run(ask(port, token, bodies["with_features"], 8))
    found = {
        f"{name}_{key}": round(float(np.median([one[key] for one in ones])), 3)
        for name, ones in figures.items()
        for key in ("p50_ms", "p99_ms", "rps")
    }
    return {**found, "with_features_rps_8_clients": round(many["rps"], 1)}


def main() -> None:
    """Set all up, ask, and print one line."""
    with tempfile.TemporaryDirectory(prefix="oct-f-") as name:
        folder = Path(name)
        make(folder)
        row = json.loads((folder / "rows.json").read_text())[0]
        address, port = folder / "s", free_port()
        argv = [
            sys.executable, "-m", "benchmarks.serving.featured_server", str(folder), str(port),
            json.dumps(row),
        ]  # fmt: skip
        with scorer(folder, address), running(argv, port, "/health"):
            token = (folder / "token").read_text()
            print(json.dumps(measured(port, token, row)))


if __name__ == "__main__":
    main()
