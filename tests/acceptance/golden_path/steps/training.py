"""Step 3: the scientist trains, watches the runs appear, and compares them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from typing import Any

from playwright.sync_api import expect

from octavo.client import Client
from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.installation import clean_environment
from tests.acceptance.lab import Lab, eventually, failure

NOTEBOOK = "flights/train.ipynb"
TRAINING_S = 300.0
CANDIDATES = ("gradient boosting", "neural network")

# What anybody's script does with MLflow's own client: nothing of ours is imported.
STOCK_CLIENT = """
import json, sys
import mlflow
client = mlflow.MlflowClient()
run = client.get_run(sys.argv[1])
path = client.download_artifacts(run.info.run_id, "baseline.json")
with open(path, encoding="utf-8") as file:
    profile = json.load(file)
print(json.dumps({"mlflow": mlflow.__version__, "auc": run.data.metrics["auc"],
                  "baseline_rows": profile["rows"]}))
"""


def act(story: Story) -> Evidence:
    """Run the training notebook and follow its runs from the first metric to the comparison."""
    lab, client = story.lab("scientist"), story.client("scientist")
    lab.open_notebook(NOTEBOOK)
    begun = time.monotonic()
    lab.run_all()
    live = seen_live(lab)
    story.lab("reviewer")  # starts work meanwhile, as a second person does
    cells = lab.await_run(NOTEBOOK, TRAINING_S)
    trained_s = time.monotonic() - begun
    no_errors(cells)
    runs = newest_runs(client)
    story.runs = [run["run_id"] for run in runs]
    return {
        "live": live,
        "training_seconds": round(trained_s, 1),
        "runs": [facts(run) for run in runs],
        "notebook": linked(lab, runs[0]),
        "compared": compared(lab, story),
        "stock_client": stock_client(story),
    }


def seen_live(lab: Lab) -> str:
    """Wait until the panel shows the first run while it runs; return what it says."""
    row = lab.row("Experiments", CANDIDATES[0])
    expect(row).to_contain_text("running", timeout=TRAINING_S * 1000)
    return " ".join(row.inner_text().split())


def newest_runs(client: Client) -> list[dict[str, Any]]:
    """Return the newest run of each candidate, the better one first."""
    path = f"/projects/{PROJECT}/experiments/runs"
    items: list[dict[str, Any]] = eventually(
        lambda: client.get(path, limit=len(CANDIDATES))["items"],
        lambda page: {run["status"] for run in page} == {"finished"},
        30,
        "both runs are finished",
    )
    if {run["name"] for run in items} != set(CANDIDATES):
        raise AssertionError(f"the newest runs are {[run['name'] for run in items]}")
    for run in items:
        if run["metrics"]["log_loss"] >= run["metrics"]["base_rate_log_loss"]:
            raise AssertionError(f"{run['name']} is no better than the base rate: {run['metrics']}")
    return sorted(items, key=lambda run: -run["metrics"]["auc"])


def facts(run: dict[str, Any]) -> Evidence:
    """Return what tells one run from another."""
    chosen = ("auc", "log_loss", "base_rate_log_loss", "brier", "calibration_error")
    metrics = {name: round(run["metrics"][name], 4) for name in chosen}
    return {"run_id": run["run_id"], "name": run["name"], **metrics}


def no_errors(cells: list[dict[str, Any]]) -> None:
    """Hold every cell to have run without an error."""
    for cell in cells:
        if failed := failure(cell):
            raise AssertionError(f"{''.join(cell['source'])[:80]!r}: {failed}")


def linked(lab: Lab, run: dict[str, Any]) -> Evidence:
    """Open the run in its panel and read which notebook version it came from."""
    view = lab.open_row("Experiments", run["name"])
    link = run["notebook"]
    expect(view.get_by_text(link["path"]).first).to_be_visible()
    if link["path"] != NOTEBOOK or not re.fullmatch(r"[0-9a-f]{64}", link["digest"] or ""):
        raise AssertionError(f"the run is linked to {link}")
    return {"path": link["path"], "sha256": link["digest"], "cell": link["cell"]}


def compared(lab: Lab, story: Story) -> Evidence:
    """Pick both runs in the table and compare them."""
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    view = lab.view()
    for name in CANDIDATES:
        view.get_by_role("checkbox", name=f"Pick run {name}").first.check()
    view.get_by_role("button", name="Compare").click()
    answer = lab.page.get_by_role("article").filter(
        has=lab.page.get_by_role("heading", name="Compare runs", level=1), visible=True
    )
    expect(answer).to_contain_text(re.compile(r"\d+ of \d+ fields differ"))
    said = re.search(r"\d+ of \d+ fields differ", answer.inner_text())
    return {"runs": story.runs, "answer": said.group() if said else ""}


def stock_client(story: Story) -> dict[str, Any]:
    """Read the better run and an artifact of it with MLflow's own client and a Hub token."""
    done = subprocess.run(
        [sys.executable, "-c", STOCK_CLIENT, story.runs[0]],
        env=clean_environment()
        | {
            "MLFLOW_TRACKING_URI": story.installation.tracking,
            "MLFLOW_TRACKING_TOKEN": story.tokens["scientist"],
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode:
        raise AssertionError(f"the stock client failed: {done.stderr[-600:]}")
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer
