"""A workspace in the real JupyterLab: cost and countdown, the extension, and what is never stopped.

Two people work on a profile that stops after one idle minute. One has a cell that runs longer than
that, the other has nothing that runs; only the second one's workspace ends.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from tests.acceptance.browser import Desk, desk, opened
from tests.acceptance.lab import Lab
from tests.acceptance.person import Person
from tests.support.hub import RunningHub, running_hub

pytestmark = pytest.mark.timeout(300)

PROFILE = "one-minute"
DOCUMENT = f"""
id: {PROFILE}
title: One idle minute
description: Stops after one idle minute, for tests of just that.
resources:
  cpu: {{guarantee: 0.1, limit: 1}}
  memory_gib: {{guarantee: 0.25, limit: 2}}
  processes: 512
prices:
  - {{from: 2026-01-01, per_hour: 6.00, currency: EUR}}
idle: {{minutes: 1, extension_minutes: 30}}
longest_hours: 4
ready_seconds: 8
audiences: []
environments: [dev]
pipelines: false
"""
IDLE_S = 60.0
STOP_LIMIT_S = 150.0
NOTEBOOK = "flights/long.ipynb"
LONG_CELL = "import time\nfor _ in range(6000): time.sleep(0.1)"


class Api:
    """The platform's routes, asked in a person's name."""

    def __init__(self, hub: RunningHub, name: str) -> None:
        person = Person(hub, name)
        self._http = httpx.Client(
            base_url=f"{hub.url}/services/octavo/api/v1/",
            headers={"Authorization": f"Bearer {person.token()}"},
            timeout=30,
            trust_env=False,
        )
        self.person = person

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """Return the answer's JSON. Raises AssertionError with what a refusal says."""
        answer = self._http.request(method, path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def close(self) -> None:
        """Close the person's connections."""
        self._http.close()
        self.person.close()


@contextmanager
def api(hub: RunningHub, name: str) -> Iterator[Api]:
    """Give a person's way to the routes for the block."""
    made = Api(hub, name)
    try:
        yield made
    finally:
        made.close()


def until(read: Callable[[], Any], holds: Callable[[Any], bool], limit_s: float, what: str) -> Any:
    """Read until it holds. Raises TimeoutError with the last reading."""
    deadline = time.monotonic() + limit_s
    while not holds(value := read()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} after {limit_s:.0f} s; last seen: {value}")
        time.sleep(0.5)
    return value


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub(OCTAVO_PROBE_SECONDS="2") as running:
        publish(running)
        yield running


def publish(hub: RunningHub) -> None:
    """Publish the profile as an admin and a reviewer do."""
    change = {"profile": PROFILE, "text": DOCUMENT, "reason": "A test of the idle rule."}
    with api(hub, "admin") as author, api(hub, "reviewer") as reviewer:
        proposed = author.ask("POST", "profiles/changes", change)
        review = {"decision": "approve", "reason": "It is short.", "digest": proposed["digest"]}
        reviewer.ask("POST", f"profiles/changes/{proposed['id']}/review", review)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with opened() as running:
        yield running


@pytest.fixture(scope="module")
def at_work(hub: RunningHub, browser: Browser) -> Iterator[Desk]:
    sitting = desk(browser, hub, "scientist")
    sitting.sign_in()
    sitting.start_workspace(profile=PROFILE)
    yield sitting
    sitting.context.close()


def item(page: Page) -> Locator:
    """Find the status bar's item."""
    return page.get_by_role("button", name=re.compile(r"^\d+\.\d\d € · "))


def put_notebook(person: Person, code: str) -> None:
    """Put a notebook with one cell into the person's home."""
    cell = {"cell_type": "code", "source": code, "metadata": {}, "outputs": []}
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
    content = {
        "cells": [cell | {"execution_count": None, "id": "long"}],
        "metadata": {"kernelspec": kernel},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    person.http.put(
        f"/user/{person.name}/api/contents/{NOTEBOOK}",
        headers={"Authorization": f"token {person.token()}"},
        json={"type": "notebook", "content": content},
    ).raise_for_status()


def test_a_running_cell_is_never_stopped_and_an_idle_workspace_is(
    hub: RunningHub, at_work: Desk
) -> None:
    page = at_work.page
    with api(hub, "scientist") as own, api(hub, "reviewer") as idle:
        put_notebook(own.person, LONG_CELL)
        lab = Lab(desk=at_work)
        lab.open_notebook(NOTEBOOK)
        lab.run_all()
        running = until(
            lambda: own.ask("GET", "workspaces/mine"),
            lambda mine: mine["activity"] == "cell",
            60,
            "the platform knows of the running cell",
        )
        begun = time.monotonic()
        assert running["idle_stop_at"] is None

        idle.person.start_workspace(profile=PROFILE)
        until(
            lambda: idle.person.hub("GET", "/users/reviewer").json().get("servers"),
            lambda servers: not servers,
            STOP_LIMIT_S,
            "the idle workspace has stopped",
        )
        assert time.monotonic() - begun > IDLE_S

        mine = own.ask("GET", "workspaces/mine")
        assert (mine["state"], mine["activity"]) == ("running", "cell")
    expect(item(page)).to_have_text(re.compile("cell running$"))


def test_the_extension_is_taken_in_the_status_bar_once(hub: RunningHub, at_work: Desk) -> None:
    page = at_work.page
    item(page).click()
    popup = page.get_by_role("dialog", name="This workspace")
    expect(popup).to_contain_text("One idle minute · 6.00 € an hour")
    popup.get_by_role("button", name="Extend by 30 min").click()
    form = page.get_by_role("form", name="Extend by 30 min")
    form.get_by_label("Reason").fill("A cell that takes long.")
    form.get_by_role("button", name="Extend by 30 min").click()
    expect(form).to_have_count(0)
    with api(hub, "scientist") as own:
        assert own.ask("GET", "workspaces/mine")["extension_minutes_left"] == 0
    item(page).click()
    expect(popup.get_by_role("button", name="Extend")).to_be_disabled()
    expect(popup.get_by_title(re.compile("^The one extension was used"))).to_be_visible()
    page.keyboard.press("Escape")


def test_the_cost_of_the_project_can_be_had_as_a_file(hub: RunningHub, at_work: Desk) -> None:
    address = f"{hub.url}/user/scientist/octavo/api/projects/flights/cost.csv"
    answer = at_work.page.request.get(address)
    assert answer.ok
    assert "BilledCost" in answer.text().splitlines()[0]


def test_stopping_says_what_is_kept_and_leads_to_the_hub(at_work: Desk) -> None:
    page = at_work.page
    item(page).click()
    page.get_by_role("button", name="Stop workspace…").click()
    asked = page.get_by_role("dialog").filter(has_text="Stop this workspace?")
    expect(asked).to_contain_text("Files in your home folder are kept")
    asked.get_by_role("button", name="Stop workspace").click()
    page.wait_for_url(re.compile("/hub/home"))
    assert at_work.complaints == []
