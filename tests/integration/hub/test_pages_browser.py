"""The hub's pages in a real browser, by keyboard, in both themes, on a desk and on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime

import httpx
import psutil
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.acceptance import browser
from tests.acceptance.browser import Desk
from tests.support.accessible import faults, walk
from tests.support.hub import RunningHub, await_until, running_hub

pytestmark = pytest.mark.browser

PHONE = {"width": 360, "height": 780}
PAGES = (
    "/hub/spawn",
    "/hub/home",
    "/hub/octavo/profiles",
    "/hub/octavo/profiles/gpu-1",
    "/hub/octavo/profiles/gpu-1/edit",
    "/hub/octavo/profiles/new",
    "/hub/octavo/cost",
    "/hub/octavo/cost/flights",
    "/hub/octavo/failures",
)
FINE = re.compile("^No fault")
ANYTHING = re.compile("fault")
"""A machine without the profile's GPU has something to say about it."""
Sit = Callable[..., Desk]


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.opened() as running:
        yield running


@pytest.fixture
def sit(hub: RunningHub, chromium: Browser) -> Iterator[Sit]:
    """Sign a person in at a browser of their own; no page's script may have failed at the end."""
    desks: list[Desk] = []

    def seat(person: str, **settings: object) -> Desk:
        made = browser.desk(chromium, hub, person, **settings)
        made.page.on("dialog", lambda dialog: dialog.accept())
        made.sign_in()
        desks.append(made)
        return made

    yield seat
    for one in desks:
        assert one.complaints == []
        one.context.close()


def _editor(page: Page) -> Locator:
    return page.get_by_label("The document as YAML")


def _said(page: Page) -> Locator:
    return page.locator("#yaml-state")


def _open_editor(desk: Desk, profile: str, said: re.Pattern[str] = FINE) -> Page:
    page = desk.open(f"/hub/octavo/profiles/{profile}/edit")
    expect(_said(page)).to_have_text(said)
    return page


def _propose_price(desk: Desk, profile: str, old: str, new: str) -> Page:
    page = _open_editor(desk, profile)
    price = page.get_by_role("group", name="price 1").get_by_label("EUR an hour")
    expect(price).to_have_value(old)
    price.fill(new)
    expect(_editor(page)).to_have_value(re.compile(rf"per_hour: {re.escape(new)}\b"))
    expect(_said(page)).to_have_text(FINE)
    page.get_by_label("Why, as a sentence that the reviewer reads").fill("The provider costs less.")
    page.get_by_role("button", name="Send for review").click()
    expect(page.get_by_text("waits for review")).to_be_visible()
    return page


def test_a_price_is_edited_approved_by_another_and_on_the_card_at_once(sit: Sit) -> None:
    scientist = sit("scientist")
    scientist.open("/hub/spawn")
    expect(scientist.card("cpu-small")).to_contain_text("0.12 EUR an hour")

    admin = sit("admin")
    page = _propose_price(admin, "cpu-small", "0.12", "0.09")
    expect(page.get_by_text(re.compile("another", re.IGNORECASE))).to_be_visible()
    expect(page.get_by_role("button", name="Approve and publish")).to_have_count(0)

    reviewer = sit("reviewer")
    page = reviewer.open("/hub/octavo/profiles")
    page.get_by_role("link", name="Review: Change cpu-small").click()
    difference = page.get_by_role("region", name="Difference, line by line")
    expect(difference).to_contain_text("0.09")
    page.get_by_role("button", name="Approve and publish").click()
    sentence = page.get_by_label("Your decision, as a sentence")
    assert sentence.evaluate("one => one.validity.valueMissing")
    expect(sentence).to_be_focused()
    sentence.fill("The invoice says so.")
    page.get_by_role("button", name="Approve and publish").click()
    expect(page.get_by_text("Approved by reviewer")).to_be_visible()
    expect(page.get_by_role("heading", name="Change cpu-small")).to_be_focused()

    scientist.open("/hub/spawn")
    expect(scientist.card("cpu-small")).to_contain_text("0.09 EUR an hour")


