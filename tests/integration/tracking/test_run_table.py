"""The table of runs over the real MLflow, which others change through its API and behind it."""

from __future__ import annotations

import math
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import httpx
from tests.support.tracking import Governed

from octavo_server.database.tables.experiments import tracking_sync

RUNS = "/projects/flights/experiments"
HOSTILE = "<img src=x onerror=alert(1)> \u202e__proto__"
NAMED = "__proto__: a/b c"
"""MLflow itself refuses markup in names, and takes any text as a value."""


def listed(governed: Governed, **asked: Any) -> Any:
    answer = governed.platform.call("oncall", "GET", f"{RUNS}/runs", params=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def the_experiment(rest: httpx.Client, title: str) -> str:
    """Make the experiment, or find it where another client was first."""
    name = {"name": f"flights/{title}"}
    made = rest.post("/api/2.0/mlflow/experiments/create", json=name)
    if made.status_code == 200:
        return str(made.json()["experiment_id"])
    found = rest.get(
        "/api/2.0/mlflow/experiments/get-by-name", params={"experiment_name": name["name"]}
    )
    return str(found.json()["experiment"]["experiment_id"])


def make_runs(governed: Governed, count: int, title: str = "table") -> list[str]:
    """Log runs as a plain client does."""
    headers = {"Authorization": "Bearer scientist"}
    with httpx.Client(
        base_url=governed.tracking, headers=headers, trust_env=False, timeout=60
    ) as rest:

        def post(path: str, body: dict[str, Any]) -> Any:
            answer = rest.post(f"/api/2.0/mlflow/{path}", json=body)
            assert answer.status_code == 200, answer.text
            return answer.json()

        experiment = the_experiment(rest, title)
        found = []
        for number in range(count):
            body = {"experiment_id": experiment, "start_time": 1_000_000 + number}
            run = post("runs/create", body)["run"]["info"]["run_id"]
            found.append(run)
            post(
                "runs/log-batch",
                {
                    "run_id": run,
                    "metrics": [
                        {"key": "auc", "value": number / 10, "timestamp": 1, "step": 0},
                        {"key": "loss", "value": "NaN", "timestamp": 1, "step": 0},
                        {"key": "peak", "value": "Infinity", "timestamp": 1, "step": 0},
                    ],
                    "params": [{"key": NAMED, "value": str(number)}],
                    "tags": [{"key": "team", "value": HOSTILE}],
                },
            )
    return found


def test_fifty_runs_that_log_at_once_lose_nothing(governed: Governed) -> None:
    with ThreadPoolExecutor(50) as pool:
        ids = [
            one
            for some in pool.map(lambda _: make_runs(governed, 1, "crowd"), range(50))
            for one in some
        ]
    governed.platform.services.experiments.runs.catch_up()
    page = listed(governed, experiment="crowd", limit=200)
    assert set(ids) <= {one["run_id"] for one in page["items"]}


def test_the_table_follows_mlflow_and_what_happens_behind_it(governed: Governed) -> None:
    ids = make_runs(governed, 4)
    service = governed.platform.services.experiments.runs
    service.catch_up()
    page = listed(governed, experiment="table", filter="metrics.auc > 0.15", columns="metrics.peak")
    assert [one["run_id"] for one in page["items"]] == [ids[3], ids[2]]
    assert page["items"][0]["odd"] == {"peak": "inf"}
    hostile = f'params."{NAMED}" = 1 and tags.team contains "onerror"'
    (row,) = listed(governed, filter=hostile, columns=f'params."{NAMED}",tags.team')["items"]
    assert (row["params"], row["tags"]) == ({NAMED: "1"}, {"team": HOSTILE})
    assert (
        listed(governed, experiment="table", filter="metrics.loss = nan and metrics.peak = inf")[
            "total"
        ]
        == 4
    )

    change = {"runs": ids, "set": {"team": "ops", "mark": "x"}}
    denied = governed.platform.call("oncall", "POST", f"{RUNS}/runs/tags", json=change)
    assert denied.status_code == 403
    done = governed.platform.call("scientist", "POST", f"{RUNS}/runs/tags", json=change).json()
    assert (done["changed"], done["failed"]) == (4, [])
    assert listed(governed, filter="tags.team = ops and tags.mark = x")["total"] == 4
    for undo in done["undo"]:
        assert governed.platform.call("scientist", "POST", f"{RUNS}/runs/tags", json=undo).json()
    assert listed(governed, filter="tags.mark exists")["total"] == 0

    # Straight in MLflow's database: no request passes the gate, only the next sweep can tell.
    file = governed.platform.services.settings.home / "state" / "mlflow.sqlite"
    with closing(sqlite3.connect(file, timeout=30)) as connection, connection:
        connection.execute("UPDATE latest_metrics SET value = 7 WHERE run_uuid = ?", (ids[0],))
        for table in ("latest_metrics", "metrics", "params", "tags", "runs"):
            forget = f"DELETE FROM {table} WHERE run_uuid = ?"  # noqa: S608 - names of ours
            connection.execute(forget, (ids[1],))
    with governed.platform.services.database.write() as rows:
        rows.update(tracking_sync, {"swept_at": None})
    service.catch_up()
    page = listed(governed, experiment="table", order_by="-metrics.auc", columns="metrics.auc")
    assert [one["run_id"] for one in page["items"]] == [ids[0], ids[3], ids[2]]
    assert page["items"][0]["metrics"]["auc"] == 7
    assert math.isclose(page["items"][1]["metrics"]["auc"], 0.3)
    gone = governed.platform.call("oncall", "GET", f"{RUNS}/runs/{ids[1]}")
    assert gone.status_code == 404
