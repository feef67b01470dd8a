"""Step 1: the scientist signs in, reads the profile cards, and gets JupyterLab."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Locator

from tests.acceptance.golden_path.play import Evidence
from tests.acceptance.golden_path.story import PROJECT, Story

PROFILE = "cpu-small"


def act(story: Story) -> Evidence:
    """Sign in, choose project and card, and wait for JupyterLab."""
    desk = story.newcomer("scientist")
    page = desk.open("/hub/spawn")
    page.get_by_role("radio", name=re.compile(rf"\b{PROJECT}\b")).check()
    cards = [card(one) for one in desk.cards().all()]
    offered = {one["profile"]: one for one in cards}
    check_cards(offered)
    begun = time.monotonic()
    desk.card(PROFILE).get_by_role("button", name=re.compile("^Start")).click()
    desk.await_lab()
    seconds = time.monotonic() - begun
    place = page.request.get(f"{story.installation.url}/user/scientist/octavo/workspace").json()
    if (place["project"], place["profile"]) != (PROJECT, PROFILE):
        raise AssertionError(f"the workspace says that it is {place}")
    return {
        "person": "scientist",
        "session": place["session"],
        "project": PROJECT,
        "profile": PROFILE,
        "cards": cards,
        "spawn_seconds": round(seconds, 1),
    }


def card(shown: Locator) -> dict[str, str]:
    """Read a profile card."""
    facts = dict(
        zip(
            (term.inner_text() for term in shown.get_by_role("term").all()),
            (value.inner_text() for value in shown.get_by_role("definition").all()),
            strict=True,
        )
    )
    refused = shown.get_by_text("Not available:")
    return {
        "profile": shown.locator("code").inner_text(),
        "resources": shown.locator(".oc-spec").inner_text(),
        "price": shown.locator(".oc-price").inner_text(),
        "idle": shown.locator(".oc-idle").inner_text(),
        "budget": facts["Budget left"],
        "refused": refused.locator("..").inner_text() if refused.count() else "",
    }


def check_cards(offered: dict[str, dict[str, str]]) -> None:
    """Hold the cards to what they must say."""
    if set(offered) != {"cpu-small", "cpu-large", "gpu-1"}:
        raise AssertionError(f"the cards are {sorted(offered)}")
    for one in offered.values():
        if not re.search(r"\d+\.\d\d EUR an hour", one["price"]) or "min idle" not in one["idle"]:
            raise AssertionError(f"a card lacks its price or idle rule: {one}")
    if offered["cpu-small"]["refused"]:
        raise AssertionError(offered["cpu-small"]["refused"])
