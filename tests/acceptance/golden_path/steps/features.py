"""Step 2: the scientist finds a delay feature, reads it, and takes its code into a notebook."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import Story

NOTEBOOK = "flights/features.ipynb"
SOUGHT = "delay"
VIEW = "carrier_delay"


def act(story: Story) -> Evidence:
    """Search, read schema, owner, freshness and histograms, and insert the retrieval code."""
    lab = story.lab("scientist")
    lab.open_notebook(NOTEBOOK)
    search = lab.panels().get_by_role("searchbox", name="Search all of Octavo")
    search.fill(SOUGHT)
    rows = lab.section("Features").get_by_role("list", name="Feature views").get_by_role("listitem")
    expect(rows.filter(has_text="origin_weather")).to_have_count(0)
    found = [row.get_by_role("button").first.get_attribute("title") for row in rows.all()]
    view = lab.open_row("Features", VIEW)
    facts = read(view)
    view.get_by_role("tab", name="Statistics").click()
    histograms = view.get_by_role("img", name=re.compile("^Histogram of"))
    expect(histograms).not_to_have_count(0)
    shown = [one.get_attribute("aria-label") or "" for one in histograms.all()]
    view.get_by_role("button", name="Use in notebook").click()
    expect(lab.page.get_by_text(f"Inserted into {NOTEBOOK.rsplit('/', 1)[-1]}")).to_be_visible()
    search.fill("")
    code = inserted(story)
    return {"found": found, **facts, "histograms": shown, "inserted_into": NOTEBOOK, "code": code}


def read(view: Locator) -> Evidence:
    """Read what the view says of itself."""
    about = view.get_by_role("region", name="About")
    table = view.get_by_role("table", name="Schema")
    snapshot = view.get_by_role("button", name=re.compile("^Registry snapshot")).first
    return {
        "view": view.get_by_role("heading", level=1).inner_text().strip(),
        "owner": about.get_by_role("definition").first.inner_text(),
        "newest_event": about.locator("time").first.get_attribute("datetime"),
        "snapshot": (snapshot.get_attribute("title") or "").rsplit("\n", 1)[-1],
        "columns": [
            row.get_by_role("cell").first.inner_text() for row in table.get_by_role("row").all()[1:]
        ],
    }


def inserted(story: Story) -> str:
    """Save the notebook and return the cell that retrieves the features."""
    lab = story.lab("scientist")
    lab.page.get_by_role("tab", name="features.ipynb").click()
    lab.save()
    sources = ["".join(cell["source"]) for cell in lab.cells(NOTEBOOK)]
    code = [one for one in sources if "get_historical_features" in one and f"{VIEW}:" in one]
    if not code:
        raise AssertionError(f"{NOTEBOOK} has no cell that retrieves {VIEW}")
    return code[0]
