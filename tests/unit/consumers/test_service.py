"""Consumers and their tokens: who may have what, on the twin, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from tests.support.people import ADMIN, SCIENTIST
from tests.support.services import NOON, open_audit

from octavo_server.database.rows import Database
from octavo_server.deployments.consumers import rules
from octavo_server.deployments.consumers.domain import Consumer, Limits, Token
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import Conflict, Invalid, NotFound, Unauthenticated

LIMITS = Limits(requests_per_second=20, burst=40)
WHY = "It scores flights for the app."


@dataclass
class KnownDeployments:
    """Stands in for rollouts: these deployments exist."""

    names: tuple[str, ...] = ("late", "early")

    def find(self, _rows: object, _project: str, name: str) -> object | None:
        return name if name in self.names else None

    def now(self) -> Any:
        return NOON


def a_consumer(**changes: Any) -> Consumer:
    made = Consumer(
        project="flights",
        name="app",
        purpose=WHY,
        owner="scientist",
        deployments=("late",),
        limits=LIMITS,
        created_by="scientist",
        created_at=NOON,
    )
    return replace(made, **changes)


@pytest.fixture
def consumers(database: Database, tmp_path: Path) -> ConsumersService:
    rollouts = cast(RolloutsService, KnownDeployments())
    return ConsumersService(database, open_audit(database, tmp_path), rollouts)


def test_a_consumer_comes_back_as_it_was(consumers: ConsumersService) -> None:
    made = consumers.create(SCIENTIST, a_consumer(limits=replace(LIMITS, rows_per_minute=600)))
    assert consumers.get("flights", "app").consumer == made
    assert [one.consumer.name for one in consumers.every("flights", "late")] == ["app"]
    assert consumers.every("flights", "early") == []
    assert consumers.every("weather") == []
    with pytest.raises(Conflict, match="There is a consumer 'app' already, or there was one"):
        consumers.create(SCIENTIST, a_consumer())
    with pytest.raises(NotFound, match="no consumer 'other' in 'flights'"):
        consumers.get("flights", "other")


def test_a_consumer_opens_deployments_that_are_there(consumers: ConsumersService) -> None:
    with pytest.raises(Invalid, match="there is no deployment 'lost'"):
        consumers.create(SCIENTIST, a_consumer(deployments=("late", "lost")))
    made = consumers.create(SCIENTIST, a_consumer(deployments=("early", "late", "early")))
    assert made.deployments == ("early", "late")


def test_a_change_names_the_generation_that_was_read(consumers: ConsumersService) -> None:
    consumers.create(SCIENTIST, a_consumer())
    faster = Limits(requests_per_second=50, burst=50)

    def change(generation: int) -> Consumer:
        return consumers.change(
            ADMIN, "flights", "app",
            generation=generation, deployments=["early"], limits=faster, reason=WHY,
        )  # fmt: skip

    assert change(0).generation == 1
    found = consumers.get("flights", "app").consumer
    assert (found.deployments, found.limits) == (("early",), faster)
    with pytest.raises(Conflict, match="changed by someone else"):
        change(0)


def test_a_token_is_kept_as_a_digest_alone(consumers: ConsumersService, database: Database) -> None:
    consumers.create(SCIENTIST, a_consumer())
    secret, kept = consumers.issue(SCIENTIST, "flights", "app", 90, "the app's server")
    assert rules.token_id(secret) == kept.id
    assert secret not in repr(kept)
    token, holder = consumers.holder(kept.id)
    assert token == kept
    assert rules.check_token(secret, token, holder, NOON).name == "app"
    assert consumers.holder("nobody") == (None, None)


def test_tokens_end(consumers: ConsumersService) -> None:
    consumers.create(SCIENTIST, a_consumer())
    secret, kept = consumers.issue(SCIENTIST, "flights", "app", 1, "")
    consumer = consumers.get("flights", "app").consumer

    def opens(token: Token, holder: Consumer, days: int = 0) -> None:
        rules.check_token(secret, token, holder, NOON + timedelta(days=days))

    opens(kept, consumer)
    with pytest.raises(Unauthenticated, match="expired on 2026-03-02"):
        opens(kept, consumer, days=1)
    with pytest.raises(Unauthenticated, match="token is unknown"):
        rules.check_token(secret[:-1] + "x", replace(kept, digest="0" * 64), consumer, NOON)
    ended = consumers.revoke_token(ADMIN, "flights", "app", kept.id, WHY)
    with pytest.raises(Unauthenticated, match="token of app was revoked"):
        opens(ended, consumer)
    with pytest.raises(Conflict, match="admin revoked this token already"):
        consumers.revoke_token(ADMIN, "flights", "app", kept.id, WHY)
    with pytest.raises(NotFound, match="app has no token 'other'"):
        consumers.revoke_token(ADMIN, "flights", "app", "other", WHY)


def test_a_revoked_consumer_stays_so(consumers: ConsumersService) -> None:
    consumers.create(SCIENTIST, a_consumer())
    secret, kept = consumers.issue(SCIENTIST, "flights", "app", 90, "")
    revoked = consumers.revoke(ADMIN, "flights", "app", WHY)
    with pytest.raises(Unauthenticated, match="consumer app was revoked"):
        rules.check_token(secret, kept, revoked, NOON)
    with pytest.raises(Conflict, match="consumer app was revoked"):
        consumers.issue(SCIENTIST, "flights", "app", 90, "")
    with pytest.raises(Conflict, match="admin revoked app already"):
        consumers.revoke(ADMIN, "flights", "app", WHY)
    assert consumers.of_deployment("flights", "late") == []


def test_a_consumer_has_only_so_many_tokens(consumers: ConsumersService) -> None:
    consumers.create(SCIENTIST, a_consumer())
    for _ in range(rules.MOST_TOKENS):
        consumers.issue(SCIENTIST, "flights", "app", 90, "")
    with pytest.raises(Conflict, match="20 tokens that open something; 20 are allowed"):
        consumers.issue(SCIENTIST, "flights", "app", 90, "")


def test_every_change_is_on_the_trail_without_secrets(
    database: Database, tmp_path: Path, consumers: ConsumersService
) -> None:
    audit = open_audit(database, tmp_path)
    consumers.create(SCIENTIST, a_consumer())
    secret, kept = consumers.issue(SCIENTIST, "flights", "app", 90, "here")
    consumers.revoke_token(ADMIN, "flights", "app", kept.id, WHY)
    consumers.revoke(ADMIN, "flights", "app", WHY)
    entries = audit.entries(("subject", "=", "consumer:flights/app"))
    assert [entry.action for entry in entries] == [
        "consumers.revoke",
        "consumers.token_revoked",
        "consumers.token_issued",
        "consumers.create",
    ]
    assert secret.rpartition("_")[2] not in str(entries)


def test_uses_are_noted(consumers: ConsumersService) -> None:
    consumers.create(SCIENTIST, a_consumer())
    _, kept = consumers.issue(SCIENTIST, "flights", "app", 90, "")
    later = NOON + timedelta(minutes=5)
    consumers.note_uses({kept.id: later})
    assert consumers.get("flights", "app").tokens[0].last_used_at == later
