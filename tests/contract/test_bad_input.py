"""Whatever is sent to a route, the answer is the one shape and never a fault of ours."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.routes import filled, routes
from tests.support.platform import Platform

HOSTILE = [
    "",
    " ",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "a" * 5_000,
    "\u202egnp.exe",
    "\x00",
    "<script>alert(1)</script>",
    "'; DROP TABLE projects; --",
    "{{7*7}}",
    "__proto__",
    "\U0001f600",
    "NaN",
    "-1",
    "9" * 40,
]

HALF_A_CHARACTER = "\ud800"

QUOTA = {"scope": "person", "name": "ada", "resource": "core_hours", "window_days": 7}

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([*HOSTILE, HALF_A_CHARACTER]),
    st.lists(st.sampled_from(HOSTILE), max_size=3),
    st.dictionaries(st.sampled_from(["a", "__class__", "$ref"]), st.sampled_from(HOSTILE)),
)


def _fields(platform: Platform) -> list[str]:
    """Return every field that any request body has, by the service's own OpenAPI."""
    schemas = platform.http.app.openapi()["components"]["schemas"]  # type: ignore[attr-defined]
    return sorted({name for one in schemas.values() for name in one.get("properties", {})})


def _check(answer: Any, what: object) -> None:
    assert answer.status_code != 500, (what, answer.text[:500])
    if answer.status_code >= 400:
        assert set(answer.json()) == {"error", "message", "remedy", "request_id"}, what
        assert len(answer.json()["message"]) < 2_000, what


@settings(
    max_examples=120,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_bodies_of_any_kind(platform: Platform, data: st.DataObject) -> None:
    writing = [one for one in routes(platform) if one.methods - {"GET", "HEAD"}]
    route = data.draw(st.sampled_from(writing))
    method = data.draw(st.sampled_from(sorted(route.methods)))
    body = data.draw(st.dictionaries(st.sampled_from(_fields(platform)), VALUES, max_size=8))
    answer = platform.call(
        "admin",
        method,
        filled(route.path, "flights"),
        content=json.dumps(body),
        headers={"Content-Type": "application/json"},
    )
    _check(answer, (method, route.path, body))


@pytest.mark.parametrize("value", HOSTILE)
def test_names_and_queries_of_any_kind(platform: Platform, value: str) -> None:
    for route in routes(platform):
        if "GET" not in route.methods or route.path.endswith("/events"):
            continue
        parameters = {one.alias: value for one in route.dependant.query_params}
        path = filled(route.path, "flights", "no-such-thing")
        _check(platform.call("admin", "GET", path, params=parameters), (path, parameters))
        path = filled(route.path, "flights", quote(value, safe="") or "_")
        _check(platform.call("admin", "GET", path), path)


@pytest.mark.parametrize(
    "body", [b"{", b"[1,", b'{"a":}', b"\xff\xfe", b"null", b'"text"', b"[" * 5_000]
)
def test_what_is_no_json_object_is_refused(platform: Platform, body: bytes) -> None:
    for route in routes(platform):
        for method in route.methods - {"GET", "HEAD"}:
            answer = platform.call(
                "admin",
                method,
                filled(route.path, "flights"),
                content=body,
                headers={"Content-Type": "application/json"},
            )
            _check(answer, (method, route.path, body[:20]))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"limit": }', "expecting value at character 11"),
        (b'{"limit": ' + b"9" * 5_000 + b"}", "it has a number of more than 4,300 digits"),
        (b"[" * 100_000, "it is nested too deeply"),
        (b'{"limit": "\xff"}', "it is not UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_says_why(platform: Platform, body: bytes, said: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = platform.call("admin", "PUT", "/quotas", content=body, headers=headers)
    assert answer.json()["error"] == "invalid"
    assert answer.json()["message"] == f"The body can't be read as JSON: {said}."
    assert answer.json()["remedy"] == "Correct the body and send the request again."


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/projects/flights/budget", {"monthly_eur": True}, "it must be a number; got True"),
        (
            "/projects/flights/budget",
            {"monthly_eur": 1e-5},
            "it must be 0 or at least 0.01; got 1e-05",
        ),
        ("/quotas", QUOTA | {"limit": "5"}, "it must be a number; got '5'"),
        ("/quotas", QUOTA | {"limit": 1e-320}, "it must be 0 or at least 0.01; got 1e-320"),
    ],
)
def test_a_wrong_number_is_named_with_its_limit(
    platform: Platform, path: str, body: dict[str, Any], said: str
) -> None:
    answer = platform.call("admin", "PUT", path, json=body | {"reason": "It trains."})
    field = "limit" if path == "/quotas" else "monthly_eur"
    assert (answer.status_code, answer.json()["message"]) == (422, f"{field}: {said}.")
    assert answer.json()["remedy"] == f"Correct {field} and send the request again."


def test_a_body_that_grows_over_the_limit_is_refused_with_the_limit(platform: Platform) -> None:
    parts = (b" " * 1024**2 for _ in range(33))
    headers = {"Content-Type": "application/json"}
    answer = platform.call("admin", "PUT", "/quotas", content=parts, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert answer.json()["message"] == "The request's body is over 32 MiB."


def test_a_reason_in_an_address_hides_nothing(platform: Platform) -> None:
    answer = platform.call("admin", "DELETE", "/quotas/q", params={"reason": "Fine \u202edab"})
    said = "it holds the character U+202E, which nobody sees; leave it out"
    assert answer.json()["message"].startswith(f"reason: {said}; got ")


@pytest.mark.parametrize(
    ("path", "sent", "body", "says"),
    [
        (
            "/quotas",
            "text/plain",
            b"{}",
            "The body was sent as 'text/plain'; this address takes application/json.",
        ),
        (
            "/quotas",
            "",
            b"{}",
            "The body was sent without a content type; this address takes application/json.",
        ),
        (
            "/projects/flights/experiments/notebook-versions/" + "0" * 64,
            "application/json",
            b'{"cells": []}',
            "The body was sent as 'application/json'; this address takes application/octet-stream.",
        ),
    ],
)
def test_a_body_of_the_wrong_type_is_told_which_one_is_taken(
    platform: Platform, path: str, sent: str, body: bytes, says: str
) -> None:
    headers = {"Content-Type": sent} if sent else {}
    answer = platform.call("admin", "PUT", path, content=body, headers=headers)
    assert (answer.status_code, answer.json()["message"]) == (422, says)
    assert answer.json()["remedy"].startswith("Send it with the header 'Content-Type: application/")


def test_no_body_at_all_is_told_as_that(platform: Platform) -> None:
    answer = platform.call("admin", "PUT", "/quotas")
    assert answer.json()["message"].startswith("The body: field required")
