"""One row and a hundred, ours beside MLflow's: see the package's `__main__` for the figures."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.serving.servers import ONE_THREAD, SECRET, Server, ours, theirs

CLIENTS = (1, 8, 32)
SECONDS = 4.0
ROUNDS = 3
WARM_S = 1.0


def make(folder: Path) -> None:
    """Make the models in a process of their own."""
    subprocess.run([sys.executable, "-m", "benchmarks.serving.models", str(folder)], check=True)
    rows = json.loads((folder / "rows.json").read_text("utf-8"))
    for size in (1, 100):
        body = {"dataframe_records": rows[:size]}
        (folder / f"body{size}.json").write_text(json.dumps(body), "utf-8")


def beside(server: Server, folder: Path) -> dict[str, dict[str, float]]:
    """Return milliseconds of bare predicts and of a scorer, asked in turns, by rows."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving.beside", str(server.port), str(folder), SECRET],
        env={**os.environ, **ONE_THREAD},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    figures: dict[str, dict[str, float]] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def in_turns(servers: list[Server], clients: int, body: Path) -> list[dict[str, float]]:
    """Return each server's medians over rounds in which the servers take turns."""
    rounds: list[list[dict[str, float]]] = [[] for _ in servers]
    for _ in range(ROUNDS):
        for number, server in enumerate(servers):
            rounds[number].append(server.load(clients, SECONDS, body))
    for measured in rounds:
        if any(one["failed"] for one in measured):
            raise SystemExit(f"requests failed: {measured}")
    return [
        {name: statistics.median(one[name] for one in measured) for name in measured[0]}
        for measured in rounds
    ]


def compare(folder: Path) -> dict[str, object]:
    """Return all figures."""
    one = folder / "body1.json"
    with (
        ours(folder / "converted") as fast,
        ours(folder / "plain") as plain,
        theirs(folder / "plain") as peer,
    ):
        servers = [fast, plain, peer]
        for server in servers:
            server.load(1, WARM_S, one)
        by_clients = {clients: in_turns(servers, clients, one) for clients in CLIENTS}
        alone = [beside(server, folder) for server in (fast, plain)]
    figures: dict[str, object] = {"cold_ready_s": round(fast.ready_s, 3)}
    for number, prefix in ((0, ""), (1, "pyfunc_")):
        figures |= {
            f"{prefix}rps_ratio": least(by_clients, number),
            f"{prefix}p99_ratio": worst(by_clients, number),
            f"{prefix}one_row_p50_ms": round(by_clients[1][number]["p50_ms"], 3),
            f"{prefix}one_row_ratio": to_bare(alone[number]["1"]),
            f"{prefix}batch100_ratio": to_bare(alone[number]["100"]),
        }
    figures["bare_ms"] = {size: round(one["bare_ms"], 3) for size, one in alone[1].items()}
    figures["by_clients"] = {
        str(clients): {
            name: {key: round(value, 2) for key, value in measured[number].items()}
            for number, name in enumerate(("ours", "ours_pyfunc", "mlflow"))
        }
        for clients, measured in by_clients.items()
    }
    return figures


def to_bare(taken: dict[str, float]) -> float:
    """Return the ratio of a scorer's milliseconds to those of bare predicts."""
    return round(taken["ours_ms"] / taken["bare_ms"], 3)


def least(by_clients: dict[int, list[dict[str, float]]], number: int) -> float:
    """Return the least ratio of requests per second."""
    return round(min(one[number]["rps"] / one[2]["rps"] for one in by_clients.values()), 2)


def worst(by_clients: dict[int, list[dict[str, float]]], number: int) -> float:
    """Return the worst ratio of 99th percentiles."""
    return round(max(one[number]["p99_ms"] / one[2]["p99_ms"] for one in by_clients.values()), 3)


def main() -> None:
    """Measure, and print one line."""
    with tempfile.TemporaryDirectory(prefix="octavo-bench-") as place:
        folder = Path(place)
        make(folder)
        print(json.dumps(compare(folder)))


if __name__ == "__main__":
    main()
