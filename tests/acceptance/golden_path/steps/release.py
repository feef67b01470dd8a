"""Step 5: a notebook becomes a signed release; nobody approves their own work."""

from __future__ import annotations

import re
import time

from playwright.sync_api import expect

from octavo.client import ClientError
from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.lab import Lab

NOTEBOOK = "flights/score.ipynb"
LINE = "score"
REPLAY_S = 300.0
SECTION = "Notebooks & pipelines"
REASON = "Lint is clean and both clean-room executions gave the same bytes."


def act(story: Story) -> Evidence:
    """Submit, replay, refuse the author's own approval, approve as the reviewer."""
    author, reviewer = story.lab("scientist"), story.lab("reviewer")
    begun = time.monotonic()
    submission = submit(story, author)
    awaited = author.card("Replay verdict")
    expect(awaited).to_contain_text("One execution took", timeout=REPLAY_S * 1000)
    replayed_s = time.monotonic() - begun
    refused = own_approval(story, author, submission)
    read = review(reviewer)
    done = story.client("reviewer").get(f"{path()}/submissions/{submission}")
    story.release = done["release"]
    checks = verified(story, author)
    return {
        "submission": submission,
        "replay_seconds": round(replayed_s, 1),
        "own_approval": refused,
        "review": read,
        "bundle": done["bundle_digest"],
        "verdict": done["replay"]["verdict"]["outcome"],
        "release": story.release,
        "checks": checks,
    }


def path() -> str:
    """Return where the platform keeps the project's notebooks."""
    return f"/projects/{PROJECT}/notebooks"


def submit(story: Story, lab: Lab) -> str:
    """Submit the notebook with the button in its toolbar; return the submission's id."""
    lab.open_notebook(NOTEBOOK)
    lab.page.get_by_role("button", name=re.compile("^Submit .*review")).filter(visible=True).click()
    form = lab.dialog()
    expect(form).to_contain_text("lint clean")
    form.get_by_role("textbox", name="Message to the reviewer").fill("Scores one day's flights.")
    form.get_by_role("button", name="Submit for review").click()
    expect(form).to_have_count(0)
    expect(lab.view().get_by_role("heading", name=LINE, level=1)).to_be_visible()
    newest = story.client("scientist").get(f"{path()}/submissions", limit=1)["items"][0]
    return str(newest["id"])


def own_approval(story: Story, lab: Lab, submission: str) -> Evidence:
    """The author sees why they may not decide, and is refused when they try all the same."""
    locked = lab.card("Decision").get_by_role("note").inner_text()
    if lab.view().get_by_role("button", name="Approve").count():
        raise AssertionError("the author is offered to approve their own work")
    client = story.client("scientist")
    digest = client.get(f"{path()}/submissions/{submission}")["bundle_digest"]
    body = {"decision": "approve", "reason": REASON, "digest": digest}
    try:
        client.post(f"{path()}/submissions/{submission}/review", body)
    except ClientError as refused:
        return {"panel": locked.strip(), "status": refused.status, "error": refused.code}
    raise AssertionError("the author approved their own work")


def review(lab: Lab) -> Evidence:
    """Read diff, lint, verdict and policy in the reviewer's panel, and approve."""
    lab.section(SECTION).get_by_role("button", name=re.compile("^Refresh")).click()
    view = lab.open_row(SECTION, LINE, "Submissions")
    counts = lab.card("Replay verdict").get_by_role("definition").all_inner_texts()
    seen = {
        "diff": view.locator(".jp-octavo-Page-answer").inner_text(),
        "identical_equivalent_volatile_different": [int(count) for count in counts[:4]],
        "lint": lab.card("Lint").get_by_role("heading").inner_text().replace("\n", " "),
        "policy": lab.card("Policy").get_by_role("listitem").all_inner_texts(),
    }
    view.get_by_role("textbox", name="Reason").fill(REASON)
    view.get_by_role("button", name="Approve").click()
    expect(lab.card("Decision")).to_contain_text("approved")
    return seen


def verified(story: Story, lab: Lab) -> list[str]:
    """Open the release and have its bytes and signature verified; return what was checked."""
    lab.section(SECTION).get_by_role("button", name=re.compile("^Refresh")).click()
    view = lab.open_row(SECTION, re.compile(rf"{LINE} release \d+"), "Releases")
    view.get_by_role("button", name="Verify now").click()
    expect(view.get_by_text("verified just now")).to_be_visible()
    digest = view.get_by_role("button", name=re.compile("^Release ")).first.get_attribute("title")
    if story.release not in (digest or ""):
        raise AssertionError(f"the panel shows {digest}, released was {story.release}")
    return [
        " ".join(one.split())
        for one in lab.card("Verification").get_by_role("listitem").all_inner_texts()
    ]
