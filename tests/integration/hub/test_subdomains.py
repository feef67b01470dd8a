"""Each workspace on a host name of its own, seen from a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import expect
from tests.acceptance.browser import opened
from tests.support.hub import RunningHub, running_hub

from octavo.local.people import read_passwords

HOST = "octavo.localhost"
OPEN_KERNEL = """async () => {
  const xsrf = document.cookie.match(/_xsrf=([^;]+)/)[1];
  const made = await fetch('/user/scientist/api/kernels', {
    method: 'POST', headers: {'X-XSRFToken': xsrf, 'Content-Type': 'application/json'}, body: '{}'
  });
  const { id } = await made.json();
  const path = `/user/scientist/api/kernels/${id}/channels`;
  const socket = new WebSocket(`ws://${location.host}${path}?session_id=x`);
  return new Promise(said => {
    socket.onopen = () => said('open');
    socket.onclose = () => said('closed');
  });
}"""
"""Starts a kernel and opens its socket, as JupyterLab does."""
REACH = """async address => {
  try {
    return String((await fetch(address, { credentials: 'include' })).status);
  } catch (error) {
    return 'refused';
  }
}"""
"""Asks a workspace for its kernels from a page of another host."""


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    names = {"OCTAVO_SUBDOMAINS": "true", "OCTAVO_PUBLIC_URL": f"http://{HOST}:{{port}}"}
    with running_hub(**names) as running:
        yield running


def test_a_workspace_is_served_on_its_own_host_name(hub: RunningHub) -> None:
    base = f"http://{HOST}:{hub.port}"
    own = f"http://scientist.{HOST}:{hub.port}"
    password = read_passwords(hub.home / "people.txt")["scientist"]
    with opened() as browser:
        page = browser.new_page()
        page.set_default_timeout(60_000)
        page.goto(f"{base}/hub/login?next=/hub/spawn")
        page.get_by_label("Name").fill("scientist")
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{base}/hub/spawn")
        page.get_by_role("button", name=re.compile("^Start")).first.click()
        page.wait_for_url(re.compile(rf"^{re.escape(own)}/user/scientist/lab"), timeout=90_000)
        expect(page.get_by_role("menubar").first).to_be_visible(timeout=90_000)
        assert page.evaluate(OPEN_KERNEL) == "open"
        cookies = page.context.cookies()
        page.goto(f"{base}/hub/home")
        assert page.evaluate(REACH, f"{own}/user/scientist/api/kernels") == "refused"
    login = [one for one in cookies if one["name"].startswith("jupyterhub-hub-login")]
    assert [one["domain"] for one in login] == [HOST]
    workspace = [one for one in cookies if one["name"] == "jupyterhub-user-scientist"]
    assert [one["domain"] for one in workspace] == [f"scientist.{HOST}"]


def test_services_stay_on_the_hubs_host_which_serves_no_workspace(hub: RunningHub) -> None:
    def ask(path: str) -> httpx.Response:
        return httpx.get(f"{hub.url}{path}", headers={"Host": f"{HOST}:{hub.port}"})

    assert ask("/services/octavo/health").json()["status"] == "ok"
    answer = ask("/user/scientist/api/status")
    assert answer.headers["location"].startswith(f"http://{HOST}:{hub.port}/hub/")
    assert "x-jupyterhub-version" in answer.headers
