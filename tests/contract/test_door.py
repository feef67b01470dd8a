"""Every route: a permission, one error shape, nothing leaked, keys honoured."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import pytest
from fastapi.routing import RouteContext

from octavo_server.answers import HUNG_UP
from octavo_server.app import API
from octavo_server.permissions import PERMISSIONS
from tests.contract.routes import filled, routes
from tests.support.platform import Platform

SHAPE = {"error", "message", "remedy", "request_id"}


def _verbs(route: RouteContext) -> set[str]:
    dependencies = route.dependant.dependencies
    return {one.call.verb for one in dependencies if hasattr(one.call, "verb")}


def test_there_are_routes(platform: Platform) -> None:
    assert len(list(routes(platform))) > 15


def _is_error(answer: Any) -> bool:
    return set(answer.json()) == SHAPE and bool(answer.json()["message"])


def test_every_route_carries_exactly_one_permission(platform: Platform) -> None:
    bare = [route.path for route in routes(platform) if len(_verbs(route)) != 1]
    assert bare == []


def test_every_permission_is_used_by_a_route(platform: Platform) -> None:
    used = {verb for route in routes(platform) for verb in _verbs(route)}
    beside = {verb for verb in PERMISSIONS if verb.startswith("tracking.")}  # the MLflow app asks
    assert set(PERMISSIONS) - used - beside == set()


@pytest.mark.parametrize("token", [None, "nobody", "octavo-run.e30=.00"])
def test_without_a_good_token_every_route_refuses_in_one_shape(
    platform: Platform, token: str | None
) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for route in routes(platform):
        for method in route.methods:
            path = API + filled(route.path, "flights")
            answer = platform.http.request(method, path, headers=headers)
            assert answer.status_code == 401, (method, path, answer.text)
            assert _is_error(answer)


def test_a_stranger_cant_tell_a_foreign_project_from_none(platform: Platform) -> None:
    for route in routes(platform):
        if "{project}" not in route.path:
            continue
        for method in route.methods:
            answers = [
                platform.call("stranger", method, filled(route.path, project))
                for project in ("flights", "no-such-project")
            ]
            assert {one.status_code for one in answers} == {404}, (method, route.path)
            shapes = [
                one.json()["message"].replace("no-such-project", "flights") for one in answers
            ]
            assert shapes[0] == shapes[1]


def test_an_unknown_id_and_a_wrong_body_get_the_one_shape(platform: Platform) -> None:
    for route in routes(platform):
        for method in route.methods:
            for body in ({}, {"nope": 1}, [], {"name": "x" * 100_000}):
                answer = platform.call("admin", method, filled(route.path, "flights"), json=body)
                if answer.status_code >= 400:
                    assert _is_error(answer), (method, route.path, answer.text)
                    assert answer.status_code != 500, (method, route.path, answer.text)


def test_an_unknown_address_and_method_get_the_one_shape(platform: Platform) -> None:
    assert _is_error(platform.call("admin", "GET", "/nope"))
    assert _is_error(platform.call("admin", "DELETE", "/me"))


def test_not_a_number_is_refused(platform: Platform) -> None:
    answer = platform.call(
        "admin",
        "PUT",
        "/projects/flights/budget",
        content='{"monthly_eur": NaN, "reason": "more"}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert "NaN" in answer.json()["message"]


@pytest.mark.parametrize(
    ("text", "fault"), [(r"\ud800", "surrogate"), (r"\u0000", "null character")]
)
def test_what_is_no_text_is_refused(platform: Platform, text: str, fault: str) -> None:
    answer = platform.call(
        "admin",
        "POST",
        "/projects",
        content=f'{{"name": "odd", "title": "a{text}"}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 422
    assert fault in answer.json()["message"]


def test_a_body_over_the_limit_is_refused(platform: Platform) -> None:
    answer = platform.call("admin", "POST", "/projects", content=b" " * (33 * 1024**2))
    assert answer.status_code == 413
    assert _is_error(answer)


def _trail(platform: Platform) -> int:
    return platform.call("admin", "GET", "/audit/verify").json()["entries"]


def test_a_repeated_key_answers_the_same_and_does_it_once(platform: Platform) -> None:
    body = {"name": "twice", "title": "Twice"}
    headers = {"Idempotency-Key": "k-1"}
    first = platform.call("admin", "POST", "/projects", json=body, headers=headers)
    before = _trail(platform)
    again = platform.call("admin", "POST", "/projects", json=body, headers=headers)
    assert (
        (first.status_code, first.json())
        == (again.status_code, again.json())
        == (201, again.json())
    )
    assert again.headers["idempotent-replay"] == "true"
    assert _trail(platform) == before


def test_a_repeated_key_with_another_body_is_a_conflict(platform: Platform) -> None:
    headers = {"Idempotency-Key": "k-2"}
    one = {"name": "one-key", "title": "One"}
    platform.call("admin", "POST", "/projects", json=one, headers=headers)
    other = platform.call(
        "admin", "POST", "/projects", json={**one, "title": "Two"}, headers=headers
    )
    assert other.status_code == 409
    assert "k-2" in other.json()["message"]


def test_a_hub_that_is_away_fails_closed(platform: Platform) -> None:
    platform.hub.away = True
    try:
        answer = platform.http.get(f"{API}/me", headers={"Authorization": "Bearer someone-new"})
    finally:
        platform.hub.away = False
    assert answer.status_code == 503
    assert _is_error(answer)


def test_a_refused_change_is_on_the_trail_and_changes_nothing_else(platform: Platform) -> None:
    body = {"monthly_eur": 1, "reason": "Just because."}
    path = "/projects/flights/budget"
    before = platform.call("admin", "GET", path).json()
    assert platform.call("scientist", "PUT", path, json=body).status_code == 403
    newest = platform.call("admin", "GET", "/audit/entries?limit=1").json()["items"][0]
    assert (newest["actor"], newest["action"]) == ("scientist", "projects.manage.refused")
    assert newest["details"]["error"] == "forbidden"
    assert platform.call("admin", "GET", path).json() == before


@pytest.mark.parametrize(("method", "status"), [("GET", HUNG_UP), ("POST", 400)])
async def test_who_left_meanwhile_is_no_fault(
    platform: Platform, caplog: pytest.LogCaptureFixture, method: str, status: int
) -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer admin"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": method,
        "path": f"{API}/projects",
        "raw_path": f"{API}/projects".encode(),
        "query_string": b"",
        "headers": headers,
    }
    await platform.http.app(scope, gone, send)
    assert sent[0]["status"] == status
    assert caplog.text == ""
