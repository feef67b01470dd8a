"""A notebook is handed off and runs under an account of its own, with the real worker."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.runs.conftest import Installation, until
from tests.support.notebooks import notebook

RUNS = "/runs"
READ = """
import os, pathlib, pandas as pd
lake = pathlib.Path(os.environ["OCTAVO_LAKE"], "curated", "delays.csv")
print("rows", len(pd.read_csv(lake)), os.environ["OCTAVO_PROFILE"], os.environ["OCTAVO_RUN"])
"""
HIDE = "import os\nprint('JUPYTERHUB_API_TOKEN' in os.environ, os.environ['OCTAVO_TOKEN'][:10])"
WRITE = "pathlib.Path('scores.csv').write_text('flight,late\\n1,0\\n')"
SLOW = "import time\nfor second in range(600):\n    time.sleep(1)"


def hand_off(installation: Installation, *cells: str, status: int = 201, **more: Any) -> Any:
    body = {
        "notebook": notebook(*cells, parameters=None),
        "path": "flights/train.ipynb",
        "profile": "cpu-small",
        **more,
    }
    return installation.call("scientist", "POST", f"{RUNS}/hand-off", status, body)


@pytest.mark.timeout(300)
def test_a_notebook_runs_on_without_its_workspace(installation: Installation) -> None:
    asked = hand_off(installation, READ, HIDE, WRITE)
    assert (asked["trigger"], asked["environment"], asked["approved"]) == ("hand_off", "dev", False)
    path = f"{RUNS}/{asked['id']}"
    done = installation.ended(path, "queued", "running")
    assert done["state"] == "succeeded", done
    assert done["cost"] > 0
    assert [one["path"] for one in done["artifacts"]] == ["scores.csv"]
    output = installation.call("scientist", "GET", f"{path}/output", 200)
    said = "".join(
        "".join(one.get("text", "")) for cell in output["cells"] for one in cell["outputs"]
    )
    assert f"rows 2 cpu-small {asked['id']}" in said
    assert "False octavo-run" in said
    assert installation.call("reviewer", "GET", path, 404)["error"] == "not_found"
    listed = installation.call("scientist", "GET", RUNS, 200)["items"]
    assert asked["id"] in [one["id"] for one in listed]
    others = installation.call("reviewer", "GET", RUNS, 200)["items"]
    assert asked["id"] not in [one["id"] for one in others]


@pytest.mark.timeout(300)
def test_a_hand_off_is_cancelled_with_all_its_processes(installation: Installation) -> None:
    asked = hand_off(installation, SLOW)
    path = f"{RUNS}/{asked['id']}"
    until(lambda: installation.processes(asked["id"]), "it runs")
    installation.call("scientist", "POST", f"{path}/cancel", 200)
    done = installation.ended(path, "queued", "running")
    assert (done["state"], done["message"]) == ("cancelled", "scientist cancelled it.")
    until(lambda: not installation.processes(asked["id"]), "its processes are gone")


def test_what_cant_be_handed_off_is_said(installation: Installation) -> None:
    refused = hand_off(installation, "1", status=422, profile="gpu-1")
    assert (
        "'gpu-1' has 1 GPU; a notebook is handed off to a profile without one"
        in (refused["message"])
    )
    assert hand_off(installation, "1", status=404, profile="cpu-none")["error"] == "not_found"
    mine = hand_off(installation, "1", status=404, session="not-mine")
    assert "'not-mine' isn't your open workspace" in mine["message"]
    assert "no code to run" in hand_off(installation, status=422)["message"]
    for who in ("reviewer", "oncall"):
        body = {"notebook": notebook("1"), "path": "x.ipynb", "profile": "cpu-small"}
        refused = installation.call(who, "POST", f"{RUNS}/hand-off", 403, body)
        assert "You may not run one's own notebook" in refused["message"]
