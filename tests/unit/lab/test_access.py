"""Every handler of the server half is signed in, authorised and XSRF-checked."""

from __future__ import annotations

from typing import Any

import pytest
from jupyter_server.auth import Authorizer, User
from jupyter_server.base.handlers import JupyterHandler
from tests.unit.lab.conftest import Lab, connection
from tests.unit.lab.platform import FakePlatform

from octavo_lab.app import routes
from octavo_lab.relay import Relay

LINK = connection("http://127.0.0.1:9")
HANDLERS = [(path, handler) for path, handler, _ in routes("/", LINK, Relay(LINK))]
VERBS = [
    (path.replace("(.*)", "me"), method.upper())
    for path, handler in HANDLERS
    for method in ("get", "post", "put", "delete", "patch", "head")
    if method in vars(handler)
]


class Nobody(Authorizer):
    """Refuses everything, and remembers what it was asked."""

    def is_authorized(
        self, handler: JupyterHandler, user: User, action: str, resource: str
    ) -> bool:
        """Say no."""
        return False


def test_the_list_of_verbs_is_not_empty() -> None:
    assert ("/octavo/api/me", "POST") in VERBS
    assert ("/octavo/workspace", "GET") in VERBS


@pytest.mark.parametrize(("path", "method"), VERBS)
async def test_a_signed_out_caller_is_refused(
    lab: Lab, platform: FakePlatform, path: str, method: str
) -> None:
    async with lab.client(token="") as client:
        answer = await client.request(method, path.lstrip("/"))
    assert answer.status_code == 403
    assert set(answer.json()) == {"error", "message", "remedy", "request_id"}
    assert not platform.seen


@pytest.mark.parametrize(("path", "method"), VERBS)
async def test_an_unauthorised_caller_is_refused(
    labs: Any, platform: FakePlatform, path: str, method: str
) -> None:
    lab = await labs(connection(platform.url), authorizer_class=Nobody)
    async with lab.client() as client:
        answer = await client.request(method, path.lstrip("/"))
    assert answer.status_code == 403
    assert "not authorized" in answer.json()["message"]
    assert not platform.seen


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_a_change_without_the_xsrf_token_is_refused(
    lab: Lab, platform: FakePlatform, method: str
) -> None:
    async with lab.client() as client:
        signed_in = await client.get("api/status", params={"token": "lab-token"})
        cookies = dict(signed_in.cookies)
    async with lab.client(token="") as browser:
        browser.cookies.update(cookies)
        answer = await browser.request(method, "octavo/api/echo")
    assert answer.status_code == 403
    assert not platform.seen


async def test_a_request_from_another_origin_is_refused(lab: Lab, platform: FakePlatform) -> None:
    async with lab.client(token="") as client:
        answer = await client.post(
            "octavo/api/echo", headers={"Origin": "https://evil.example", "Cookie": "a=b"}
        )
    assert answer.status_code in {403, 404}
    assert not platform.seen
