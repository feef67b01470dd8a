"""Profiles on a real hub: its groups are asked, and a published change is on its page at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.hub import RunningHub, running_hub

API = "/services/octavo/api/v1"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


def _call(
    hub: RunningHub, client: httpx.Client, person: str, method: str, path: str, body: Any = None
) -> Any:
    """Ask the platform as a signed-in person, with a token that they make on the hub."""
    token = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
    made = client.post(
        f"/hub/api/users/{person}/tokens",
        json={"note": "test", "expires_in": 60},
        headers={"X-XSRFToken": token or "", "Referer": f"{hub.url}/hub/token"},
    ).json()
    headers = {"Authorization": f"Bearer {made['token']}"}
    answer = client.request(method, API + path, headers=headers, json=body)
    assert answer.status_code < 300, answer.text
    return answer.json()


def test_a_change_is_live_on_the_page_of_a_hub_that_was_never_restarted(hub: RunningHub) -> None:
    with (
        hub.browser("admin") as admin,
        hub.browser("reviewer") as reviewer,
        hub.browser("scientist") as scientist,
    ):
        assert "0.12" in scientist.get("/hub/spawn").text
        newest = _call(hub, admin, "admin", "GET", "/profiles/catalog/cpu-small")["versions"][0]
        text = newest["text"].replace("per_hour: 0.12", "per_hour: 0.77")
        text = text.replace("audiences: []", "audiences: [scientists]")
        check = _call(hub, admin, "admin", "POST", "/profiles/check", {"text": text})
        assert (check["valid"], check["findings"]) == (True, [])
        unknown = text.replace("[scientists]", "[scientists, moon-people]")
        found = _call(hub, admin, "admin", "POST", "/profiles/check", {"text": unknown})
        assert [one["field"] for one in found["findings"]] == ["audiences.1"]
        limit = found["findings"][0]["limit"]
        assert "a group of the hub or of a project: admins, oncall, " in limit

        body = {"profile": "cpu-small", "text": text, "reason": "Power got dearer."}
        change = _call(hub, admin, "admin", "POST", "/profiles/changes", body)
        assert "0.77" not in scientist.get("/hub/spawn").text
        decision = {"decision": "approve", "reason": "It did.", "digest": change["digest"]}
        path = f"/profiles/changes/{change['id']}/review"
        _call(hub, reviewer, "reviewer", "POST", path, decision)
        assert "0.77" in scientist.get("/hub/spawn").text
