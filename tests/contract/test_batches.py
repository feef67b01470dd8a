"""The routes of batches over HTTP: who may, what is refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.platform import Platform

HOME = "/projects/flights/batches"
BODY = {"source": "curated/days", "model": "late", "version": 1}


def refused(platform: Platform, status: int, method: str, path: str, **more: Any) -> str:
    who = more.pop("who", "scientist")
    answer = platform.call(who, method, path, **more)
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert set(body) == {"error", "message", "remedy", "request_id"}
    assert len(answer.text) < 2_000
    message: str = body["message"]
    return message


def test_a_project_has_no_batch_before_somebody_starts_one(platform: Platform) -> None:
    for who in ("scientist", "reviewer", "oncall"):
        answer = platform.call(who, "GET", HOME)
        assert answer.json() == {"items": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("who", "path", "body"),
    [
        ("reviewer", HOME, BODY),
        ("oncall", HOME, BODY),
        ("reviewer", f"{HOME}/x/cancel", None),
        ("oncall", f"{HOME}/x/resume", None),
    ],
)
def test_who_may_not_is_told_so(platform: Platform, who: str, path: str, body: Any) -> None:
    assert "You may not" in refused(platform, 403, "POST", path, who=who, json=body)


@pytest.mark.parametrize("path", ["", "/partitions", "/manifest"])
def test_an_unknown_batch_is_not_found(platform: Platform, path: str) -> None:
    said = refused(platform, 404, "GET", f"{HOME}/none{path}")
    assert said == "There is no batch 'none' in flights."


@pytest.mark.parametrize(
    ("changed", "status", "said"),
    [
        ({}, 404, "late"),
        ({"version": None}, 422, "version, alias: neither of them given"),
        ({"alias": "champion"}, 422, "version, alias: both of them given"),
        ({"version": None, "alias": "none"}, 404, "Alias 'none' of late names no version"),
        ({"version": 0}, 422, "version: "),
        ({"version": True}, 422, "version: "),
        ({"source": ""}, 422, "source: "),
        ({"source": "x" * 301}, 422, "source: string should have at most 300"),
        ({"source": "a\u202eb"}, 422, "source: it holds the character U+202E"),
        ({"model": "../late"}, 422, "model: "),
        ({"keep": ["x"] * 51}, 422, "keep: "),
        ({"keep": ["prediction"]}, 422, "keep: 'prediction' is a column that every output has"),
        ({"max_failures": -1}, 422, "max_failures: "),
        ({"max_failures": 1e9}, 422, "max_failures: "),
        ({"environment": "moon"}, 422, "environment: "),
        ({"profile": "a b"}, 422, "profile: "),
        ({"__proto__": {}}, 422, "__proto__"),
    ],
)
@pytest.mark.parametrize("path", ["", "/plan"])
def test_what_makes_no_sense_is_refused(
    platform: Platform, path: str, changed: Any, status: int, said: str
) -> None:
    assert said in refused(platform, status, "POST", HOME + path, json={**BODY, **changed})
