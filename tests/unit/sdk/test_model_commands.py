"""`octavo models leftovers` against a service."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest
from click.testing import CliRunner

from octavo.cli import models
from octavo.client import Client, ClientError

LISTING = "a" * 64
ITEM = {"kind": "file", "digest": "b" * 64, "size": 2_000, "kept_at": "2026-03-01T12:00:00Z"}


class Service:
    """Answers as the platform service."""

    def __init__(self, *items: object, spared: int = 0) -> None:
        self.items, self.spared = items, spared
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.method == "POST":
            return httpx.Response(200, json={"count": 1, "size": 2_000, "spared": self.spared})
        count = len(self.items)
        answer = {"items": self.items[:1], "count": count, "size": 2_000 * count}
        more = {"older_than_days": 30, "listing": LISTING}
        return httpx.Response(200, json=answer | more)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Service], Service]:
    """Have the command talk to a service."""

    def use(service: Service) -> Service:
        monkeypatch.setattr(
            Client,
            "from_environment",
            lambda **_: Client("http://octavo", "token", transport=httpx.MockTransport(service)),
        )
        return service

    return use


def test_they_are_listed_and_nothing_is_removed(serve: Callable[[Service], Service]) -> None:
    service = serve(Service(ITEM, ITEM))
    done = CliRunner().invoke(models.leftovers, ["--older-than", "30"])
    assert done.exit_code == 0, done.output
    assert "2026-03-01  file                2,000  " + "b" * 64 in done.output
    assert "... and 1 more" in done.output
    assert "2 things, 4,000 bytes: no version refers to them" in done.output
    assert [one.method for one in service.asked] == ["GET"]
    assert service.asked[0].url.params["older_than_days"] == "30"


def test_removing_asks_first_and_confirms_that_very_list(
    serve: Callable[[Service], Service],
) -> None:
    service = serve(Service(ITEM, spared=1))
    asked = ["--remove", "--reason", "Cancelled registrations."]
    done = CliRunner().invoke(models.leftovers, asked, input="n\n")
    assert done.exit_code == 1
    assert [one.method for one in service.asked] == ["GET"]
    done = CliRunner().invoke(models.leftovers, asked, input="y\n")
    assert done.exit_code == 0, done.output
    assert "Remove 1 thing, 2,000 bytes?" in done.output
    assert "Removed 1 thing, 2,000 bytes; 1 were kept again meanwhile and stay." in done.output
    sent = json.loads(service.asked[-1].content)
    assert sent == {
        "listing": LISTING,
        "older_than_days": 30,
        "reason": "Cancelled registrations.",
    }


def test_nothing_is_removed_without_a_reason(serve: Callable[[Service], Service]) -> None:
    service = serve(Service(ITEM))
    done = CliRunner().invoke(models.leftovers, ["--yes"])
    assert isinstance(done.exception, ClientError)
    assert done.exception.message == "Nothing is removed without a reason."
    assert service.asked == []


def test_an_empty_store_is_not_asked_about(serve: Callable[[Service], Service]) -> None:
    service = serve(Service())
    done = CliRunner().invoke(models.leftovers, ["--yes", "--reason", "Tidy."])
    assert done.exit_code == 0, done.output
    assert [one.method for one in service.asked] == ["GET"]
