"""Measure the list of runs beside MLflow's own REST: same data, same SQLite, same machine.

    python -m benchmarks.panels.runs [--runs 100000] [--lag-runs 50]

The last line is one JSON object with ``runs_p95_ms``, ``runs_speedup``, ``index_lag_s`` and what
they are made of; see the package's page.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from benchmarks.panels import mlflow_rows
from tests.support.ports import free_ports
from tests.support.tracking import running_tracking

ASKED = 200
"""Requests a question of ours."""
ASKED_OF_MLFLOW = 3
"""Requests a question of MLflow's; each takes seconds."""
MLFLOW_LIMIT_S = 100.0
"""After so long MLflow is not waited for: the speed-up is at least this then."""
SHOWN = 100
FILLED_S = 900.0
LAG_S = 60.0
POINTS = 5
"""Values that each run logs."""
QUESTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "newest": ({}, {"order_by": ["attributes.start_time DESC"]}),
    "two_clauses": (
        {"filter": 'metrics.auc > 0.7 and params.depth = "5"'},
        {"filter": "metrics.auc > 0.7 and params.depth = '5'"},
    ),
    # The last one: MLflow goes on with it when nobody waits any more.
    "by_metric": (
        {"order_by": "-metrics.auc"},
        {"order_by": ["metrics.auc DESC"]},
    ),
}
"""Question -> how Octavo is asked, how MLflow is asked."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Measure the list of runs.")
    parser.add_argument("--runs", type=int, default=100_000, help="runs in MLflow")
    parser.add_argument("--lag-runs", type=int, default=50, help="runs that log at once")
    given = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="octavo-bench-"))
    try:
        print(json.dumps(measured(home, given.runs, given.lag_runs)))
    finally:
        shutil.rmtree(home, ignore_errors=True)


def say(text: str) -> None:
    """Tell what is being done, on standard error."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def measured(home: Path, runs: int, lag_runs: int) -> dict[str, Any]:
    """Return all figures."""
    say(f"writing {runs:,} runs into MLflow's SQLite")
    (home / "state").mkdir(parents=True)
    mlflow_rows.make(home / "state" / "mlflow.sqlite", runs)
    port = free_ports(2)
    tracking_port = port + 1
    with (
        service(home, port, tracking_port) as url,
        running_tracking(home, f"http://127.0.0.1:{port}", tracking_port) as tracking,
    ):
        say("reading them into Octavo's index")
        filled_s = fill(url, runs)
        say("asking Octavo")
        ours = {name: octavo(url, asked) for name, (asked, _) in QUESTIONS.items()}
        say(f"95 of 100 within {max(p95(each) for each in ours.values()):.1f} ms at the slowest")
        say(f"{lag_runs} runs log at once")
        lags = lag(url, tracking, lag_runs)
        say(f"shown after {max(lags):.2f} s at most; asking MLflow's own REST")
        theirs = {name: mlflow(tracking, asked) for name, (_, asked) in QUESTIONS.items()}
    median = statistics.median
    speedups = {name: median(theirs[name]) / median(ours[name]) for name in QUESTIONS}
    return {
        "runs_p95_ms": round(max(p95(each) for each in ours.values()), 1),
        "runs_speedup": round(min(speedups.values()), 1),
        "index_lag_s": round(max(lags), 2),
        "runs": runs,
        "runs_filled_s": round(filled_s, 1),
        "index_lag_p50_s": round(statistics.median(lags), 2),
        **{f"runs_{name}_p95_ms": round(p95(each), 1) for name, each in ours.items()},
        **{f"runs_{name}_p50_ms": round(median(each), 1) for name, each in ours.items()},
        **{f"mlflow_{name}_p50_ms": round(statistics.median(v)) for name, v in theirs.items()},
    }


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20)[-1]


@contextmanager
def service(home: Path, port: int, tracking_port: int) -> Iterator[str]:
    """Give the address of the platform service's routes of runs."""
    argv = [sys.executable, "-m", "benchmarks.panels.run_service"]
    process = subprocess.Popen([*argv, str(home), str(port), str(tracking_port)])
    try:
        root = f"http://127.0.0.1:{port}/services/octavo"
        until(lambda: answers(f"{root}/health"), 60)
        yield f"{root}/api/v1/projects/flights/experiments"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def answers(url: str) -> bool:
    """Tell whether an address answers well."""
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def until(done: Callable[[], bool], limit_s: float) -> float:
    """Wait until ``done``, and return how long it took, seconds. Raises TimeoutError."""
    began = time.monotonic()
    while not done():
        if time.monotonic() - began > limit_s:
            raise TimeoutError(f"it was not done after {limit_s:.0f} s")
        time.sleep(0.05)
    return time.monotonic() - began


