"""An MLflow database with many runs, written straight into its tables."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

METRICS = tuple(f"metric_{number}" for number in range(9))
PARAMS = tuple(f"param_{number}" for number in range(8))
BEGAN_MS = 1_760_000_000_000
"""Start of the first run, milliseconds since 1970."""
BETWEEN_MS = 60_000
EXPERIMENTS = ("flights/late-arrivals", "flights/other")
MODELS = ("forest", "boosting", "linear", "network")


def make(file: Path, runs: int) -> None:
    """Write a database with ``runs`` runs of 10 metrics and 10 parameters each into ``file``."""
    script = (
        "import sys, warnings; warnings.simplefilter('ignore')\n"
        "from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore\n"
        "store = SqlAlchemyStore(sys.argv[1], '/tmp')\n"
        "for name in sys.argv[2:]: print(store.create_experiment(name))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, f"sqlite:///{file}", *EXPERIMENTS],
        capture_output=True,
        text=True,
        check=True,
    )
    experiments = done.stdout.split()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for table, rows in (
            ("runs", run_rows(runs, experiments)),
            ("latest_metrics", metric_rows(runs)),
            ("metrics", history_rows(runs)),
            ("params", param_rows(runs)),
            ("tags", tag_rows(runs)),
        ):
            insert(connection, table, rows)
        connection.commit()


def insert(connection: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]]) -> None:
    """Write rows, all with the columns of the first."""
    first = next(rows)
    names, places = ", ".join(first), ", ".join("?" * len(first))
    statement = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - names of ours
    connection.execute(statement, tuple(first.values()))
    connection.executemany(statement, (tuple(row.values()) for row in rows))


def chance_of(seed: int) -> random.Random:
    """Return chance that is the same every time."""
    return random.Random(seed)  # noqa: S311 - made data, no secrets


def run_id(number: int) -> str:
    """Return the id of a run: 32 hex digits in no order of time."""
    return f"{chance_of(number).getrandbits(128):032x}"


def metrics_of(number: int) -> dict[str, float]:
    """Return the metrics of a run."""
    chance = chance_of(number)
    return {"auc": round(chance.random(), 6)} | {name: chance.gauss(0, 1) for name in METRICS}


def params_of(number: int) -> dict[str, str]:
    """Return the parameters of a run: few values, many values, and one that all differ by."""
    chance = chance_of(-number)
    named = {"depth": str(chance.randrange(1, 13)), "model": chance.choice(MODELS)}
    return named | {
        name: f"{chance.uniform(0, 1):.{1 + place}g}" for place, name in enumerate(PARAMS)
    }


def run_rows(runs: int, experiments: list[str]) -> Iterator[dict[str, Any]]:
    """Give the runs: one in a hundred failed, the newest three are live."""
    for number in range(runs):
        began = BEGAN_MS + number * BETWEEN_MS
        live = number >= runs - 3
        yield {
            "run_uuid": run_id(number),
            "name": f"train #{number}",
            "source_type": "UNKNOWN",
            "source_name": "",
            "entry_point_name": "",
            "user_id": f"person{number % 20}",
            "status": "RUNNING" if live else "FAILED" if number % 100 == 7 else "FINISHED",
            "start_time": began,
            "end_time": None if live else began + 45_000 + number % 1_000,
            "source_version": "",
            "lifecycle_stage": "active",
            "artifact_uri": f"mlflow-artifacts:/{experiments[0]}/{run_id(number)}/artifacts",
            "experiment_id": int(experiments[0 if number % 10 else 1]),
        }


def metric_rows(runs: int) -> Iterator[dict[str, Any]]:
    """Give the latest metrics."""
    for number in range(runs):
        for name, value in metrics_of(number).items():
            yield {
                "key": name,
                "value": value,
                "timestamp": BEGAN_MS + number * BETWEEN_MS + 30_000,
                "step": 0,
                "is_nan": 0,
                "run_uuid": run_id(number),
            }


def history_rows(runs: int) -> Iterator[dict[str, Any]]:
    """Give the metrics' histories: one point each."""
    return metric_rows(runs)


def param_rows(runs: int) -> Iterator[dict[str, Any]]:
    """Give the parameters."""
    for number in range(runs):
        for name, value in params_of(number).items():
            yield {"key": name, "value": value, "run_uuid": run_id(number)}


def tag_rows(runs: int) -> Iterator[dict[str, Any]]:
    """Give the tags."""
    for number in range(runs):
        for name, value in (
            ("mlflow.user", f"person{number % 20}"),
            ("mlflow.runName", f"train #{number}"),
            ("team", ("ops", "science", "sales")[number % 3]),
        ):
            yield {"key": name, "value": value, "run_uuid": run_id(number)}
