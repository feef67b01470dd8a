"""Asking the Hub which groups there are: pages, a Hub that is away, answers kept for a while."""

from __future__ import annotations

import httpx
import pytest

from octavo_server.adapters.hub_groups import PAGES, HubGroups

PAGE = 50


class Hub:
    """A Hub's groups, answered in pages as JupyterHub does."""

    def __init__(self, *names: str) -> None:
        self.known = list(names)
        self.status = 200
        self.body: bytes | None = None
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        self.asked.append(request)
        if self.body is not None:
            return httpx.Response(self.status, content=self.body)
        assert request.headers["accept"] == PAGES
        start = int(request.url.params["offset"])
        items = [{"name": name, "users": []} for name in self.known[start : start + PAGE]]
        end = start + PAGE
        following = {"offset": end, "limit": PAGE} if end < len(self.known) else None
        body = {"items": items, "_pagination": {"offset": start, "next": following}}
        return httpx.Response(self.status, json=body)


def _groups(hub: Hub) -> HubGroups:
    transport = httpx.MockTransport(hub)
    return HubGroups(
        "http://hub/api", lambda: "secret", lambda: frozenset({"admins"}), transport=transport
    )


def test_all_pages_are_read_with_the_services_token() -> None:
    hub = Hub(*[f"g{number}" for number in range(PAGE + 1)])
    names = _groups(hub).names()
    assert names is not None
    assert len(names) == PAGE + 1
    assert [one.headers["authorization"] for one in hub.asked] == ["token secret"] * 2


def test_an_answer_is_kept_for_a_while() -> None:
    hub = Hub("scientists")
    groups = _groups(hub)
    assert groups.names() == groups.names() == {"scientists"}
    assert groups.declared() == {"admins"}
    assert len(hub.asked) == 1


@pytest.mark.parametrize(
    ("status", "body"), [(403, b"{}"), (500, b"oops"), (200, b"<html>"), (200, b'[{"name": "x"}]')]
)
def test_an_answer_that_tells_no_groups_means_that_nobody_knows(status: int, body: bytes) -> None:
    hub = Hub()
    hub.status, hub.body = status, body
    assert _groups(hub).names() is None


def test_a_hub_that_is_away_is_not_asked_again_at_once() -> None:
    asked: list[httpx.Request] = []

    def away(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        raise httpx.ConnectError("refused", request=request)

    groups = HubGroups("http://hub/api", lambda: "secret", transport=httpx.MockTransport(away))
    assert groups.names() is None
    assert groups.names() is None
    assert len(asked) == 1
