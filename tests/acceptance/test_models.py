"""A fitted variable becomes a version, goes live behind another's approval, and is taken back."""

from __future__ import annotations

import re
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Locator, expect

from tests.acceptance.browser import PATIENCE_MS
from tests.acceptance.lab import Lab, eventually
from tests.acceptance.room import Room

pytestmark = [pytest.mark.acceptance, pytest.mark.browser, pytest.mark.timeout(420)]

MODEL = "tardy"
NOTEBOOK = "flights/tardy.ipynb"
BASE = "/projects/flights"
ENDPOINT = f"{BASE}/deployments/{MODEL}"
SLOW_MS = 3 * PATIENCE_MS
WORK_S = 120.0
ENOUGH = 60
"""Of so many requests the log surely keeps some: it keeps every fifth, by chance."""
REASON = "It ranks late evenings better."
FITTING = """
import mlflow
import pandas as pd
from sklearn.linear_model import LogisticRegression
hours = [hour / 4 for hour in range(20, 92)]
train = pd.DataFrame({"hour": hours, "late": [int(hour > 15) for hour in hours]})
tardy = LogisticRegression().fit(train[["hour"]], train["late"])
mlflow.end_run()
mlflow.start_run(run_name="tardy")
mlflow.log_metric("auc", 1.0)
"""
AGAIN = """
import octavo
softer = LogisticRegression(C=0.1).fit(train[["hour"]], train["late"])
made = octavo.register(softer, "tardy", frame=train, target="late", card="Ranks late evenings.")
mlflow.end_run()
"""


def test_a_variable_goes_live_behind_an_approval_and_its_successor_is_taken_back(
    room: Room,
) -> None:
    lab = room.scientist
    _notebook(lab, FITTING, AGAIN)
    lab.open_notebook(NOTEBOOK)
    _run_cell(lab, 0)
    _register_variable(lab)
    _deploy(room, 1, {"How it takes over": "direct"}, "live")
    _score(room, ENOUGH)
    eventually(
        lambda: room.client.get(f"{ENDPOINT}/request-log/rows")["items"],
        bool,
        WORK_S,
        "a share of the requests is in the log",
    )
    lab.page.get_by_role("tab", name="tardy.ipynb").click()
    _run_cell(lab, 1)
    grounds = _deploy(room, 2, {"How it takes over": "canary"}, "canary")
    assert re.search(r"The last( \d+)? logged requests?, scored by both", grounds), grounds
    view = _open_deployment(lab)
    expect(view.get_by_role("img", name="Traffic: v1 90 %, v2 10 %")).to_be_visible()
    view.get_by_role("button", name="Roll back to v1").click()
    expect(view.get_by_role("img", name="Traffic: v1 100 %")).to_be_visible()
    assert {answer["version"] for answer in _score(room, 5)} == {1}
    measured = view.get_by_role("status").filter(has_text="v2 was rolled back by scientist")
    expect(measured).to_be_visible()


def _register_variable(lab: Lab) -> None:
    """Register the variable by its menu: logged by its kernel, drafted, copied, tried, signed."""
    lab.panels().get_by_role("button", name="Find models in my notebook").click()
    row = lab.panels().get_by_role("list", name="Models in tardy.ipynb").get_by_role("listitem")
    row.get_by_role("button").first.click(button="right")
    lab.page.get_by_role("menuitem", name="Register…").click()
    form = lab.dialog()
    expect(form.get_by_role("combobox", name="Column that it predicts")).to_have_value("late")
    form.get_by_role("button", name="Log and go on").click()
    submit = form.get_by_role("button", name="Register v1")
    expect(submit).to_be_enabled(timeout=SLOW_MS)
    checklist = form.get_by_role("list", name="Checklist")
    expect(checklist.get_by_role("listitem").filter(has_text="Training data")).to_contain_text(
        "done"
    )
    form.get_by_role("textbox", name="Model card").fill("Says which flights will be late.")
    submit.click()
    expect(form).to_have_count(0, timeout=SLOW_MS)
    view = lab.view()
    expect(view.get_by_role("heading", name=MODEL, level=1)).to_be_visible()
    view.get_by_role("button", name="Verify now").click()
    expect(view.get_by_role("button", name="verified just now")).to_be_visible()


