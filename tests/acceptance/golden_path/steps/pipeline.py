"""Step 6: the release runs with typed parameters, is scheduled, and refuses to run once changed."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.steps.release import LINE, SECTION
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.lab import Lab

RUN_S = 240.0
DAY = "2013-07-01"
CRON, ZONE = "0 5 * * *", "Europe/Berlin"


def act(story: Story) -> Evidence:
    """Run, watch, open the output, read the provenance, schedule; then change a byte."""
    lab = story.lab("scientist")
    begun = time.monotonic()
    live = run(lab)
    seconds = time.monotonic() - begun
    newest = story.client("scientist").get(f"/projects/{PROJECT}/runs", limit=1)["items"][0]
    evidence = outcome(story, newest["id"])
    lab.view().get_by_role("tab", name="Provenance").click()
    expect(lab.card("Provenance")).to_contain_text("signature verified just now")
    cells = output(lab)
    return {
        **evidence,
        "seconds": round(seconds, 1),
        "live_progress": live,
        "output_cells": cells,
        "schedule": scheduled(story, lab),
        "changed_byte": refused_when_changed(story, lab),
    }


def run(lab: Lab) -> list[str]:
    """Start the release from its row and watch it to its end; return the progress that was seen."""
    row = lab.row(SECTION, re.compile(rf"{LINE} release \d+"), "Releases")
    row.get_by_role("button", name=re.compile("^Run")).click()
    fill(lab)
    view = lab.view()
    expect(view.get_by_role("heading", name=f"Run of {LINE}", level=1)).to_be_visible()
    line, seen = view.locator(".jp-octavo-RunProgress-line"), []
    deadline = time.monotonic() + RUN_S
    while not view.locator(".jp-octavo-Chips").get_by_text("succeeded").count():
        said = line.inner_text().split("\n")[0]
        seen += [said] if said not in seen else []
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"the run has not succeeded after {RUN_S:.0f} s: {view.inner_text()}"
            )
        lab.page.wait_for_timeout(200)
    if len(seen) < 2:
        raise AssertionError(f"no progress was shown while it ran: {seen}")
    return seen


def fill(lab: Lab) -> None:
    """Fill in the run form: a value of the wrong type can't be sent, the right ones can."""
    form = lab.dialog()
    send = form.get_by_role("button", name="Run", exact=True)
    threshold = form.get_by_role("textbox", name="threshold")
    threshold.fill("half")
    expect(send).to_be_disabled()
    threshold.fill("0.5")
    form.get_by_role("textbox", name="day").fill(DAY)
    send.click()
    expect(form).to_have_count(0)


def outcome(story: Story, run_id: str) -> Evidence:
    """Return what the platform knows of the finished run."""
    client = story.client("scientist")
    done = client.get(f"/projects/{PROJECT}/runs/{run_id}")
    if done["release"] != story.release or done["verdict"] not in {"identical", "equivalent"}:
        raise AssertionError(f"the run used {done['release']} with verdict {done['comparison']}")
    return {
        "run": run_id,
        "release": done["release"],
        "parameters": done["parameters"],
        "verdict": done["verdict"],
        "account": done["attempts"][-1]["account"],
        "inputs": {one["name"]: one["digest"] for one in done["inputs"]},
        "artifacts": {one["path"]: one["digest"] for one in done["artifacts"]},
        "output": done["output_digest"],
        "cost_eur": done["cost"],
    }


def output(lab: Lab) -> int:
    """Open the output notebook and return how many cells it shows."""
    lab.view().get_by_role("button", name="Open output notebook").click()
    shown = lab.page.get_by_role("region", name="Output notebook").locator(".jp-Cell")
    expect(shown.filter(has_text="expected_late").first).to_be_visible()
    return shown.count()


def scheduled(story: Story, lab: Lab) -> Evidence:
    """Schedule the pipeline by cron in a time zone; return the next times that were shown."""
    view = lab.open_row(SECTION, LINE, "Pipelines")
    view.get_by_role("button", name="Schedule", exact=True).click()
    form = lab.dialog()
    form.get_by_role("textbox", name="Cron line").fill(CRON)
    form.get_by_role("combobox", name="Time zone").fill(ZONE)
    times = form.get_by_role("list", name="Next times").get_by_role("listitem").all_inner_texts()
    form.get_by_role("button", name="Schedule", exact=True).click()
    expect(form).to_have_count(0)
    pipeline = story.client("scientist").get(f"/projects/{PROJECT}/pipelines/{LINE}")
    made = [one for one in pipeline["schedules"] if (one["cron"], one["time_zone"]) == (CRON, ZONE)]
    if not made:
        raise AssertionError(f"the schedules are {pipeline['schedules']}")
    newest = max(made, key=lambda one: str(one["created_at"]))
    return {"id": newest["id"], "next_at": newest["next_at"], "shown": times}


def refused_when_changed(story: Story, lab: Lab) -> str:
    """Change a byte of the stored release, try to run it, and return how it is refused."""
    stored = story.installation.home / "releases" / story.release / "notebook.ipynb"
    with changed_byte(stored):
        view = lab.open_row(SECTION, LINE, "Pipelines")
        view.get_by_role("button", name="Run", exact=True).click()
        form = lab.dialog()
        form.get_by_role("button", name="Run", exact=True).click()
        alert = form.get_by_role("alert")
        expect(alert).to_contain_text("bytes have been changed")
        said = alert.get_by_role("paragraph").first.inner_text()
        form.get_by_role("button", name="Cancel").first.click()
    return said


@contextmanager
def changed_byte(file: Path) -> Iterator[None]:
    """Flip one bit of a file for the block, as a broken disk or an intruder would."""
    kept, mode = file.read_bytes(), file.stat().st_mode
    file.chmod(0o600)
    middle = len(kept) // 2
    file.write_bytes(kept[:middle] + bytes([kept[middle] ^ 1]) + kept[middle + 1 :])
    try:
        yield
    finally:
        file.write_bytes(kept)
        file.chmod(mode)
