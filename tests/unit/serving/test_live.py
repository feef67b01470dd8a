"""The one line that says how a deployment does."""

from __future__ import annotations

from typing import Any

import pytest

from octavo.records.serving import LiveVersion
from octavo_server.deployments.serving.live import headline


def _version(**more: Any) -> LiveVersion:
    given = {
        "version": 1, "role": "stable", "percent": 100.0, "requests": 0, "errors": 0, "refused": 0,
        "error_rate": None, "requests_per_second": 0.0, "latency_p50_ms": None,
        "latency_p95_ms": None, "latency_p99_ms": None, "shadow_difference": None, "points": [],
    }  # fmt: skip
    return LiveVersion.model_validate(given | more)


@pytest.mark.parametrize(
    ("more", "line"),
    [
        ({}, "No requests in this window."),
        ({"requests": 1, "refused": 1}, "No requests just now, none failed."),
        (
            {"requests": 90, "requests_per_second": 3.0, "latency_p99_ms": 4.25, "errors": 2},
            "3.0 requests a second, 99 % within 4.2 ms, 2 of 90 failed.",
        ),
    ],
)
def test_it_says_no_more_than_what_was_measured(more: dict[str, Any], line: str) -> None:
    assert headline([_version(**more)], None) == line


def test_what_is_held_back_comes_first() -> None:
    assert headline([_version()], "v2 gets nothing.").startswith("v2 gets nothing. No requests")