def test_a_fault_is_at_its_line_and_at_its_field_and_leads_there(sit: Sit) -> None:
    page = _open_editor(sit("admin"), "cpu-large")
    cpu = page.get_by_label("CPU cores, at most")
    cpu.fill("-4")
    expect(_said(page)).to_have_text("1 fault.")
    expect(page.locator("#announcer")).to_have_text("1 fault.")
    expect(cpu).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#fits")).to_have_text(
        "Fit and difference are shown once the faults are mended."
    )
    expect(page.get_by_text("Nothing to compare with")).to_be_hidden()
    expect(cpu).to_have_accessible_description(re.compile("-4"))
    line = int(page.locator(".oc-line-bad").inner_text())
    assert "-4" in "\n".join(_editor(page).input_value().split("\n")[line - 1 : line + 3])
    page.get_by_label("Title").focus()
    page.get_by_role("button", name=re.compile(rf"^line {line}, resources\.cpu\.limit")).click()
    expect(cpu).to_be_focused()
    page.get_by_label("Why, as a sentence that the reviewer reads").fill("More cores.")
    page.get_by_role("button", name="Send for review").click()
    expect(cpu).to_be_focused()
    assert page.url.endswith("/edit")


def test_yaml_fills_the_form_and_broken_yaml_waits_for_its_mending(sit: Sit) -> None:
    page = _open_editor(sit("admin"), "cpu-large")
    yaml, form = _editor(page), page.locator("#form")
    text = yaml.input_value()
    yaml.fill(text.replace("longest_hours: ", "longest_hours: [", 1))
    expect(_said(page)).to_have_text(re.compile("fault"))
    expect(form).to_have_attribute("inert", "")
    expect(page.locator(".oc-line-bad")).to_have_count(1)
    yaml.fill(re.sub("longest_hours: .*", "longest_hours: 7", text))
    expect(_said(page)).to_have_text(FINE)
    expect(page.get_by_label("Hours, at most")).to_have_value("7")


def test_a_gpu_type_goes_with_a_count_above_nought(sit: Sit) -> None:
    page = _open_editor(sit("admin"), "gpu-1", ANYTHING)
    kind = page.get_by_label("GPU type")
    expect(kind).to_have_value("A100")
    page.get_by_label("GPUs", exact=True).fill("0")
    expect(kind).to_be_disabled()
    expect(_editor(page)).not_to_have_value(re.compile("gpu:|A100"))


