"""The routes of consumers: what goes over the wire, and that a token is answered once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.support.people import FakeHub
from tests.support.services import NOON, open_audit
from tests.unit.consumers.test_patterns import grid
from tests.unit.consumers.test_service import WHY, KnownDeployments

from octavo_server import answers
from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.tables.audit import idempotency_keys
from octavo_server.database.tables.consumers import consumer_tokens
from octavo_server.deployments.consumers import http
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.guard import Guard, RoleBook
from octavo_server.identity import Identity, RunTokens

HOME = "/projects/flights/consumers"
BODY = {"name": "app", "purpose": WHY, "deployments": ["late"]}


class Roles:
    """Everybody has the role that they are named by."""

    def project_roles(self, caller: Any, _project: str) -> frozenset[str]:
        return frozenset({caller.name})

    def platform_roles(self, _caller: Any) -> frozenset[str]:
        return frozenset()


class Door:
    """The routes on an in-memory database."""

    def __init__(self, folder: Path) -> None:
        self.database = MemoryDatabase()
        audit = open_audit(self.database, folder)
        identity = Identity(FakeHub(), RunTokens(b"k" * 32, lambda: NOON))
        guard = Guard(identity, cast(RoleBook, Roles()), self.database, audit)
        consumers = ConsumersService(
            self.database, audit, cast(RolloutsService, KnownDeployments())
        )
        self.access, self.patterns = Access(consumers, lambda: NOON), PatternBook(lambda: NOON, 1)
        app = FastAPI()
        app.state.guard = guard
        answers.install(app)
        app.include_router(http.routes(consumers, self.access, self.patterns, guard))
        self.client = TestClient(app, raise_server_exceptions=False)

    def call(self, who: str, method: str, path: str, **more: Any) -> Any:
        """Send a request as somebody."""
        headers = {"Authorization": f"Bearer {who}", **more.pop("headers", {})}
        return self.client.request(method, path, headers=headers, **more)


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    opened = Door(tmp_path)
    yield opened
    opened.access.close()


def test_a_consumer_is_made_read_and_changed(door: Door) -> None:
    made = door.call("scientist", "POST", HOME, json=BODY).json()
    assert (made["name"], made["owner"], made["state"]) == ("app", "scientist", "active")
    assert made["limits"] == {"requests_per_second": 20.0, "burst": 40, "rows_per_minute": None}
    change = {"generation": 0, "limits": {"requests_per_second": 5, "burst": 5}, "reason": WHY}
    changed = door.call("oncall", "PATCH", f"{HOME}/app", json=change).json()
    assert (changed["generation"], changed["limits"]["burst"]) == (1, 5)
    detail = door.call("reviewer", "GET", f"{HOME}/app").json()
    assert (detail["tokens"], detail["use"], detail["patterns"]) == ([], [], [])
    listed = door.call("reviewer", "GET", HOME, params={"deployment": "late"}).json()
    assert [one["name"] for one in listed["items"]] == ["app"]


def test_a_token_is_answered_once_and_kept_nowhere(door: Door) -> None:
    door.call("scientist", "POST", HOME, json=BODY)
    key = {"Idempotency-Key": "k1"}
    issued = door.call("scientist", "POST", f"{HOME}/app/tokens", json={"days": 30}, headers=key)
    token = issued.json()["token"]
    assert token.startswith("octc_")
    assert issued.headers["cache-control"] == "no-store"
    again = door.call("scientist", "POST", f"{HOME}/app/tokens", json={"days": 30}, headers=key)
    assert again.status_code == 409
    assert "was carried out, but its answer is not known" in again.json()["message"]
    with door.database.read() as rows:
        kept = [rows.find(idempotency_keys), rows.find(consumer_tokens)]
    assert token.rpartition("_")[2] not in str(kept)
    (listed,) = door.call("reviewer", "GET", f"{HOME}/app").json()["tokens"]
    assert listed == issued.json()["about"]
    assert "token" not in listed


def test_revoking_ends_a_token_and_a_consumer(door: Door) -> None:
    door.call("scientist", "POST", HOME, json=BODY)
    token = door.call("scientist", "POST", f"{HOME}/app/tokens", json={}).json()["about"]["id"]
    why = {"reason": WHY}
    ended = door.call("oncall", "POST", f"{HOME}/app/tokens/{token}/revoke", json=why).json()
    assert (ended["state"], ended["revoked_by"]) == ("revoked", "oncall")
    gone = door.call("oncall", "POST", f"{HOME}/app/revoke", json=why).json()
    assert (gone["state"], gone["active_tokens"]) == ("revoked", 0)


def test_only_some_may_manage(door: Door) -> None:
    refused = door.call("reviewer", "POST", HOME, json=BODY)
    assert refused.status_code == 403
    assert "You may not make consumers" in refused.json()["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"deployments": []}, "deployments"),
        ({"name": "App!"}, "name"),
        ({"purpose": ""}, "purpose"),
        ({"limits": {"requests_per_second": 0}}, "limits.requests_per_second"),
        ({"limits": {"burst": True}}, "limits.burst"),
        ({"owner": "\u202eann"}, "owner"),
        ({"tokens": 1}, "tokens"),
    ],
)
def test_what_is_out_of_shape_is_refused_by_its_field(
    door: Door, change: dict[str, Any], field: str
) -> None:
    refused = door.call("scientist", "POST", HOME, json={**BODY, **change})
    assert refused.status_code == 422
    assert refused.json()["message"].startswith(field)


def test_patterns_are_listed_the_suspicious_first(door: Door) -> None:
    door.patterns.add("flights", "late", "ann", [{"a": 1}])
    door.patterns.add("flights", "late", "consumer:app", grid())
    path = "/projects/flights/deployments/late/patterns"
    found = door.call("reviewer", "GET", path).json()["items"]
    assert [(one["caller"], one["level"]) for one in found] == [
        ("consumer:app", "warning"),
        ("ann", "ok"),
    ]