def person() -> httpx.Client:
    """Return a client that speaks for a scientist."""
    headers = {"Authorization": "Bearer scientist"}
    return httpx.Client(trust_env=False, timeout=300, headers=headers)


def fill(url: str, runs: int) -> float:
    """Ask until every run is in the index; return how long that took, seconds."""
    with person() as client:

        def complete() -> bool:
            answer = client.get(f"{url}/runs", params={"limit": 1})
            return answer.status_code == 200 and answer.json()["total"] == runs

        return until(complete, FILLED_S)


def octavo(url: str, asked: dict[str, Any]) -> list[float]:
    """Return how long the service takes for a question, milliseconds."""
    with person() as client:
        times = []
        for _ in range(ASKED):
            began = time.perf_counter()
            answer = client.get(f"{url}/runs", params={**asked, "limit": SHOWN})
            times.append((time.perf_counter() - began) * 1_000)
            if answer.status_code != 200 or len(answer.json()["items"]) != SHOWN:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")
    return times


def mlflow(tracking: str, asked: dict[str, Any]) -> list[float]:
    """Return how long MLflow's REST takes for a question, milliseconds; at most the limit."""
    headers = {"Authorization": "Bearer octavo-service"}
    with httpx.Client(trust_env=False, timeout=MLFLOW_LIMIT_S, headers=headers) as client:
        times = []
        for _ in range(ASKED_OF_MLFLOW):
            began = time.perf_counter()
            try:
                answer = client.post(
                    f"{tracking}/api/2.0/mlflow/runs/search",
                    json={"experiment_ids": ["1", "2"], "max_results": SHOWN, **asked},
                )
            except httpx.ReadTimeout:
                return [MLFLOW_LIMIT_S * 1_000]
            times.append((time.perf_counter() - began) * 1_000)
            if answer.status_code != 200 or len(answer.json()["runs"]) != SHOWN:
                raise RuntimeError(f"{answer.status_code}: {answer.text[:300]}")
    return times


def lag(url: str, tracking: str, runs: int) -> list[float]:
    """Let runs log at once; return how long each write took to show, seconds."""
    seen: list[tuple[float, dict[str, float]]] = []
    stop = threading.Event()
    watcher = threading.Thread(target=watch, args=(url, runs, seen, stop))
    watcher.start()
    try:
        with ThreadPoolExecutor(runs) as pool:
            written = [
                one for some in pool.map(lambda _: log(tracking), range(runs)) for one in some
            ]
        last = [one for one in written if one[1] == POINTS]
        until(lambda: all(seen and seen[-1][1].get(run) == value for run, value, _ in last), LAG_S)
    finally:
        stop.set()
        watcher.join()
    return [shown_after(seen, *one) for one in written]


def shown_after(
    seen: list[tuple[float, dict[str, float]]], run: str, value: float, written: float
) -> float:
    """Return how long after it was written a value, or a later one, was in an answer."""
    first = next(at for at, values in seen if values.get(run, 0.0) >= value)
    return max(0.0, first - written)


def watch(
    url: str, runs: int, seen: list[tuple[float, dict[str, float]]], stop: threading.Event
) -> None:
    """Look at the runs again and again, as a panel does."""
    asked: dict[str, str | int] = {
        "filter": "metrics.lag exists",
        "columns": "metrics.lag",
        "limit": runs,
    }
    with person() as client:
        while not stop.wait(0.05):
            items = client.get(f"{url}/runs", params=asked).json()["items"]
            now = time.monotonic()
            seen.append((now, {one["run_id"]: one["metrics"]["lag"] for one in items}))


def log(tracking: str) -> list[tuple[str, float, float]]:
    """Log one run's points; return run, value and the moment at which each was written."""
    headers = {"Authorization": "Bearer octavo-service"}
    written = []
    with httpx.Client(trust_env=False, timeout=60, headers=headers) as client:

        def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
            answer = client.post(f"{tracking}/api/2.0/mlflow/runs/{path}", json=body)
            if answer.status_code != 200:
                raise RuntimeError(f"{path}: {answer.status_code}: {answer.text[:300]}")
            found: dict[str, Any] = answer.json()
            return found

        made = post("create", {"experiment_id": "1", "start_time": int(time.time() * 1_000)})
        run = made["run"]["info"]["run_id"]
        for step in range(1, POINTS + 1):
            stamp = int(time.time() * 1_000)
            point = {"key": "lag", "value": float(step), "timestamp": stamp, "step": step}
            post("log-metric", {"run_id": run, **point})
            written.append((run, float(step), time.monotonic()))
    return written


if __name__ == "__main__":
    main()