def test_a_reload_loses_no_edit(sit: Sit) -> None:
    page = _open_editor(sit("admin"), "cpu-large")
    page.get_by_label("Title").fill("A title of mine")
    page.get_by_label("Why, as a sentence that the reviewer reads").fill("A better title.")
    page.reload()
    expect(page.get_by_text("Your edit from")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("A title of mine")
    expect(_editor(page)).to_have_value(re.compile("A title of mine"))
    reason = page.get_by_label("Why, as a sentence that the reviewer reads")
    expect(reason).to_have_value("A better title.")
    page.get_by_role("button", name="Throw it away").click()
    expect(page.get_by_label("Title")).to_have_value("Large CPU")


def test_a_dry_run_says_what_differs_where_it_fits_and_whom_it_touches(sit: Sit) -> None:
    page = _open_editor(sit("admin"), "cpu-large")
    page.get_by_label("Hours, at most").fill("12")
    page.get_by_role("button", name="Dry run").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_focused()
    expect(page.locator("#verdict")).to_have_text(re.compile("could be published as version 2"))
    expect(page.locator("#fits")).to_have_text(re.compile("It fits on .+"))
    expect(page.locator("#affected")).to_contain_text("In the last 30 days")
    expect(page.get_by_role("region", name="Difference, line by line")).to_contain_text(
        "longest_hours: 12"
    )


def test_a_version_is_rolled_back_and_a_profile_retired_by_two_people(sit: Sit) -> None:
    admin, reviewer = sit("admin"), sit("reviewer")
    _approve(reviewer, _propose_price(admin, "cpu-large", "0.48", "0.44").url)
    page = admin.open("/hub/octavo/profiles/cpu-large")
    page.get_by_role("button", name="Roll back to version 1").click()
    dialog = page.get_by_role("dialog", name="Roll cpu-large back to version 1")
    dialog.get_by_label("Why, as a sentence").fill("The provider took it back.")
    dialog.get_by_role("button", name="Send for review").click()
    page.wait_for_url("**/profiles/changes/*")
    expect(page.get_by_role("heading", name="Roll cpu-large back to version 1")).to_be_visible()
    _approve(reviewer, page.url)

    page = admin.open("/hub/octavo/profiles/cpu-large")
    expect(page.get_by_text("version 3, 0.48 EUR an hour")).to_be_visible()
    page.get_by_role("button", name="Retire").click()
    dialog = page.get_by_role("dialog", name="Retire cpu-large")
    dialog.get_by_label("Lead people to").select_option("cpu-small")
    dialog.get_by_label("Tell people").fill("Two small ones cost less.")
    dialog.get_by_label("Why, as a sentence").fill("Nobody needs it.")
    dialog.get_by_role("button", name="Send for review").click()
    page.wait_for_url("**/profiles/changes/*")
    expect(page.get_by_role("heading", name="Retire cpu-large")).to_be_visible()
    _approve(reviewer, page.url, "Approve and retire")
    expect(reviewer.page.locator("#view")).not_to_contain_text("It made version")
    page = admin.open("/hub/octavo/profiles/cpu-large")
    expect(page.get_by_text("Two small ones cost less.")).to_be_visible()

    page.get_by_role("link", name="Edit and offer again").click()
    expect(_said(page)).to_have_text(FINE)
    page.get_by_label("Why, as a sentence that the reviewer reads").fill("It is missed.")
    page.get_by_role("button", name="Send for review").click()
    page.wait_for_url("**/profiles/changes/*")
    _approve(reviewer, page.url)
    page = admin.open("/hub/octavo/profiles/cpu-large")
    expect(page.get_by_text("version 4, 0.48 EUR an hour")).to_be_visible()


def _approve(reviewer: Desk, address: str, button: str = "Approve and publish") -> None:
    page = reviewer.page
    page.goto(address)
    page.get_by_label("Your decision, as a sentence").fill("It is right so.")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_text("Approved by reviewer")).to_be_visible()


def test_budgets_are_shown_beside_what_is_booked_on_no_project(sit: Sit, hub: RunningHub) -> None:
    orphan = {
        "where": "pod/left-over", "profile": "cpu-small", "project": "gone-project",
        "since": "2026-01-01T00:00:00Z", "until": datetime.now(UTC).isoformat(),
    }  # fmt: skip
    booked = httpx.post(
        f"http://127.0.0.1:{hub.port + 2}/services/octavo/api/v1/workspaces/orphans",
        json=orphan,
        headers={"Authorization": f"Bearer {hub.token('spawner')}"},
    )
    assert booked.status_code == 201, booked.text
    page = sit("admin").open("/hub/octavo/cost")
    page.get_by_label("Seen by").select_option(label="Project")
    expect(page.get_by_text("gone-project").first).to_be_visible()
    expect(page.get_by_role("table", name="Budgets of this month")).to_contain_text("flights")


def test_budgets_and_quotas_change_where_they_are_read(sit: Sit) -> None:
    admin = sit("admin")
    page = admin.open("/hub/octavo/cost")
    page.get_by_role("button", name="Change the budget of flights").click()
    dialog = page.get_by_role("dialog", name="Budget of flights")
    dialog.get_by_label("EUR a month").fill("750")
    dialog.get_by_label("Alert from, %").fill("70")
    dialog.get_by_label("Why, as a sentence").fill("A larger model.")
    dialog.get_by_role("button", name="Change it").click()
    budgets = page.get_by_role("table", name="Budgets of this month")
    expect(budgets).to_contain_text("of 750 EUR")
    expect(budgets).to_contain_text("70 %")

    page.get_by_role("button", name="Add a quota").click()
    dialog = page.get_by_role("dialog", name="Add a quota")
    dialog.get_by_label("For").select_option("group")
    dialog.get_by_label("Name").fill("scientists")
    dialog.get_by_label("Counted").select_option("core_hours")
    dialog.get_by_label("Hours allowed").fill("200")
    dialog.get_by_label("Why, as a sentence").fill("Fair shares.")
    dialog.get_by_role("button", name="Add it").click()
    expect(page.get_by_role("table", name="Quotas")).to_contain_text("200 core-hours")

    scientist = sit("scientist")
    scientist.open("/hub/spawn")
    expect(scientist.card("cpu-small")).to_contain_text("200 of 200 left in 30 days")

    page.get_by_role("button", name="Remove the quota of scientists").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Why, as a sentence").fill("No longer needed.")
    dialog.get_by_role("button", name="Remove it").click()
    expect(page.get_by_text("No quota is set")).to_be_visible()


