"""A start that must wait, in a real browser: its card, its place, its cancel, its turn."""

from __future__ import annotations

import re
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, Page, expect
from tests.acceptance import browser
from tests.acceptance.browser import Desk
from tests.support.accessible import faults
from tests.support.hub import RunningHub, await_until, running_hub

pytestmark = pytest.mark.browser

WAITS = "Your workspace waits for its turn"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    """Run a hub with one CPU for workspaces: as much as cpu-large is sure to get."""
    reserve = (psutil.cpu_count() or 1) - 1
    with running_hub(OCTAVO_RESERVE_CPUS=str(reserve)) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.opened() as running:
        yield running


@pytest.fixture(scope="module")
def first(hub: RunningHub, chromium: Browser) -> Iterator[Desk]:
    """Seat a person whose workspace takes all that is free."""
    desk = _seated(hub, chromium, "scientist")
    page = desk.open("/hub/spawn?project=flights&profile=cpu-large")
    desk.card("cpu-large").get_by_role("button", name=re.compile("^Start")).click()
    page.wait_for_url(re.compile("/user/scientist/"), timeout=browser.SPAWN_MS)
    await_until(lambda: len(hub.running_sessions()) == 1, hub)
    yield desk
    assert desk.complaints == []


@pytest.fixture(scope="module")
def second(hub: RunningHub, chromium: Browser, first: Desk) -> Iterator[Desk]:
    """Seat the next person, who must wait."""
    desk = _seated(hub, chromium, "oncall")
    yield desk
    assert desk.complaints == []


def _seated(hub: RunningHub, chromium: Browser, person: str) -> Desk:
    desk = browser.desk(chromium, hub, person)
    desk.sign_in()
    return desk


def _wait_for_turn(desk: Desk) -> Page:
    page = desk.open("/hub/spawn?project=flights&profile=cpu-large")
    button = desk.card("cpu-large").get_by_role("button")
    expect(button).to_have_text("Start when free")
    expect(button).to_have_accessible_description(re.compile("none free now"))
    expect(button).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=WAITS)).to_be_visible()
    return page


def test_the_place_in_the_queue_is_shown_and_cancelling_leaves_nothing(
    hub: RunningHub, second: Desk
) -> None:
    running = hub.running_sessions()
    page = _wait_for_turn(second)
    expect(page.locator("#queue-position")).to_have_text("1")
    expect(page.locator("#queue-wait")).to_have_text(re.compile("about|any moment|not known"))
    expect(page.get_by_role("status")).to_contain_text("You are number 1 in the queue")
    assert faults(page) == []
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url("**/hub/home")
    expect(page.get_by_role("link", name="Choose a workspace")).to_be_visible()
    assert hub.running_sessions() == running


def test_a_place_is_kept_while_the_page_is_away_and_the_turn_comes(
    first: Desk, second: Desk
) -> None:
    page = _wait_for_turn(second)
    page = second.open("/hub/home")
    expect(page.locator("#facts")).to_contain_text("Place in the queue")
    page.get_by_role("link", name="See how far it is").click()
    expect(page.get_by_role("heading", name=WAITS)).to_be_visible()
    first.stop_workspace()
    page.wait_for_url(re.compile("/user/oncall/"), timeout=browser.SPAWN_MS)


def test_an_open_page_learns_what_came_free(first: Desk, second: Desk) -> None:
    page = first.open("/hub/spawn")
    button = first.card("cpu-large").get_by_role("button")
    expect(button).to_have_text("Start when free")
    second.stop_workspace()
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(button).to_have_text("Start")
    expect(page.locator("#announcer")).to_have_text("Large CPU is free now.")


def test_the_nearest_profile_is_one_click_away(first: Desk, second: Desk) -> None:
    first.open("/hub/spawn")
    card = first.card("gpu-1")
    has_gpu = card.get_by_text("Not available:").count() == 0
    name = "Start: One GPU in Late flights" if has_gpu else "Start Large CPU instead"
    card.get_by_role("button", name=name).click()
    page = first.page
    wanted = "gpu-1" if has_gpu else "cpu-large"
    expect(page.get_by_text(f"{wanted} in project flights")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url("**/hub/home")
    expect(page.get_by_role("link", name="Choose a workspace")).to_be_visible()


def test_what_ran_is_on_the_cost_page_as_a_drawing_and_as_a_table(first: Desk) -> None:
    page = first.open("/hub/octavo/cost/flights")
    drawing = page.get_by_role("img", name=re.compile("^Cost per UTC day by person"))
    expect(drawing).to_be_visible()
    page.get_by_text("The same as a table").click()
    table = page.get_by_role("table", name="Cost per UTC day by person, euro")
    expect(table).to_contain_text("scientist")
    page.get_by_label("stacked by").select_option("profile")
    expect(page.get_by_role("img", name=re.compile("by profile"))).to_be_visible()
    page.get_by_label("Seen by").select_option("Profile")
    expect(page.get_by_role("table", name="Cost by profile")).to_contain_text("cpu-large")
    expect(page.get_by_role("table", name="Budgets of this month")).to_contain_text("flights")
    expect(page.get_by_role("button", name=re.compile("^Change the budget"))).to_have_count(0)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV (FOCUS)").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert faults(page) == []
