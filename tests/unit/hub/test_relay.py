"""What the hub's pages may ask the platform for, and what is refused before it gets there."""

from __future__ import annotations

import json

import pytest

from octavo_hub.pages import allowed
from octavo_hub.pages.allowed import NotLetThrough, Speaker, address, check_body, check_origin
from octavo_hub.pages.routes import PAGES, routes

HOST = "octavo.example"
OWN = f"https://{HOST}/hub/octavo/profiles"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "me"),
        ("GET", "profiles/catalog/gpu-1/users"),
        ("POST", "profiles/check"),
        ("PUT", "profiles/changes/01JD4K"),
        ("POST", "profiles/changes/01JD4K/review"),
        ("GET", "projects/flights/cost.csv"),
        ("PUT", "projects/flights/budget/rules"),
        ("DELETE", "quotas/q-1"),
        ("GET", "workspaces/mine"),
    ],
)
def test_what_the_pages_need_is_let_through(method: str, path: str) -> None:
    allowed.check_path(method, path)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "workspaces/offers"),
        ("POST", "workspaces/sessions"),
        ("POST", "workspaces/heartbeats"),
        ("POST", "workspaces/mine/extend"),
        ("GET", "audit"),
        ("GET", ""),
        ("GET", "profiles/catalog/../../audit"),
        ("GET", "profiles/catalog/.."),
        ("GET", "me/"),
        ("GET", "cost\n"),
        ("GET", "projects/flights/members"),
        ("GET", "//evil.example/me"),
    ],
)
def test_an_unlisted_path_is_refused_with_what_to_do(method: str, path: str) -> None:
    with pytest.raises(NotLetThrough) as refusal:
        allowed.check_path(method, path)
    assert (refusal.value.status, refusal.value.code) == (404, "not_found")
    assert repr(path) in refusal.value.message
    assert "own API" in refusal.value.remedy


def test_another_method_is_refused_with_those_that_are_let_through() -> None:
    with pytest.raises(NotLetThrough, match="DELETE 'profiles/changes' is not let through") as no:
        allowed.check_path("DELETE", "profiles/changes")
    assert (no.value.status, no.value.code) == (405, "method_not_allowed")
    assert "GET or POST" in no.value.message


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Referer": "https://evil.example/hub/octavo/profiles"},
        {"Referer": f"https://{HOST}/user/mallory/lab"},
    ],
)
def test_another_site_and_a_workspace_on_the_same_host_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(NotLetThrough, match="not from this hub's own pages") as refusal:
        check_origin(headers, {HOST}, "/hub/")
    assert refusal.value.status == 403


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "same-origin", "Origin": f"https://{HOST}", "Referer": OWN},
        {"Sec-Fetch-Site": "none"},
        {"Referer": f"https://{HOST}/"},
    ],
)
def test_the_hubs_own_pages_are_let_through(headers: dict[str, str]) -> None:
    check_origin(headers, {HOST}, "/hub/")


def test_a_hub_behind_a_proxy_of_another_name_knows_its_own_pages() -> None:
    opened = {"Origin": f"https://{HOST}", "Referer": OWN, "Sec-Fetch-Site": "same-origin"}
    check_origin(opened, {"hub.internal:8000", HOST}, "/hub/")
    with pytest.raises(NotLetThrough):
        check_origin(opened, {"hub.internal:8000", ""}, "/hub/")


def test_a_large_body_and_a_form_are_refused_with_the_limit() -> None:
    check_body("POST", "application/json; charset=utf-8", allowed.LARGEST_BODY_BYTES)
    check_body("GET", "", 0)
    with pytest.raises(NotLetThrough, match="524,289 bytes; at most 524,288 are accepted") as no:
        check_body("POST", "application/json", allowed.LARGEST_BODY_BYTES + 1)
    assert no.value.code == "too_large"
    with pytest.raises(NotLetThrough, match="'text/plain'; only application/json is accepted"):
        check_body("POST", "text/plain", 2)


def test_the_platform_is_told_who_asks_in_plain_ascii() -> None:
    headers = Speaker(name="ann", groups=("scientists", "größe, klein")).headers()
    assert headers["Octavo-Person"] == "ann"
    assert json.loads(headers["Octavo-Groups"]) == ["größe, klein", "scientists"]
    assert headers["Octavo-Groups"].isascii()


def test_the_pages_own_token_stays_here_and_paths_are_quoted_again() -> None:
    assert address("cost", "since=2026-01-01&_xsrf=secret&by=team") == (
        "cost?since=2026-01-01&by=team"
    )
    assert address("quotas/a b", "") == "quotas/a%20b"


def test_headers_that_speak_for_others_never_travel() -> None:
    sent = {"Octavo-Person": "root", "Authorization": "token x", "Cookie": "c", "Accept": "a"}
    assert allowed.passed_on(sent, allowed.REQUEST_HEADERS) == {"Accept": "a"}


def test_each_page_carries_the_groups_it_is_for() -> None:
    made = routes({}, frozenset({"admins"}), frozenset({"reviewers"}))
    groups = {path: more[0]["groups"] for path, _, *more in made if more and "groups" in more[0]}
    wanted = {
        "admins": frozenset({"admins"}),
        "governing": frozenset({"admins", "reviewers"}),
        "everybody": None,
    }
    assert groups == {path: wanted[audience] for path, _, audience in PAGES}
