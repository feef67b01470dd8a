"""The routes of materialisation over HTTP: who may, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.platform import Platform

FEATURES = "/projects/flights/features"
BASE = f"{FEATURES}/materialization"


def refused(platform: Platform, status: int, method: str, path: str, **more: Any) -> str:
    who = more.pop("who", "scientist")
    answer = platform.call(who, method, path, **more)
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "message", "remedy", "request_id"}
    assert len(answer.text) < 2_000
    message: str = body["message"]
    return message


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", f"{BASE}/jobs", {"name": "carrier_delay"}),
        ("POST", f"{BASE}/schedules", {"name": "carrier_delay", "cron": "0 5 * * *"}),
        ("POST", f"{BASE}/jobs/x/cancel", None),
        ("PUT", f"{BASE}/views/carrier_delay/expectation", {"materialized_within_s": 60}),
        ("POST", f"{FEATURES}/push", {"push_source": "s", "rows": [{"a": 1}]}),
    ],
)
def test_a_reviewer_looks_and_changes_nothing(
    platform: Platform, method: str, path: str, body: Any
) -> None:
    assert "You may not" in refused(platform, 403, method, path, who="reviewer", json=body)
    assert platform.call("reviewer", "GET", f"{BASE}/pipelines").json() == {"items": []}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("jobs", {"name": "nothing"}, 404, "There is no feature view 'nothing' in flights."),
        ("plans", {"name": "x", "kind": "service"}, 404, "There is no feature service 'x'"),
        ("jobs", {"name": "x" * 1_000_000}, 422, "name: string should have at most 100"),
        ("jobs", {"name": "a\u202eb"}, 422, "name: it holds the character U+202E"),
        ("jobs", {"name": "a", "since": "2026-01-01T00:00:00"}, 422, "since: "),
        ("jobs", {"name": "a", "since": 5e300}, 422, "since: "),
        ("jobs", {"name": "a", "window_hours": 0}, 422, "window_hours: "),
        ("jobs", {"name": "a", "window_hours": True}, 422, "window_hours: "),
        ("jobs", {"name": "a", "kind": "world"}, 422, "kind: "),
        ("jobs", {"name": "a", "__proto__": {}}, 422, "__proto__"),
        ("schedules", {"name": "a", "cron": "0 0 30 2 *"}, 422, "Bad day-of-month"),
        ("schedules", {"name": "a", "cron": "* * * * *", "time_zone": "X"}, 422, "IANA"),
        ("schedules", {"name": "a", "cron": "* * * * *", "overlap_minutes": -1}, 422, "overlap"),
    ],
)
def test_what_makes_no_sense_is_refused(
    platform: Platform, path: str, body: Any, status: int, said: str
) -> None:
    assert said in refused(platform, status, "POST", f"{BASE}/{path}", json=body)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "rows: list should have at least 1 item"),
        ([{"a": 1}] * 1001, "rows: list should have at most 1000 items"),
        ([{"x" * 101: 1}], "rows"),
        ([{"a": [1]}], "rows.0.a"),
        ("rows", "rows: "),
    ],
)
def test_rows_that_are_none_are_refused(platform: Platform, rows: Any, said: str) -> None:
    body = {"push_source": "s", "rows": rows}
    assert said in refused(platform, 422, "POST", f"{FEATURES}/push", json=body)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(platform: Platform, number: str) -> None:
    body = f'{{"push_source": "s", "rows": [{{"a": {number}}}]}}'
    headers = {"Content-Type": "application/json"}
    refused(platform, 422, "POST", f"{FEATURES}/push", content=body, headers=headers)


def test_what_is_not_there_is_not_found(platform: Platform) -> None:
    assert "no materialisation 'x'" in refused(platform, 404, "GET", f"{BASE}/jobs/x")
    assert "no schedule 'x'" in refused(platform, 404, "DELETE", f"{BASE}/schedules/x")
    assert "no feature view" in refused(platform, 404, "GET", f"{BASE}/views/x")
    path = f"{BASE}/views/x/expectation"
    assert "Nothing is expected" in refused(platform, 404, "DELETE", path)
    body = {"push_source": "s", "rows": [{"a": 1}]}
    assert "no push source" in refused(platform, 404, "POST", f"{FEATURES}/push", json=body)


def test_an_expectation_has_limits(platform: Platform) -> None:
    path = f"{BASE}/views/x/expectation"
    for wrong in (59, 10**12, "60", True):
        body = {"materialized_within_s": wrong}
        assert "materialized_within_s" in refused(platform, 422, "PUT", path, json=body)
