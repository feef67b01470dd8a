"""What the server half carries, and what it keeps to itself."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.unit.lab.conftest import TOKEN, Lab, connection
from tests.unit.lab.platform import REFUSAL, FakePlatform

from octavo_lab.relay import MAX_REQUEST_BYTES

ERROR_FIELDS = {"error", "message", "remedy", "request_id"}


async def test_a_request_is_carried_with_the_workspace_token(
    lab: Lab, platform: FakePlatform
) -> None:
    async with lab.client() as client:
        answer = await client.post(
            "octavo/api/projects/fl%20ights/x?q=a%26b",
            json={"n": 1},
            headers={"Idempotency-Key": "k1", "Cookie": "lab=secret"},
        )
    [seen] = platform.seen
    assert (seen.method, seen.query, seen.body) == ("POST", "q=a%26b", '{"n":1}')
    assert seen.path == "projects/fl%20ights/x"
    assert seen.headers["authorization"] == f"Bearer {TOKEN}"
    assert seen.headers["idempotency-key"] == "k1"
    assert "cookie" not in seen.headers
    assert answer.headers["X-Request-Id"] == "r7"


async def test_no_cookie_and_no_token_of_the_platform_reach_the_browser(lab: Lab) -> None:
    async with lab.client() as client:
        workspace = await client.get("octavo/workspace")
        answer = await client.get("octavo/api/refused")
    assert "session=stolen" not in str(answer.headers)
    assert TOKEN not in workspace.text + str(workspace.headers) + answer.text + str(answer.headers)
    assert workspace.json()["project"] == "flights"
    assert "folder" in workspace.json()


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_each_method_is_carried(lab: Lab, platform: FakePlatform, method: str) -> None:
    async with lab.client() as client:
        answer = await client.request(method, "octavo/api/echo")
    assert answer.status_code == 200
    assert platform.seen[0].method == method


async def test_a_refusal_comes_through_unchanged(lab: Lab) -> None:
    async with lab.client() as client:
        answer = await client.get("octavo/api/refused")
    assert (answer.status_code, answer.json()) == (403, REFUSAL)


async def test_events_stream_as_they_come(lab: Lab) -> None:
    async with lab.client() as client, client.stream("GET", "octavo/api/events") as answer:
        text = "".join([chunk async for chunk in answer.aiter_text()])
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert text.count("data: event") == 2


async def test_a_browser_that_leaves_ends_the_platforms_stream(
    lab: Lab, platform: FakePlatform
) -> None:
    async with lab.client() as client, client.stream("GET", "octavo/api/forever") as answer:
        first = await anext(answer.aiter_text())
    assert "watching" in first
    await asyncio.wait_for(platform.gone.wait(), timeout=10)


async def test_a_browser_that_leaves_in_the_middle_is_no_fault(
    lab: Lab, platform: FakePlatform, caplog: pytest.LogCaptureFixture
) -> None:
    async with lab.client() as client, client.stream("GET", "octavo/api/flood") as answer:
        await anext(answer.aiter_raw())
    await asyncio.wait_for(platform.gone.wait(), timeout=10)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_page_of_the_platform_is_handed_over_as_bytes(lab: Lab) -> None:
    async with lab.client() as client:
        answer = await client.get("octavo/api/page")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


async def test_a_redirect_is_not_followed(lab: Lab, platform: FakePlatform) -> None:
    async with lab.client() as client:
        answer = await client.get("octavo/api/moved")
    assert answer.status_code == 302
    assert "Location" not in answer.headers


async def test_an_answer_that_breaks_off_is_not_completed(lab: Lab) -> None:
    async with lab.client() as client:
        with pytest.raises(httpx.TransportError):
            await client.get("octavo/api/broken")


@pytest.mark.parametrize(
    "path", ["octavo/api/..%2f..%2fhub", "octavo/api/x/%2e%2e/y", "octavo/api/x%5c..%5cy"]
)
async def test_a_path_can_not_leave_the_api(lab: Lab, platform: FakePlatform, path: str) -> None:
    async with lab.client() as client:
        answer = await client.get(path)
    assert answer.status_code == 404
    assert not platform.seen


async def test_a_body_over_the_limit_is_refused_with_the_limit(
    lab: Lab, platform: FakePlatform
) -> None:
    async with lab.client() as client:
        answer = await client.post("octavo/api/echo", content=b"x" * (MAX_REQUEST_BYTES + 1))
    assert answer.status_code == 413
    assert answer.json()["error"] == "too_large"
    assert f"{MAX_REQUEST_BYTES:,}" in answer.json()["message"]
    assert not platform.seen


async def test_an_absent_platform_is_said_in_the_same_shape(labs: Any) -> None:
    lab = await labs(connection("http://127.0.0.1:9/services/octavo"))
    async with lab.client() as client:
        answer = await client.get("octavo/api/me")
    assert answer.status_code == 503
    assert set(answer.json()) == ERROR_FIELDS
    assert answer.json()["error"] == "unavailable"
    assert "127.0.0.1:9" in answer.json()["message"]


@pytest.mark.parametrize(("url", "token", "name"), [("", TOKEN, "OCTAVO_URL"), ("x", "", "TOKEN")])
async def test_a_workspace_without_a_platform_says_what_is_missing(
    labs: Any, url: str, token: str, name: str
) -> None:
    lab = await labs(connection(url, token))
    async with lab.client() as client:
        answer = await client.get("octavo/api/me")
    assert answer.status_code == 503
    assert name in answer.json()["message"]


async def test_polling_does_not_keep_an_idle_workspace_alive(lab: Lab) -> None:
    settings = lab.app.web_app.settings
    async with lab.client() as client:
        await client.get("octavo/api/me")
        await client.get("octavo/workspace")
        assert "api_last_activity" not in settings
        await client.post("octavo/api/echo")
    assert "api_last_activity" in settings
