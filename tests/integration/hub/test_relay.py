"""The hub's relay: a page asks the platform in its person's name, and nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from tests.support.hub import RunningHub, running_hub

API = "/hub/octavo/api"


@pytest.fixture(scope="module")
def hub() -> Iterator[RunningHub]:
    with running_hub() as running:
        yield running


def _token(client: httpx.Client) -> str:
    found = next(c.value for c in client.cookies.jar if c.name == "_xsrf" and c.path == "/hub/")
    return found or ""


def _ask(
    hub: RunningHub,
    client: httpx.Client,
    path: str,
    method: str = "GET",
    body: Any = None,
    **headers: str,
) -> httpx.Response:
    """Ask as a page's script does; a header with an empty value is left out."""
    usual = {
        "X-XSRFToken": _token(client),
        "Sec-Fetch-Mode": "cors",
        "Sec-Fetch-Site": "same-origin",
        "Referer": f"{hub.url}/hub/octavo/profiles",
    }
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = {name: value for name, value in (usual | named).items() if value}
    return client.request(method, f"{API}/{path}", json=body, headers=sent)


def test_a_page_is_answered_as_its_person(hub: RunningHub) -> None:
    for person, roles in (("admin", {"admin", "anyone"}), ("scientist", {"anyone"})):
        with hub.browser(person) as client:
            me = _ask(hub, client, "me").json()
        assert (me["name"], me["kind"]) == (person, "person")
        assert roles == set(me["platform_roles"])


def test_permissions_are_those_of_the_person(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        refused = _ask(hub, client, "cost")
    assert refused.status_code == 403
    assert "see what all projects consumed" in refused.json()["message"]
    assert set(refused.json()) == {"error", "message", "remedy", "request_id"}


def test_headers_that_name_somebody_else_change_nothing(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        me = _ask(
            hub, client, "me", Octavo_Person="admin", Octavo_Groups='["admins"]',
            Authorization=f"Bearer {hub.token('spawner')}",
        ).json()  # fmt: skip
    assert me["name"] == "scientist"
    assert "admins" not in me["groups"]


@pytest.mark.parametrize(
    ("headers", "sentence"),
    [
        ({"X_XSRFToken": ""}, "proof that it belongs to this hub is missing or too old"),
        ({"X_XSRFToken": "made-up"}, "proof that it belongs to this hub is missing or too old"),
        ({"Origin": "https://evil.example"}, "came from 'https://evil.example'"),
        ({"Sec_Fetch_Site": "cross-site"}, "not from this hub's own pages"),
        ({"Referer": "http://127.0.0.1/user/mallory/lab"}, "not from this hub's own pages"),
    ],
)
@pytest.mark.parametrize(("method", "path"), [("GET", "me"), ("POST", "profiles/check")])
def test_another_site_is_refused(
    hub: RunningHub, headers: dict[str, str], sentence: str, method: str, path: str
) -> None:
    with hub.browser("admin") as client:
        body = {"text": "id: x"} if method == "POST" else None
        refused = _ask(hub, client, path, method, body, **headers)
    assert refused.status_code == 403
    assert sentence in refused.json()["message"]


def test_a_foreign_form_is_refused_for_its_type(hub: RunningHub) -> None:
    with hub.browser("admin") as client:
        refused = client.post(
            f"{API}/profiles/check",
            content='{"text": "id: x"}',
            headers={"X-XSRFToken": _token(client), "Content-Type": "text/plain"},
        )
    assert refused.status_code == 415
    assert "only application/json is accepted" in refused.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "workspaces/offers"),
        ("POST", "workspaces/sessions"),
        ("GET", "audit"),
        ("GET", "profiles%2F..%2Faudit"),
        ("GET", "profiles/catalog/a%2e%2e%2Faudit"),
    ],
)
def test_what_no_page_needs_is_not_let_through(hub: RunningHub, method: str, path: str) -> None:
    with hub.browser("admin") as client:
        refused = _ask(hub, client, path, method, {} if method == "POST" else None)
    assert refused.status_code == 404
    assert "The hub's pages have no address" in refused.json()["message"]


