"""Step 8: on call, somebody opens the monitor, reads it from the top, and takes an alert."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.steps.deployment import SECTION
from tests.acceptance.golden_path.steps.model import MODEL
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.lab import eventually

DASHBOARD_S = 90.0
PROFILED_S = 180.0


def act(story: Story) -> Evidence:
    """Open the Voilà monitor of the deployment and check what it shows against the platform."""
    lab, client = story.lab("oncall"), story.client("oncall")
    path = f"/projects/{PROJECT}/monitoring"
    drift = eventually(
        lambda: client.get(f"{path}/{MODEL}/drift"),
        lambda report: len(report["months"]) >= 6,
        PROFILED_S,
        "the months after training are profiled",
    )
    view = lab.open_row(SECTION, f"{MODEL} @prod", "Deployments")
    with lab.page.expect_popup() as opened:
        view.get_by_role("button", name="Open monitor").click()
    shown = dashboard(opened.value, drift["months"])
    strongest = drift["features"][0]
    summary = client.get(f"{path}/{MODEL}")
    alerts = client.get(f"{path}/alerts")["items"]
    if not alerts:
        raise AssertionError("there is no alert")
    return {
        "dashboard": shown,
        "requests": {f"v{one['version']}": one["requests"] for one in summary["versions"]},
        "latency_p95_ms": {
            f"v{one['version']}": one["latency_p95_ms"] for one in summary["versions"]
        },
        "scores_psi": summary["scores"]["psi"],
        "months": drift["months"],
        "strongest_drift": {key: strongest[key] for key in ("feature", "month", "psi", "level")},
        "alert_taken": taken(story),
    }


def dashboard(page: Page, months: list[str]) -> list[str]:
    """Wait for the dashboard and return its headings."""
    page.set_default_timeout(DASHBOARD_S * 1000)
    for word in ("Requests", "Latency", "Scores", "Drift", "Alerts"):
        expect(page.get_by_text(re.compile(word, re.IGNORECASE)).first).to_be_visible(
            timeout=DASHBOARD_S * 1000
        )
    expect(page.get_by_text(months[-1]).first).to_be_visible()
    return page.get_by_role("heading").all_inner_texts()


def taken(story: Story) -> str:
    """Take the newest open alert in the panel; return what it says."""
    lab = story.lab("oncall")
    lab.section(SECTION).get_by_role("button", name="Alerts", exact=True).click()
    take = lab.view().get_by_role("button", name=re.compile("^Take alert")).first
    about = (take.get_attribute("aria-label") or "").removeprefix("Take alert: ")
    take.click()
    form = lab.dialog()
    form.get_by_role("textbox").fill("Summer weather; watching it.")
    form.get_by_role("button", name="Take it").click()
    expect(form).to_have_count(0)
    expect(lab.view()).to_contain_text("oncall took it")
    return about
