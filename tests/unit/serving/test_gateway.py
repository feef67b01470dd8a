"""The short way of consumers' tokens: what gets in, what is told, what goes on to the routes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import httpx
import pytest
from starlette.responses import PlainTextResponse
from tests.support.routing import NAME, PROJECT, ROW, Routed, open_routed
from tests.support.services import NOON
from tests.unit.consumers.test_access import SECRET, Holders
from tests.unit.consumers.test_service import a_consumer

from octavo_server.deployments.consumers import rules
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.domain import Limits
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.serving import gateway
from octavo_server.deployments.serving.gateway import Gateway

API = "/services/octavo/api/v1"
PATH = f"{API}/projects/{PROJECT}/deployments/{NAME}/invocations"
RECORDS = {"dataframe_records": [ROW]}


@dataclass
class Front:
    """A gateway before an app that answers everything with its path."""

    routed: Routed
    holders: Holders
    access: Access

    def post(
        self,
        path: str = PATH,
        token: str = SECRET,
        headers: dict[str, str] | None = None,
        times: int = 1,
        method: str = "POST",
        **body: Any,
    ) -> httpx.Response:
        """Send a request, several times if asked; return the last answer."""
        body = body or {"json": RECORDS}

        async def run() -> httpx.Response:
            app = Gateway(
                PlainTextResponse("passed on"),
                api=API,
                router=self.routed.router,
                access=self.access,
            )
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://octavo") as client:
                sent = {"Authorization": f"Bearer {token}", **(headers or {})}
                for _ in range(times - 1):
                    await client.request(method, path, headers=sent, **body)
                return await client.request(method, path, headers=sent, **body)

        return asyncio.run(run())


@pytest.fixture
def front() -> Iterator[Front]:
    routed, holders = open_routed(), Holders()
    access = Access(cast(ConsumersService, holders), lambda: NOON, routed.clock.monotonic)
    yield Front(routed, holders, access)
    routed.telemetry.close()
    routed.router.tables.close()
    access.close()


def test_a_consumer_gets_scores(front: Front) -> None:
    answer = front.post()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    found = answer.json()
    assert found["predictions"] == [[0.9, 0.1]]
    assert sorted(found) == [
        "failed_over", "features_missing", "latency_ms", "model", "model_digest",
        "predictions", "request_id", "version",
    ]  # fmt: skip
    assert front.routed.scorers.bodies == [RECORDS]
    (use,) = front.access.uses(PROJECT, "consumer:app")
    assert (use.requests, use.rows, use.refused) == (1, 1, 0)


@pytest.mark.parametrize("token", ["someone's hub token", "octavo-run.x.y", ""])
def test_other_tokens_go_on_to_the_route(front: Front, token: str) -> None:
    assert front.post(token=token).text == "passed on"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", PATH), ("POST", f"{API}/projects/{PROJECT}/deployments/{NAME}/promote")],
)
def test_other_addresses_go_on_to_their_routes(front: Front, method: str, path: str) -> None:
    assert front.post(path, method=method).text == "passed on"


def test_an_unknown_token_is_told(front: Front) -> None:
    answer = front.post(token=rules.write_token("b" * 26))
    assert (answer.status_code, answer.json()["error"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    assert set(answer.json()) == {"error", "message", "remedy", "request_id"}


def test_another_deployment_is_not_found(front: Front) -> None:
    answer = front.post(PATH.replace(f"/{NAME}/", "/other/"))
    assert answer.status_code == 404
    assert "app has no deployment 'other'" in answer.json()["message"]
    assert "Its tokens open: late." in answer.json()["remedy"]


def test_over_the_limit_it_is_told_how_long_to_wait(front: Front) -> None:
    limits = Limits(requests_per_second=0.5, burst=2)
    front.holders.consumer = a_consumer(limits=limits)
    answer = front.post(times=3)
    assert (answer.status_code, answer.json()["error"]) == (429, "too_many")
    assert answer.headers["retry-after"] == "2"


def test_over_the_limit_of_rows_it_is_told(front: Front) -> None:
    limits = Limits(requests_per_second=9, burst=9, rows_per_minute=2)
    front.holders.consumer = a_consumer(limits=limits)
    answer = front.post(json={"dataframe_records": [ROW] * 2}, times=2)
    assert answer.status_code == 429
    assert "more than 2 rows a minute" in answer.json()["message"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "can't be read as JSON"),
        (b"[1]", "no JSON object"),
        (b'{"dataframe_records": [{"x": NaN}]}', "can't be read as JSON"),
        (b'{"dataframe_records": [{"x": Infinity}]}', "can't be read as JSON"),
        (b'{"rows": []}', "Unknown field 'rows'"),
        (b"\xff\xfe{\x00}\x00", "can't be read as JSON"),
        (b'{"x": "\xc3\x28"}', "can't be read as JSON"),
        (b"[" * 100_000, "can't be read as JSON"),
        (rb'{"dataframe_records": [{"x": "\u0000"}]}', "holds a null character"),
    ],
)
def test_what_is_no_request_is_refused_with_words(front: Front, content: bytes, told: str) -> None:
    answer = front.post(content=content)
    assert answer.status_code == 422
    assert told in answer.json()["message"]
    assert front.routed.scorers.asked == []


def test_a_large_body_is_refused_while_it_arrives(
    front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway, "MOST_BYTES", 1 << 20)
    answer = front.post(content=b" " * (1 << 20) + b"{}")
    assert (answer.status_code, answer.json()["error"]) == (413, "too_large")
    assert "over 1 MiB" in answer.json()["message"]


def test_a_sticky_key_stays_with_its_version(front: Front) -> None:
    now = front.routed.clock()
    front.routed.route(canary_version=2, canary_percent=50, controlled_at=now, judged_at=now)
    versions = {
        front.post(headers={"X-Octavo-Sticky-Key": f"k{number}"}).json()["version"]
        for number in range(12)
    }
    assert versions == {1, 2}
    again = {front.post(headers={"X-Octavo-Sticky-Key": "k1"}).json()["version"] for _ in range(5)}
    assert len(again) == 1
    long = front.post(headers={"X-Octavo-Sticky-Key": "k" * 201})
    assert "x-octavo-sticky-key has 201 characters; 200 are allowed" in long.json()["message"]


def test_a_down_deployment_is_told(front: Front) -> None:
    front.routed.scorers.down.add("v1")
    answer = front.post()
    assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
