"""A real kernel with stock MLflow: which notebook version and which cell made a run."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager
from jupyter_core.utils import ensure_event_loop
from tests.support.tracking import Governed

EXPERIMENTS = "/projects/flights/experiments"
PATIENCE_S = 90.0
SETUP = """
import time, warnings; warnings.simplefilter("ignore")
import numpy as np, mlflow
from sklearn.linear_model import LogisticRegression
mlflow.set_experiment("flights/cells")
mlflow.sklearn.autolog(log_models=False, log_datasets=False)
x = np.linspace(0, 1, 40).reshape(-1, 1)
"""
FIT = "LogisticRegression(C={C}).fit(x, x[:, 0] > 0.5)"
TAGS = """
from octavo.experiments import OctavoRunContext
began = time.perf_counter()
assert OctavoRunContext().tags()["octavo.notebook.sha256"]
assert time.perf_counter() - began < 2.0
"""
"""What a run waits for when it begins, within what is promised."""


@dataclass
class Lab:
    """A notebook with its kernel, run cell by cell as JupyterLab does."""

    governed: Governed
    client: BlockingKernelClient
    notebook: Path

    def save(self, **cells: str) -> str:
        """Save the notebook with these cells by id, and return its digest."""
        listed: list[dict[str, Any]] = [
            {"cell_type": "code", "id": name, "source": source, "metadata": {}, "outputs": [],
             "execution_count": None}
            for name, source in cells.items()
        ]  # fmt: skip
        whole = {"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": listed}
        self.notebook.write_text(json.dumps(whole))
        return hashlib.sha256(self.notebook.read_bytes()).hexdigest()

    def run(self, cell: str, source: str) -> None:
        """Execute a cell; fails when the cell fails."""
        session = self.client.session
        content = {
            "code": source, "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": True,
        }  # fmt: skip
        message = session.msg("execute_request", content, metadata={"cellId": cell})
        self.client.shell_channel.send(message)
        while True:
            reply = self.client.get_shell_msg(timeout=PATIENCE_S)
            if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
                assert reply["content"]["status"] == "ok", reply["content"]
                return

    def ask(self, path: str, **query: str | list[str]) -> Any:
        """Ask the platform as the scientist."""
        answer = self.governed.platform.call(
            "scientist", "GET", f"{EXPERIMENTS}/{path}", params=query
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def newest(self) -> dict[str, Any]:
        """Return the run that began last, empty where there is none."""
        items = self.ask("runs", order_by="-started_at", limit="1")["items"]
        return dict(items[0]) if items else {}

    def trained(self, cell: str, source: str) -> dict[str, Any]:
        """Execute a cell that makes one run, and return the run."""
        before = self.newest().get("run_id")
        self.run(cell, source)
        deadline = time.monotonic() + PATIENCE_S
        # What is known of the run before may still grow: only another run is the new one.
        while (found := self.newest()).get("run_id") == before:
            assert time.monotonic() < deadline, f"the run was not seen within {PATIENCE_S} s"
            time.sleep(0.05)
        return found

    def linked(self, run: str) -> dict[str, Any]:
        """Return what is known of a run's notebook, once its version is there."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            found: dict[str, Any] = self.ask(f"runs/{run}/notebook")
            if (found["version"] and found["source"]) or time.monotonic() > deadline:
                return found
            time.sleep(0.05)


@pytest.fixture(scope="module")
def lab(governed: Governed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a kernel as a workspace does, for a notebook in the scientist's home."""
    home = tmp_path_factory.mktemp("ada")
    (home / "work").mkdir()
    notebook = home / "work" / "train.ipynb"
    kept = {key: value for key, value in os.environ.items() if "OCTAVO" not in key}
    manager = KernelManager(kernel_name="python3", transport="ipc", ip=str(home / "k"))
    manager.start_kernel(
        cwd=str(home / "work"),
        env={
            **kept,
            "HOME": str(home),
            "OMP_NUM_THREADS": "1",
            "GIT_PYTHON_REFRESH": "quiet",
            "MLFLOW_TRACKING_URI": governed.tracking,
            "MLFLOW_TRACKING_TOKEN": "scientist",
            "OCTAVO_URL": governed.url,
            "OCTAVO_TOKEN": "scientist",
            "OCTAVO_PROJECT": "flights",
            "OCTAVO_PROFILE": "cpu-small",
            "JPY_SESSION_NAME": str(notebook),
        },
    )
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE_S)
    made = Lab(governed, client, notebook)
    made.save(setup=SETUP)
    made.run("setup", SETUP)
    yield made
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    manager.cleanup_resources()
    ensure_event_loop().close()


