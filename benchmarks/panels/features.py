"""Measure a search as typed and a view's page over 10,000 features, beside Feast's own REST.

``python -m benchmarks.panels.features`` prints one JSON object. Both servers answer on this machine
from the same registry of 1,000 views with 10 features, one request after the other, over one open
connection each. Feast keeps its registry in memory; Octavo checks who asks on each request.
"""

from __future__ import annotations

import json
import math
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
from benchmarks.panels.feature_names import VIEWS, typed

PATIENCE_S = 600.0
ROUNDS = 3
BESIDE = ("carrier delay", "weather mean", "revenue store daily", "count 24h", "bagage", "d")
PAGES = 200


def main() -> None:
    """Make the registry, serve it twice, measure, print."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-features-") as name:
        folder = Path(name)
        _run("feast_rest", str(folder), "make")
        ours, theirs = _port(), _port()
        with (
            _serving("feature_service", str(folder), str(ours)) as server,
            httpx.Client(
                base_url=f"http://127.0.0.1:{ours}/services/octavo/api/v1",
                headers={"Authorization": "Bearer scientist"},
                timeout=30,
            ) as client,
        ):
            _wait(client, "/features/search", server)
            searches = _search_times(client, typed() * ROUNDS)
            beside = _search_times(client, BESIDE * ROUNDS)
            pages = _page_times(client)
        with (
            _serving("feast_rest", str(folder), "serve", str(theirs)) as server,
            httpx.Client(base_url=f"http://127.0.0.1:{theirs}/api/v1", timeout=120) as client,
        ):
            _wait(client, "/projects", server)
            feast = _feast_times(client)
    figures = {
        "search_p95_ms": _p95(searches),
        "search_p50_ms": round(statistics.median(searches), 2),
        "search_speedup": round(
            min(_p95(feast) / _p95(beside), statistics.median(feast) / statistics.median(beside)), 1
        ),
        "feast_search_p50_ms": round(statistics.median(feast), 1),
        "detail_p95_ms": _p95(pages),
        "detail_p50_ms": round(statistics.median(pages), 2),
        "searches": len(searches),
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _search_times(client: httpx.Client, queries: Sequence[str]) -> list[float]:
    times = [_timed(client, f"/features/search?q={quote(query)}") for query in queries]
    found = client.get("/features/search", params={"q": "carrier delay"}).json()
    if found["items"][0]["name"].split("_")[:2] != ["carrier", "delay"]:
        raise SystemExit(f"the search found something else: {found['items'][0]['name']}")
    return times


def _page_times(client: httpx.Client) -> list[float]:
    base = "/projects/flights/features/views"
    step = len(VIEWS) // PAGES
    return [_timed(client, f"{base}/{name}") for name in VIEWS[::step]]


def _feast_times(client: httpx.Client) -> list[float]:
    _timed(client, "/search?query=warm")
    return [_timed(client, f"/search?query={quote(query)}") for query in BESIDE]


def _timed(client: httpx.Client, path: str) -> float:
    began = time.perf_counter()
    answer = client.get(path)
    took = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return took


def _p95(times: Sequence[float]) -> float:
    ordered = sorted(times)
    return round(ordered[math.ceil(0.95 * len(ordered)) - 1], 2)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(module: str, *given: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.panels.{module}", *given]
    subprocess.run(command, check=True, stdout=sys.stderr)


@contextmanager
def _serving(module: str, *given: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the block runs; it ends with its standard input."""
    command = [sys.executable, "-W", "ignore", "-m", f"benchmarks.panels.{module}", *given]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=sys.stderr) as server:
        try:
            yield server
        finally:
            if server.stdin is not None:
                server.stdin.close()
            server.wait(30)


def _wait(client: httpx.Client, path: str, server: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and server.poll() is None:
        try:
            if client.get(path).status_code < 500:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit(f"{client.base_url} did not answer within {PATIENCE_S:g} s")


if __name__ == "__main__":
    main()
