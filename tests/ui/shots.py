"""What is photographed: each page and view, who sees it, and how one gets there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.acceptance.lab import Lab

Go = Callable[[Lab], Page]
"""Brings the picture's subject to the front and returns the page that shows it."""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture."""

    name: str
    """File name without theme, width and ending."""
    person: str
    """Who looks."""
    go: Go
    """How they get there."""


def row(section: str, title: str | re.Pattern[str], rows: str = "") -> Go:
    """Open a row of the sidebar."""

    def go(lab: Lab) -> Page:
        lab.open_row(section, title, rows)
        return lab.page

    return go


def tab(section: str, title: str, name: str) -> Go:
    """Open a row of the sidebar and choose a tab of its view."""

    def go(lab: Lab) -> Page:
        lab.open_row(section, title).get_by_role("tab", name=name).click()
        return lab.page

    return go


def notebook(lab: Lab) -> Page:
    """Show the training notebook beside the panels."""
    lab.open_notebook("flights/train.ipynb")
    lab.panels()
    return lab.page


def comparison(lab: Lab) -> Page:
    """Pick the two newest runs and compare them."""
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    boxes = lab.view().get_by_role("checkbox", name=re.compile("^Pick run"))
    expect(boxes.first).to_be_visible()
    for box in boxes.all()[:2]:
        box.check()
    lab.view().get_by_role("button", name="Compare").click()
    heading = lab.page.get_by_role("heading", name="Compare runs", level=1)
    expect(heading.filter(visible=True)).to_have_count(1)
    return lab.page


def compared(name: str) -> Go:
    """Compare the two newest runs and choose a tab."""

    def go(lab: Lab) -> Page:
        comparison(lab)
        lab.view().get_by_role("tab", name=name).click()
        return lab.page

    return go


def grouped(lab: Lab) -> Page:
    """Group the table of runs by experiment."""
    runs(lab)
    lab.view().get_by_role("combobox", name="Group by").select_option("experiment")
    expect(lab.view().get_by_text(re.compile("in 1 group"))).to_be_visible()
    return lab.page


def finder(lab: Lab) -> Page:
    """Search the features of all projects, with a typing error."""
    lab.section("Features").get_by_role("button", name="Search all projects").click()
    lab.page.get_by_role("searchbox", name="Search features").fill("carier delya")
    expect(lab.view().get_by_text("1 view")).to_be_visible()
    return lab.page


def publishing(lab: Lab) -> Page:
    """Take a column away from a view, and see what that would change."""
    lab.open_row("Features", "carrier_delay").get_by_role("button", name="Edit").click()
    heading = lab.page.get_by_role("heading", name="Edit carrier_delay", level=1)
    expect(heading.filter(visible=True)).to_have_count(1)
    view = lab.view()
    view.get_by_role("checkbox", name="carrier_delay_flights_3h").uncheck()
    view.get_by_role("button", name="See what it changes").click()
    expect(view.get_by_role("heading", name="Offer for review")).to_be_visible(timeout=90_000)
    return lab.page


def backfill(lab: Lab) -> Page:
    """Open the form that backfills a view."""
    view = lab.open_row("Features", "carrier_delay")
    view.get_by_role("tab", name="Materialisation").click()
    view.get_by_role("button", name="Backfill").click()
    expect(lab.dialog().get_by_role("status", name="What it will do")).to_be_visible()
    return lab.page


def runs(lab: Lab) -> Page:
    """Show the table of runs."""
    lab.section("Experiments").get_by_role("button", name="All runs", exact=True).click()
    return lab.page


def registration(lab: Lab) -> Page:
    """Open the form that registers a model."""
    close_dialog(lab)
    lab.row("Experiments", "neural network").get_by_role(
        "button", name=re.compile("^Register")
    ).click()
    expect(lab.dialog().get_by_role("textbox", name="Model card")).to_be_visible()
    return lab.page


def form_of_deployment(lab: Lab) -> Page:
    """Open the form that asks for a deployment, with a canary in steps."""
    close_dialog(lab)
    lab.open_row("Models", "late").get_by_role("button", name="Request deployment").click()
    takeover = lab.dialog().get_by_role("combobox", name="How it takes over")
    takeover.select_option("steps")
    return lab.page


def evidence(lab: Lab) -> Page:
    """Open the newest request of the deployment from its story."""
    view = lab.open_row("Deployments", "late @prod", "Deployments")
    view.get_by_role("button", name=re.compile(r"^v\d+ requested")).first.click()
    expect(lab.card("Replay")).to_be_visible()
    return lab.page


def chain(lab: Lab) -> Page:
    """Open the figure of what is proved in production."""
    lab.section("Models").first.get_by_role("button", name=re.compile("^Proved")).click()
    return lab.page


def run_form(lab: Lab) -> Page:
    """Open the form that runs a release."""
    close_dialog(lab)
    lab.row("Notebooks & pipelines", "release", "Releases").get_by_role(
        "button", name=re.compile("^Run")
    ).click()
    expect(lab.dialog().get_by_role("textbox", name="threshold")).to_be_visible()
    return lab.page