def test_a_refused_change_is_said_in_its_dialog_and_nothing_is_lost(sit: Sit) -> None:
    page = sit("admin").open("/hub/octavo/cost")
    page.get_by_role("button", name="Change the budget of flights").click()
    dialog = page.get_by_role("dialog", name="Budget of flights")
    dialog.get_by_label("Alert from, %").fill("120")
    dialog.get_by_label("Soft stop from, %").fill("90")
    dialog.get_by_label("Why, as a sentence").fill("Upside down.")
    dialog.get_by_role("button", name="Change it").click()
    expect(dialog.get_by_role("alert")).to_contain_text("120")
    expect(dialog.get_by_label("Soft stop from, %")).to_have_value("90")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Change the budget of flights")).to_be_focused()


def test_a_link_puts_the_focus_on_its_card_and_enter_starts_it(sit: Sit, hub: RunningHub) -> None:
    desk = sit("scientist")
    page = desk.open("/hub/spawn?project=flights&profile=cpu-small")
    button = desk.card("cpu-small").get_by_role("button", name=re.compile("^Start"))
    expect(button).to_be_focused()
    expect(button).to_have_accessible_description(re.compile("EUR an hour"))
    assert hub.running_sessions() == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your workspace is starting")).to_be_visible()
    assert faults(page) == []
    page.wait_for_url(re.compile("/user/scientist/"), timeout=browser.SPAWN_MS)
    page = desk.open("/hub/home")
    expect(page.locator("#facts")).to_contain_text("Cost so far")
    expect(page.locator("#facts")).to_contain_text("Budget left")
    assert faults(page) == []
    desk.stop_workspace()
    page = desk.open("/hub/spawn")
    expect(desk.page.locator("li.oc-chosen")).to_have_count(1)


def test_a_start_that_dies_says_why_and_leads_back_to_its_card(sit: Sit, hub: RunningHub) -> None:
    desk = sit("reviewer")
    page = desk.open("/hub/spawn?project=flights&profile=cpu-small")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your workspace is starting")).to_be_visible()
    await_until(lambda: bool(_workspaces(hub)), hub)
    for process in _workspaces(hub):
        process.kill()
    expect(page.get_by_role("heading", name="Your workspace didn't start")).to_be_visible()
    expect(page.get_by_role("alert").locator("p")).to_have_count(2)
    assert faults(page) == []
    page.get_by_role("link", name="Choose a workspace").click()
    expect(desk.card("cpu-small").get_by_role("button")).to_be_focused()
    page = sit("admin").open("/hub/octavo/failures")
    expect(page.get_by_text(re.compile(r"^[1-9]\d* of \d+ starts failed since"))).to_be_visible()


def _workspaces(hub: RunningHub) -> list[psutil.Process]:
    """Return the processes of single-user servers that this hub started."""
    found = []
    for pid in hub.leftovers():
        with suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if "octavo.local.singleuser" in process.cmdline():
                found.append(process)
    return found


def test_the_spawn_page_works_by_keyboard_alone(sit: Sit) -> None:
    desk = sit("scientist")
    page = desk.open("/hub/spawn")
    page.locator("#content").focus()
    names = walk(page, 2)
    assert "Late flights" in names[0]
    assert names[1].startswith("Start: Small CPU")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [{"width": 1280, "height": 800}, PHONE])
def test_each_page_is_named_ordered_and_fits(sit: Sit, theme: str, viewport: object) -> None:
    desk = sit("admin", color_scheme=theme, viewport=viewport)
    for path in PAGES:
        page = desk.open(path)
        page.wait_for_load_state("networkidle")
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        expect(page.get_by_role("alert").filter(has_text=re.compile(r"\S"))).to_have_count(0)
        assert faults(page) == [], path
        assert page.locator("html").get_attribute("data-bs-theme") == theme