def _deploy(room: Room, version: int, choices: dict[str, str], state: str) -> str:
    """Ask for a version in prod, have the reviewer approve it; return what they rested on."""
    lab = room.scientist
    _refresh(lab, "Models")
    lab.row("Models", MODEL).get_by_role("button", name=re.compile("^Request deployment")).click()
    form = lab.dialog()
    form.get_by_role("combobox", name=f"Version of {MODEL}").select_option(str(version))
    form.get_by_role("combobox", name="Environment").select_option("prod")
    for label, value in choices.items():
        form.get_by_role("combobox", name=label).select_option(value)
    form.get_by_role("textbox", name="Reason").fill(REASON)
    form.get_by_role("button", name="Request deployment").click()
    expect(form).to_have_count(0)
    expect(lab.card("Decision").get_by_role("note")).to_contain_text("another person")
    grounds = _approve(room.reviewer, version)
    eventually(
        lambda: room.client.get(ENDPOINT)["rollout"],
        lambda rollout: (rollout["to_version"], rollout["state"]) == (version, state),
        WORK_S,
        f"v{version} is {state}",
    )
    return grounds


def _approve(lab: Lab, version: int) -> str:
    """Read the evidence, once it is there without a reload, and approve."""
    _refresh(lab, "Deployments")
    view = lab.open_row("Deployments", f"{MODEL} v{version}", "Deployment requests")
    expect(lab.card("Evidence").get_by_text("complete", exact=True)).to_be_visible(timeout=SLOW_MS)
    grounds = lab.card("Replay").inner_text()
    view.get_by_role("textbox", name="Reason").fill("Card, metrics and evidence are in order.")
    view.get_by_role("button", name="Approve").click()
    expect(lab.card("Decision")).to_contain_text("approved")
    return grounds


def _open_deployment(lab: Lab) -> Locator:
    _refresh(lab, "Deployments")
    return lab.open_row("Deployments", f"{MODEL} @prod", "Deployments")


def _score(room: Room, count: int) -> list[dict[str, Any]]:
    rows = [{"hour": 6.0 + number % 16} for number in range(count)]
    return [
        room.client.post(f"{ENDPOINT}/invocations", {"dataframe_records": [row]}) for row in rows
    ]


def _run_cell(lab: Lab, place: int) -> None:
    """Run one cell of the notebook in front and wait for its end."""
    cell = lab.page.locator(".jp-Notebook .jp-CodeCell").filter(visible=True).nth(place)
    cell.locator(".cm-content").click()
    lab.page.keyboard.press("Control+Enter")
    prompt = cell.locator(".jp-InputArea-prompt")
    expect(prompt).to_have_text(re.compile(r"^\[\d+\]:$"), timeout=SLOW_MS)
    said = cell.locator(".jp-OutputArea").inner_text()
    assert "Traceback" not in said, said


def _refresh(lab: Lab, section: str) -> None:
    buttons = lab.section(section).first.get_by_role("button", name=re.compile("^Refresh"))
    buttons.first.click()


def _notebook(lab: Lab, *cells: str) -> None:
    """Keep a notebook in the person's home, by the call with which JupyterLab saves one."""
    made = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text.strip()) for text in cells]
    )
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    url = f"{lab.desk.installation.url}/user/{lab.desk.person}/api/contents/{NOTEBOOK}"
    cookies = {one["name"]: one["value"] for one in lab.page.context.cookies(url)}
    answer = lab.page.request.put(
        url,
        headers={"X-XSRFToken": cookies["_xsrf"]},
        data={"type": "notebook", "format": "json", "content": made},
    )
    assert answer.ok, answer.text()
