"""Step 7: the model goes live, a second version follows as a canary and is rolled back."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import Any

import httpx
from playwright.sync_api import expect

from tests.acceptance.golden_path.flights import scheduled_flights
from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.steps.model import MODEL, register
from tests.acceptance.golden_path.story import PROJECT, Story
from tests.acceptance.lab import Lab, eventually

SECTION = "Deployments"
LIVE_S = 180.0
CANARY_PERCENT = 10
FLIGHTS = 120
"""Enough for a share of 10 % to show, and for the monitor to see a distribution."""
REASON = "Better than the base rate on June, and calibrated."
AFTER_ROLLBACK = 20
LOOKS = 3
"""Times that the reviewer looks at the evidence at most."""


def act(story: Story) -> Evidence:
    """Put version 1 live, then version 2 as a canary, and roll that back."""
    lab = story.lab("scientist")
    first = deployed(story, story.versions[0], share=100)
    tried = try_it(lab)
    scored = score(story, scheduled_flights(story, 1))[0]
    register(lab, second_run(story))
    story.versions.append(newest_version(story))
    canary = deployed(story, story.versions[1], share=CANARY_PERCENT)
    answers = score(story, scheduled_flights(story, FLIGHTS))
    counted = Counter(answer["version"] for answer in answers)
    if not 0 < counted[story.versions[1]] < FLIGHTS / 3:
        raise AssertionError(f"a canary of {CANARY_PERCENT} % answered {dict(counted)}")
    return {
        "first": first,
        "tried_in_panel": tried,
        "scored_flight": scored,
        "canary": canary,
        "answers_by_version": {f"v{version}": count for version, count in counted.items()},
        "rollback": rolled_back(story, lab),
    }


def deployed(story: Story, version: int, share: int) -> Evidence:
    """Request a version in prod, approve it as the reviewer, and wait until it answers."""
    author = story.lab("scientist")
    request = requested(story, author, version, share)
    refused = author.card("Decision").get_by_role("note").inner_text().strip()
    client = story.client("scientist")
    eventually(
        lambda: client.get(f"/projects/{PROJECT}/deployments/requests/{request}"),
        lambda asked: (asked["evidence"] or {}).get("state") != "gathering",
        LIVE_S,
        f"the evidence about v{version} is gathered",
    )
    begun = time.monotonic()
    approved(story.lab("reviewer"), version)
    state = "live" if share == 100 else "canary"
    live = eventually(
        lambda: client.get(f"/projects/{PROJECT}/deployments/{MODEL}"),
        lambda d: (d["rollout"]["to_version"], d["rollout"]["state"]) == (version, state),
        LIVE_S,
        f"v{version} is {state}",
    )
    return {
        "request": request,
        "own_approval": refused,
        "traffic": {f"v{one['version']}": one["percent"] for one in live["traffic"]},
        "headline": live["headline"],
        "seconds_to_live": round(time.monotonic() - begun, 1),
    }


def requested(story: Story, lab: Lab, version: int, share: int) -> str:
    """Fill in the request from the model's row; return the request's id."""
    row = lab.row("Models", MODEL)
    row.get_by_role("button", name=re.compile("^Request deployment")).click()
    form = lab.dialog()
    form.get_by_role("combobox", name=f"Version of {MODEL}").select_option(str(version))
    form.get_by_role("combobox", name="Environment").select_option("prod")
    takeover = form.get_by_role("combobox", name="How it takes over")
    takeover.select_option("direct" if share == 100 else "canary")
    if share < 100:
        form.get_by_role("textbox", name="Share of the requests").fill(str(share))
    form.get_by_role("textbox", name="Reason").fill(REASON)
    form.get_by_role("button", name="Request deployment").click()
    expect(form).to_have_count(0)
    title = re.compile(rf"{MODEL} v{version} to {MODEL}")
    expect(lab.view().get_by_role("heading", name=title, level=1)).to_be_visible()
    asked = story.client("scientist").get(f"/projects/{PROJECT}/deployments/requests", limit=1)
    return str(asked["items"][0]["id"])


def approved(lab: Lab, version: int) -> None:
    """Approve the request in the reviewer's panel, on evidence that holds.

    The live version's monitor may raise its first alerts between the evidence and the decision:
    then the platform asks for a new look, and the reviewer takes one.
    """
    lab.section(SECTION).get_by_role("button", name=re.compile("^Refresh")).click()
    view = lab.open_row(SECTION, f"{MODEL} v{version}", "Deployment requests")
    decision, evidence = lab.card("Decision"), lab.card("Evidence")
    view.get_by_role("textbox", name="Reason").fill("Card, metrics and policy are in order.")
    outcome = re.compile("approved|doesn't hold any more")
    for _ in range(LOOKS):
        view.get_by_role("button", name="Approve").click()
        expect(decision).to_contain_text(outcome)
        if "doesn't hold any more" not in decision.inner_text():
            break
        evidence.get_by_role("button", name="Gather again").click()
        expect(evidence.get_by_text("out of date")).to_have_count(0)
        expect(evidence.get_by_text("complete", exact=True)).to_be_visible()
    expect(decision).to_contain_text("approved")


def try_it(lab: Lab) -> str:
    """Score the example in the deployment's own form; return what it shows."""
    lab.section(SECTION).get_by_role("button", name=re.compile("^Refresh")).click()
    view = lab.open_row(SECTION, f"{MODEL} @prod", "Deployments")
    form = lab.card("Try it")
    form.get_by_role("button", name="Score").click()
    answer = view.get_by_role("status", name="Score")
    expect(answer).to_contain_text(re.compile(r"v\d+"))
    return " ".join(answer.inner_text().split())


def score(story: Story, flights: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Post flights one by one, as a program outside does, and return the answers."""
    path = f"/services/octavo/api/v1/projects/{PROJECT}/deployments/{MODEL}/invocations"
    headers = {"Authorization": f"Bearer {story.tokens['scientist']}"}
    url = story.installation.url
    with httpx.Client(base_url=url, headers=headers, timeout=30.0, trust_env=False) as client:
        answers = [client.post(path, json={"dataframe_records": [row]}) for row in flights]
    return [answer.raise_for_status().json() for answer in answers]


def second_run(story: Story) -> str:
    """Return the name of the other training run."""
    run = story.client("scientist").get(f"/projects/{PROJECT}/experiments/runs/{story.runs[1]}")
    return str(run["run"]["name"])


def newest_version(story: Story) -> int:
    """Return the newest version of the model."""
    model = story.client("scientist").get(f"/projects/{PROJECT}/models/{MODEL}")
    return int(model["versions"][0]["version"])


def rolled_back(story: Story, lab: Lab) -> Evidence:
    """Roll the canary back by one click; measure until the panel shows that all traffic moved."""
    lab.section(SECTION).get_by_role("button", name=re.compile("^Refresh")).click()
    view = lab.open_row(SECTION, f"{MODEL} @prod", "Deployments")
    old = story.versions[0]
    begun = time.monotonic()
    view.get_by_role("button", name=f"Roll back to v{old}").click()
    traffic = view.get_by_role("img", name=f"Traffic: v{old} 100 %")
    expect(traffic).to_be_visible()
    seconds = time.monotonic() - begun
    answers = score(story, scheduled_flights(story, AFTER_ROLLBACK))
    versions = sorted({answer["version"] for answer in answers})
    if versions != [old]:
        raise AssertionError(f"after the rollback versions {versions} answered")
    return {"to": f"v{old}", "seconds": round(seconds, 3), "answers_after": len(answers)}
