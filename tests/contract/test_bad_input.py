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
