"""The whole way with a real worker: submit, replay, review, run; kill whatever can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial
from typing import Any

import pytest
from tests.integration.runs.conftest import Installation, until
from tests.support.notebooks import notebook

READ = """
import os, pathlib
import pandas as pd
delays = pd.read_csv(pathlib.Path(os.environ["OCTAVO_LAKE"], "curated", "delays.csv"))
print(len(delays) * n, day)
"""
WRITE = "delays.to_csv('late.csv', index=False)\ndelays"
SLOW = "import time\nfor second in range(600 if n > 100 else 0):\n    time.sleep(1)"
SUBMISSIONS, RUNS = "/notebooks/submissions", "/runs"


def submitted(installation: Installation, name: str, *cells: str, **more: Any) -> Any:
    body = {"name": name, "path": f"{name}.ipynb", "notebook": notebook(*cells), **more}
    made = installation.call("scientist", "POST", SUBMISSIONS, 201, body)
    return installation.ended(f"{SUBMISSIONS}/{made['id']}", "queued", "replaying")


def review(installation: Installation, ready: Any, who: str, status: int) -> Any:
    body = {"decision": "approve", "reason": "It is right.", "digest": ready["bundle_digest"]}
    return installation.call(who, "POST", f"{SUBMISSIONS}/{ready['id']}/review", status, body)


def pipeline(installation: Installation, name: str, release: str) -> str:
    installation.call("scientist", "POST", "/pipelines", 201, {"name": name, "release": release})
    return f"/pipelines/{name}/runs"


def started(installation: Installation, path: str, **parameters: Any) -> str:
    made = installation.call("scientist", "POST", path, 201, {"parameters": parameters})
    return str(made["id"])


def gone(installation: Installation, run: str) -> bool:
    return not installation.processes(run)


def in_cell(installation: Installation, run: str, cell: int) -> Any:
    def look() -> bool:
        found = installation.call("scientist", "GET", f"{RUNS}/{run}", 200)
        return bool(found["state"] == "running" and found["progress"]["cell"] >= cell)

    return until(look, f"run {run} is in cell {cell}")


@pytest.mark.timeout(400)
def test_the_whole_way(installation: Installation) -> None:
    ready = submitted(installation, "score", READ, WRITE, SLOW)
    assert ready["state"] == "reviewable", ready
    assert ready["replay"]["verdict"]["outcome"] == "identical"
    assert ready["inputs"][0]["name"] == "curated"
    assert "pandas" in ready["environment"]["packages"]
    assert review(installation, ready, "scientist", 403)["error"] == "forbidden"
    release = review(installation, ready, "reviewer", 200)["release"]
    assert review(installation, ready, "admin", 409)["error"] == "illegal_move"
    diff = installation.call("reviewer", "GET", f"{SUBMISSIONS}/{ready['id']}/diff", 200)
    assert (diff["base"], diff["added"]) == (None, 4)

    runs = pipeline(installation, "daily", release)
    refused = installation.call(
        "scientist", "POST", runs, 422, {"parameters": {"n = 1; import os": 1}}
    )
    assert "is no parameter of this notebook" in refused["message"]
    done = installation.ended(f"{RUNS}/{started(installation, runs)}", "queued", "running")
    assert (done["state"], done["verdict"]) == ("succeeded", "identical"), done
    assert [one["path"] for one in done["artifacts"]] == ["late.csv"]
    assert done["cost"] > 0
    proof = installation.call("oncall", "GET", f"{RUNS}/{done['id']}/provenance", 200)
    assert proof["verified"]
    assert proof["statement"]["predicateType"] == "https://slsa.dev/provenance/v1"
    stream = installation.platform.call(
        "scientist", "GET", f"/projects/flights{RUNS}/{done['id']}/events"
    )
    assert stream.text.count("event: cell_finished") == 4
    assert stream.text.endswith("event: done\ndata: {}\n\n")

    again = submitted(installation, "score", READ, WRITE + ".head()", SLOW)
    diff = installation.call("reviewer", "GET", f"{SUBMISSIONS}/{again['id']}/diff", 200)
    assert (diff["base"], diff["changed"], diff["added"], diff["removed"]) == (release, 1, 0, 0)

    file = installation.home / "releases" / release / "notebook.ipynb"
    content = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(content.replace(b"delays", b"DELAYS", 1))
    refused = installation.call("scientist", "POST", runs, 409, {})
    assert refused["error"] == "release_refused"
    assert "notebook.ipynb: Its SHA-256 is" in refused["message"]
    file.write_bytes(content)

    run = started(installation, runs, n=101)
    in_cell(installation, run, 3)
    installation.call("oncall", "POST", f"{RUNS}/{run}/cancel", 200)
    done = installation.ended(f"{RUNS}/{run}", "running")
    assert (done["state"], done["message"]) == ("cancelled", "oncall cancelled it.")
    assert installation.processes(run) == []


def test_a_failing_notebook_never_becomes_reviewable(installation: Installation) -> None:
    failed = submitted(installation, "fails", "def f():\n    raise ValueError(n)", "f()")
    assert failed["state"] == "failed"
    error = failed["replay"]["error"]
    assert (error["cell"], error["source"], error["ename"]) == (2, "f()", "ValueError")
    assert "raise ValueError(n)" in error["traceback"]
    assert review(installation, failed | {"bundle_digest": "0" * 64}, "reviewer", 409)


@pytest.mark.timeout(400)
def test_kill_9_of_the_worker(installation: Installation) -> None:
    wait = SLOW.replace("600 if n > 100 else 0", "8 if n > 100 else 0")
    ready = submitted(installation, "steady", "n", wait, idempotent=True)
    careful = submitted(installation, "careful", "n", wait)
    paths = [
        pipeline(installation, name, review(installation, one, "reviewer", 200)["release"])
        for name, one in (("steady", ready), ("careful", careful))
    ]
    retried, asked = (started(installation, path, n=101) for path in paths)
    in_cell(installation, retried, 2)
    in_cell(installation, asked, 2)
    assert installation.stop_worker(installation.workers[-1], signal.SIGKILL) == -signal.SIGKILL
    for run in (retried, asked):
        until(partial(gone, installation, run), "nothing outlives its worker", 10)
    installation.start_worker()
    done = installation.ended(f"{RUNS}/{retried}", "queued", "running")
    assert done["state"] == "succeeded"
    assert [one["state"] for one in done["attempts"]] == ["lost", "succeeded"]
    done = installation.ended(f"{RUNS}/{asked}", "queued", "running")
    assert (done["state"], len(done["attempts"])) == ("unknown", 1)
    body = {"decision": "give_up", "reason": "It is a test."}
    done = installation.call("oncall", "POST", f"{RUNS}/{asked}/resolve", 200, body)
    assert done["state"] == "failed"


@pytest.mark.timeout(400)
def test_kill_9_of_a_runner(installation: Installation) -> None:
    # "steady" is idempotent: losing its runner costs one attempt, nothing more.
    run = started(installation, "/pipelines/steady/runs", n=101)
    in_cell(installation, run, 2)
    for process in installation.processes(run):
        os.kill(process, signal.SIGKILL)
    done = installation.ended(f"{RUNS}/{run}", "queued", "running")
    assert done["state"] == "succeeded"
    assert [one["state"] for one in done["attempts"]] == ["lost", "succeeded"]


@pytest.mark.timeout(400)
def test_one_worker_a_machine_and_a_clean_stop(installation: Installation) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "octavo_server.worker"],
        env={"OCTAVO_HOME": str(installation.home), "OCTAVO_PORT": "8990"},
        cwd="/", capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert "Another worker is at work here" in second.stderr
    run = started(installation, "/pipelines/steady/runs", n=101)
    in_cell(installation, run, 2)
    assert installation.stop_worker(installation.workers[-1]) == 0
    assert not (installation.home / "state" / "worker.ready").exists()
    assert installation.processes(run) == []
    found = installation.call("scientist", "GET", f"{RUNS}/{run}", 200)
    assert (found["state"], found["attempts"][0]["message"]) == (
        "queued",
        "The worker was stopped.",
    )
    installation.start_worker()
    assert installation.ended(f"{RUNS}/{run}", "queued", "running")["state"] == "succeeded"
