"""Step 9: the admin reads the trail of all that, verifies it, and sees the cost."""

from __future__ import annotations

import re
import subprocess
import sys

from playwright.sync_api import expect

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.installation import clean_environment
from tests.acceptance.lab import Lab

SECTION = "Admin"
# Who must be on the trail with which change, if the steps before really happened.
EXPECTED = {
    ("scientist", "workspaces.start"),
    ("scientist", "registry.register"),
    ("scientist", "notebooks.submit"),
    ("scientist", "notebooks.review.refused"),
    ("reviewer", "notebooks.approve"),
    ("scientist", "pipelines.run"),
    ("scientist", "pipelines.schedule"),
    ("scientist", "deployments.request"),
    ("reviewer", "deployments.review"),
    ("scientist", "deployments.rollback"),
    ("oncall", "monitoring.acknowledge"),
}


def act(story: Story) -> Evidence:
    """Read, prove and verify the trail in the panel and with the command; read the cost."""
    lab, client = story.lab("admin"), story.client("admin")
    entries = list(client.pages("/audit/entries", limit=200))
    kept = {(one["actor"], one["action"]) for one in entries}
    if missing := EXPECTED - kept:
        raise AssertionError(f"the trail lacks {sorted(missing)}")
    return {
        "entries": len(entries),
        "panel": read(lab),
        "command": commanded(story),
        "cost": cost(lab),
    }


def read(lab: Lab) -> str:
    """Verify the trail and prove one entry in the panel; return the panel's sentence."""
    view = lab.open_row(SECTION, "Audit trail")
    view.get_by_role("button", name="Verify the trail").click()
    expect(view).to_contain_text(re.compile(r"The trail holds: [\d,]+ entries"))
    said = re.search(r"The trail holds: .+", view.inner_text())
    view.get_by_role("searchbox", name="Who").fill("reviewer")
    table = view.get_by_role("table", name="Audit entries")
    expect(table.get_by_role("row").nth(1)).to_contain_text("reviewer")
    expect(table.get_by_role("row").filter(has_text="scientist")).to_have_count(0)
    table.get_by_role("button", name=re.compile("^Prove entry")).first.click()
    expect(table.get_by_text("proved just now")).to_be_visible()
    return said.group() if said else ""


def commanded(story: Story) -> list[str]:
    """Verify the trail with `octavo audit verify` and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "octavo.cli.main", "audit", "verify"],
        env=clean_environment()
        | {"OCTAVO_URL": story.installation.platform, "OCTAVO_TOKEN": story.tokens["admin"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode or "The trail verifies." not in done.stdout:
        raise AssertionError(f"octavo audit verify: {done.stdout}{done.stderr}")
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def cost(lab: Lab) -> Evidence:
    """Read the cost by person and by project in the panel."""
    view = lab.open_row(SECTION, "Cost")
    answer = view.locator(".jp-octavo-Page-answer").inner_text()
    people = lab.card("By person")
    for person in ("scientist", "reviewer"):  # the others came less than a beat of the meter ago
        expect(people).to_contain_text(person)
    expect(lab.card("By project")).to_contain_text(PROJECT)
    lines = {
        title: lab.card(title).inner_text().split("\n")[1:]
        for title in ("By person", "By project", "By kind")
    }
    return {"answer": answer, **lines}