def pipeline_run(lab: Lab) -> Page:
    """Open the newest successful run of the pipeline."""
    view = lab.open_row("Notebooks & pipelines", "score", "Pipelines")
    table = view.get_by_role("table", name="Pipeline runs")
    table.get_by_role("row").filter(has_text="succeeded").first.click()
    heading = lab.page.get_by_role("heading", name="Run of score", level=1)
    expect(heading.filter(visible=True)).to_have_count(1)
    return lab.page


def alerts(lab: Lab) -> Page:
    """Show the project's alerts."""
    lab.section("Deployments").get_by_role("button", name="Alerts", exact=True).click()
    return lab.page


def review(lab: Lab) -> Page:
    """Open the decided submission from its release."""
    view = lab.open_row("Notebooks & pipelines", "release", "Releases")
    view.get_by_role("button", name="Open", exact=True).click()
    heading = lab.page.get_by_role("heading", name="score", level=1)
    expect(heading.filter(visible=True)).to_have_count(1)
    return lab.page


def monitor(lab: Lab) -> Page:
    """Open the dashboard of the deployment."""
    view = lab.open_row("Deployments", "@prod", "Deployments")
    with lab.page.expect_popup() as opened:
        view.get_by_role("button", name="Open monitor").click()
    expect(opened.value.get_by_text("Drift by feature and month")).to_be_visible(timeout=90_000)
    return opened.value


def close_dialog(lab: Lab) -> None:
    """Close an open dialog, if there is one."""
    for button in lab.page.get_by_role("dialog").get_by_role("button", name="Cancel").all()[:1]:
        button.click()


PAGES = {
    "scientist": {
        "spawn": "/hub/spawn",
        "spawn-link": "/hub/spawn?project=flights&profile=cpu-large",
        "home": "/hub/home",
        "tokens": "/hub/token",
        "project-cost": "/hub/octavo/cost/flights",
    },
    "admin": {
        "profiles": "/hub/octavo/profiles",
        "profile": "/hub/octavo/profiles/gpu-1",
        "profile-editor": "/hub/octavo/profiles/cpu-large/edit",
        "hub-cost": "/hub/octavo/cost",
        "failed-starts": "/hub/octavo/failures",
    },
}
"""Person -> the hub's pages that they see; the sign-in page comes before them."""

SHOTS = (
    Shot(name="notebook", person="scientist", go=notebook),
    Shot(name="feature", person="scientist", go=row("Features", "carrier_delay")),
    Shot(name="statistics", person="scientist", go=tab("Features", "carrier_delay", "Statistics")),
    Shot(name="lineage", person="scientist", go=tab("Features", "carrier_delay", "Lineage")),
    Shot(
        name="materialisation",
        person="scientist",
        go=tab("Features", "carrier_delay", "Materialisation"),
    ),
    Shot(name="versions", person="scientist", go=tab("Features", "carrier_delay", "Versions")),
    Shot(name="consumers", person="scientist", go=tab("Features", "carrier_delay", "Consumers")),
    Shot(name="finder", person="scientist", go=finder),
    Shot(name="publishing", person="scientist", go=publishing),
    Shot(name="backfill", person="scientist", go=backfill),
    Shot(name="runs", person="scientist", go=runs),
    Shot(name="runs-grouped", person="scientist", go=grouped),
    Shot(name="run-of-training", person="scientist", go=row("Experiments", "gradient boosting")),
    Shot(name="compare", person="scientist", go=comparison),
    Shot(name="curves", person="scientist", go=compared("Curves")),
    Shot(name="parallel", person="scientist", go=compared("Parallel coordinates")),
    Shot(name="artifacts", person="scientist", go=compared("Artifacts")),
    Shot(name="notebooks", person="scientist", go=compared("Notebooks")),
    Shot(name="model", person="scientist", go=row("Models", "late")),
    Shot(name="model-versions", person="scientist", go=tab("Models", "late", "Versions")),
    Shot(name="model-compare", person="scientist", go=tab("Models", "late", "Compare")),
    Shot(name="model-lineage", person="scientist", go=tab("Models", "late", "Lineage")),
    Shot(name="model-proof", person="scientist", go=tab("Models", "late", "Proof")),
    Shot(name="model-aliases", person="scientist", go=tab("Models", "late", "Aliases")),
    Shot(name="chain", person="scientist", go=chain),
    Shot(name="review", person="reviewer", go=review),
    Shot(
        name="release", person="scientist", go=row("Notebooks & pipelines", "release", "Releases")
    ),
    Shot(
        name="pipeline", person="scientist", go=row("Notebooks & pipelines", "score", "Pipelines")
    ),
    Shot(name="run", person="scientist", go=pipeline_run),
    Shot(name="run-form", person="scientist", go=run_form),
    Shot(name="deployment-form", person="scientist", go=form_of_deployment),
    Shot(name="evidence", person="reviewer", go=evidence),
    Shot(name="deployment", person="oncall", go=row("Deployments", "@prod", "Deployments")),
    Shot(name="callers", person="oncall", go=tab("Deployments", "late @prod", "Consumers")),
    Shot(name="request-log", person="oncall", go=tab("Deployments", "late @prod", "Request log")),
    Shot(name="alerts", person="oncall", go=alerts),
    Shot(name="monitor", person="oncall", go=monitor),
    Shot(name="audit", person="admin", go=row("Admin", "Audit trail")),
    Shot(name="cost", person="admin", go=row("Admin", "Cost")),
)
