"""The monitor in a real browser: rendered for its viewer, nothing from outside, nothing left."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.acceptance.browser import PATIENCE_MS, desk, opened
from tests.acceptance.installation import Installation
from tests.acceptance.person import Person

pytestmark = [pytest.mark.acceptance, pytest.mark.browser, pytest.mark.timeout(300)]

PAGE = "/user/oncall/voila/render/flights/monitor.ipynb?project=flights&theme={theme}"
LEAVE_S = 60.0
"""How long the kernel of a closed dashboard may live."""


def _kernels(person: Person) -> int:
    headers = {"Authorization": f"token {person.token()}"}
    answer = person.http.get("/user/oncall/api/kernels", headers=headers)
    answer.raise_for_status()
    return len(answer.json())


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_monitor_shows_fetches_nothing_from_outside_and_leaves_no_kernel(
    octavo: Installation, people: Callable[[str], Person], theme: str
) -> None:
    oncall = people("oncall")
    oncall.start_workspace()
    with opened() as browser:
        viewer = desk(browser, octavo, "oncall")
        outside: list[str] = []
        own = (octavo.url, octavo.url.replace("http", "ws", 1), "data:", "blob:")

        def sent(url: str) -> None:
            if not url.startswith(own):
                outside.append(url)

        viewer.page.on("request", lambda request: sent(request.url))
        viewer.sign_in()
        before = _kernels(oncall)
        page = viewer.open(PAGE.format(theme=theme))
        shown = page.locator(".octavo-monitor").get_by_role("heading").first
        expect(shown).to_be_visible(timeout=2 * PATIENCE_MS)
        is_light = page.locator("body").get_attribute("data-jp-theme-light")
        assert is_light == ("true" if theme == "light" else "false")
        assert _kernels(oncall) == before + 1
        assert outside == []
        assert viewer.complaints == []
        viewer.open("/hub/home")
        deadline = time.monotonic() + LEAVE_S
        while _kernels(oncall) > before:
            assert time.monotonic() < deadline, "the dashboard's kernel is still there"
            time.sleep(0.2)


def test_nobody_else_sees_a_persons_dashboard(
    octavo: Installation, people: Callable[[str], Person]
) -> None:
    people("oncall").start_workspace()
    answer = people("scientist").http.get(PAGE.format(theme="light"))
    assert answer.status_code in (403, 404)