def test_who_isnt_signed_in_is_told_so(hub: RunningHub) -> None:
    with httpx.Client(base_url=hub.url) as client:
        refused = client.get(f"{API}/me", headers={"Sec-Fetch-Mode": "cors"})
    assert refused.status_code == 401
    assert refused.json()["message"] == "You are not signed in any more."


def test_a_token_opens_nothing_here(hub: RunningHub) -> None:
    bearer = {"Authorization": f"Bearer {hub.token('octavo')}"}
    assert httpx.get(f"{hub.url}{API}/me", headers=bearer).status_code == 401


def test_too_large_a_body_is_refused_with_the_limit(hub: RunningHub) -> None:
    with hub.browser("admin") as client:
        refused = _ask(hub, client, "profiles/check", "POST", {"text": "x" * 600_000})
    assert refused.status_code == 413
    assert "at most 524,288 are accepted" in refused.json()["message"]


def test_a_repeated_write_is_answered_as_the_first_was(hub: RunningHub) -> None:
    change = {
        "scope": "person", "name": "scientist", "resource": "gpu_hours", "limit": 40.0,
        "window_days": 30, "reason": "A month of training.",
    }  # fmt: skip
    with hub.browser("admin") as client:
        first = _ask(hub, client, "quotas", "PUT", change, Idempotency_Key="k-1")
        again = _ask(hub, client, "quotas", "PUT", change, Idempotency_Key="k-1")
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()
        assert again.headers["Idempotent-Replay"] == "true"
        found = _ask(hub, client, "quotas").json()["items"]
        assert [one["set_by"] for one in found] == ["admin"]


def test_the_csv_is_a_download_that_a_link_may_open(hub: RunningHub) -> None:
    with hub.browser("admin") as client:
        answer = client.get(f"{API}/cost.csv", headers={"Sec-Fetch-Mode": "navigate"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert "BilledCost" in answer.text.splitlines()[0]
    assert answer.headers["cache-control"] == "no-store"


def test_a_platform_that_is_away_is_said_in_the_one_shape(hub: RunningHub) -> None:
    with hub.browser("admin") as client:
        hub.stop_server()
        try:
            refused = _ask(hub, client, "me")
        finally:
            hub.start_server()
    assert refused.status_code == 502
    assert refused.json()["error"] == "platform_away"
    assert "Nothing was lost on this page" in refused.json()["remedy"]


def test_pages_for_admins_are_refused_to_others_with_a_sentence(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        home = client.get("/hub/home").text
        assert "octavo/profiles" not in home
        refused = client.get("/hub/octavo/profiles")
        assert client.get("/hub/octavo/cost/flights").status_code == 200
    with hub.browser("reviewer") as client:
        assert client.get("/hub/octavo/profiles").status_code == 200
        assert client.get("/hub/octavo/cost").status_code == 403
        assert client.get("/hub/octavo/profiles/gpu-1/edit").status_code == 403
    assert refused.status_code == 403
    assert "for members of admins or reviewers, and scientist is in none of them" in refused.text
    with httpx.Client(base_url=hub.url, follow_redirects=True) as stranger:
        assert stranger.get("/hub/octavo/profiles").url.path == "/hub/login"


def test_a_link_to_the_spawn_page_never_starts_anything(hub: RunningHub) -> None:
    with hub.browser("scientist") as client:
        page = client.get("/hub/spawn?project=flights&profile=cpu-small")
    assert page.url.path == "/hub/spawn"
    assert 'data-link="cpu-small"' in page.text
    assert hub.running_sessions() == []


def test_scripts_are_served_with_their_type_and_nothing_else_is(hub: RunningHub) -> None:
    script = httpx.get(f"{hub.url}/hub/octavo/static/ask.js")
    assert "javascript" in script.headers["content-type"]
    assert script.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(f"{hub.url}/hub/octavo/static/../page.py").status_code == 404
    assert httpx.get(f"{hub.url}/hub/octavo/static/%2e%2e/page.py").status_code in {403, 404}