def test_autologging_leads_to_the_version_and_the_cell(lab: Lab) -> None:
    fit = FIT.format(C=1.0)
    digest = lab.save(setup=SETUP, fit=fit)
    run = lab.trained("fit", fit)
    assert run["notebook"]["cell"] == "fit"
    assert run["cost_eur"] is not None
    found = lab.linked(run["run_id"])
    assert (found["path"], found["sha256"], found["saved"]) == ("work/train.ipynb", digest, "same")
    assert (found["cell_index"], found["source"], found["notes"]) == (1, fit, [])
    stored = lab.governed.platform.call(
        "reviewer", "GET", f"{EXPERIMENTS}/notebook-versions/{digest}/content"
    )
    assert stored.content == lab.notebook.read_bytes()
    environment = lab.ask(f"runs/{run['run_id']}")["tags"]
    assert "scikit-learn=" in environment["octavo.environment.packages"]


def test_a_cell_that_was_not_saved_is_kept_as_it_ran(lab: Lab) -> None:
    lab.save(setup=SETUP, fit=FIT.format(C=1.0))
    changed = FIT.format(C=0.1)
    found = lab.linked(lab.trained("fit", changed)["run_id"])
    assert (found["saved"], found["source"]) == ("changed", changed)


def test_the_margin_shows_both_executions(lab: Lab) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        (fit,) = lab.ask("cells", notebook="work/train.ipynb")["items"]
        scores = [one["metrics"].get("training_accuracy_score", 0.0) for one in fit["runs"]]
        if min(scores) > 0.5 or time.monotonic() > deadline:
            break
        time.sleep(0.05)
    assert (fit["cell"], fit["total"]) == ("fit", 2)
    assert min(scores) > 0.5
    others = lab.governed.platform.call(
        "reviewer", "GET", f"{EXPERIMENTS}/cells", params={"notebook": "work/train.ipynb"}
    )
    assert others.json()["items"] == []


def test_runs_compare_as_notebooks(lab: Lab) -> None:
    first = lab.ask("cells", notebook="work/train.ipynb")["items"][0]["runs"][0]["run_id"]
    lab.save(setup=SETUP, fit=FIT.format(C=5.0), plot="1 + 1")
    second = lab.trained("fit", FIT.format(C=5.0))["run_id"]
    assert lab.linked(second)["saved"] == "same"
    found = lab.ask("notebook-difference", run=[first, second])
    assert (found["added"], found["changed"], found["same"]) == (1, 1, 1)


def test_only_members_see_versions(lab: Lab) -> None:
    digest = hashlib.sha256(lab.notebook.read_bytes()).hexdigest()
    answer = lab.governed.platform.call(
        "stranger", "GET", f"{EXPERIMENTS}/notebook-versions/{digest}/content"
    )
    assert answer.status_code == 404
    put = lab.governed.platform.call(
        "reviewer", "PUT", f"{EXPERIMENTS}/notebook-versions/{digest}", content=b"{}",
        params={"path": "x.ipynb"}, headers={"Content-Type": "application/octet-stream"},
    )  # fmt: skip
    assert put.status_code == 403


def test_a_platform_that_never_answers_holds_up_no_training(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        lab.run("x", f"import os; os.environ['OCTAVO_URL'] = 'http://127.0.0.1:{port}'")
        lab.save(setup=SETUP, slow="1")
        lab.run("tags", TAGS)
        run = lab.trained("fit", FIT.format(C=1.0))
        assert lab.ask(f"runs/{run['run_id']}/notebook")["version"] is None
