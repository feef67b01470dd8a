"""Step 4: the scientist registers the better run's model, with signature, card and lineage."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, expect

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.lab import Lab

MODEL = "late"
"""The name under which the score notebook loads it."""
REGISTERING_S = 180.0


def act(story: Story) -> Evidence:
    """Register the better run from its row and read the version's proof."""
    lab = story.lab("scientist")
    run = story.client("scientist").get(f"/projects/{PROJECT}/experiments/runs/{story.runs[0]}")
    checklist, card = register(lab, run["run"]["name"])
    view = lab.view()
    view.get_by_role("button", name="Verify now").click()
    expect(view.get_by_role("button", name="verified just now")).to_be_visible()
    return {**version(story), "checklist": checklist, "card_draft": card.splitlines()[0]}


def register(lab: Lab, run_name: str) -> tuple[dict[str, str], str]:
    """Register a run's model from the Experiments section; return the checklist and the card."""
    row = lab.row("Experiments", run_name)
    row.get_by_role("button", name=re.compile("^Register")).click()
    form = lab.dialog()
    name = form.get_by_role("textbox", name="Model name")
    if name.input_value() != MODEL:
        name.fill(MODEL)
    submit = form.get_by_role("button", name=re.compile("^Register"))
    expect(submit).to_be_enabled()
    checklist = lines(form.get_by_role("list", name="Checklist"))
    card = form.get_by_role("textbox", name="Model card").input_value()
    submit.click()
    expect(form).to_have_count(0, timeout=REGISTERING_S * 1000)
    return checklist, card


def lines(checklist: Locator) -> dict[str, str]:
    """Read a checklist: its label to its state."""
    said = [
        line.locator("span").all_inner_texts() for line in checklist.get_by_role("listitem").all()
    ]
    return {texts[-2]: texts[-1] for texts in said}


def version(story: Story) -> Evidence:
    """Return the newest version as the platform knows it, with its lineage."""
    client = story.client("scientist")
    model = client.get(f"/projects/{PROJECT}/models/{MODEL}")
    newest = model["versions"][0]
    detail = client.get(f"/projects/{PROJECT}/models/{MODEL}/versions/{newest['version']}")
    node = f"model_version:{PROJECT}/{MODEL}/{newest['version']}"
    graph = client.get(f"/projects/{PROJECT}/lineage", node=node, depth=2)
    story.versions.append(newest["version"])
    if newest["run_id"] not in story.runs or newest["prediction"] != "passed":
        raise AssertionError(f"the newest version is {newest}")
    return {
        "model": MODEL,
        "version": newest["version"],
        "digest": newest["digest"],
        "signed_by": newest["key_id"],
        "run_id": newest["run_id"],
        "inputs": len(detail["signature"]["inputs"]),
        "scan": newest["scan"],
        "lineage": sorted(f"{e['source']} {e['relation']} {e['target']}" for e in graph["edges"]),
    }
