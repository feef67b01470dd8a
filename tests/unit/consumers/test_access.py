"""Who gets in, and how much: tokens, scopes, buckets."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast

import pytest
from tests.support.services import NOON
from tests.unit.consumers.test_service import a_consumer

from octavo_server.answers import error_headers
from octavo_server.deployments.consumers import rules
from octavo_server.deployments.consumers.access import STRANGERS_AT_ONCE, Access
from octavo_server.deployments.consumers.domain import Consumer, Limits, Token
from octavo_server.deployments.consumers.rules import Bucket
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.errors import NotFound, TooMany, Unauthenticated

ID = "a" * 26
SECRET = rules.write_token(ID)
KEPT = Token(
    id=ID,
    project="flights",
    consumer="app",
    digest=rules.digest_of(SECRET),
    note="",
    created_by="scientist",
    created_at=NOON,
    expires_at=NOON.replace(year=2027),
)


@dataclass
class Holders:
    """Stands in for the service: one token; counts how often it is asked."""

    token: Token = KEPT
    consumer: Consumer = field(default_factory=a_consumer)
    asked: int = 0
    noted: dict[str, datetime] = field(default_factory=dict)

    def holder(self, token_id: str) -> tuple[Token | None, Consumer | None]:
        self.asked += 1
        return (self.token, self.consumer) if token_id == ID else (None, None)

    def note_uses(self, uses: dict[str, datetime]) -> None:
        self.noted.update(uses)


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    at: float = 100.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Door:
    holders: Holders
    clock: Clock
    access: Access

    def knock(self, token: str = SECRET) -> Consumer:
        return asyncio.run(self.access.consumer(token))


@pytest.fixture
def door() -> Iterator[Door]:
    holders, clock = Holders(), Clock()
    access = Access(cast(ConsumersService, holders), lambda: NOON, clock)
    yield Door(holders, clock, access)
    access.close()


def test_a_token_is_looked_up_once_a_second(door: Door) -> None:
    assert door.knock().name == door.knock().name == "app"
    assert door.holders.asked == 1
    door.clock.at += 3
    door.knock()
    assert door.holders.asked == 2
    door.access.flush()
    assert door.holders.noted == {ID: NOON}


def test_a_revocation_counts_after_two_seconds(door: Door) -> None:
    door.knock()
    door.holders.token = replace(KEPT, revoked_at=NOON, revoked_by="admin")
    door.knock()
    door.clock.at += 2.01
    with pytest.raises(Unauthenticated, match="token of app was revoked"):
        door.knock()


@pytest.mark.parametrize(
    "token",
    ["octc_", "octc_x_y", SECRET + "x", SECRET.upper(), ""],
    ids=["no id", "too short", "longer", "in capitals", "empty"],
)
def test_what_is_no_token_is_looked_up_nowhere(door: Door, token: str) -> None:
    with pytest.raises(Unauthenticated, match="out of shape"):
        door.knock(token)
    assert door.holders.asked == 0


def test_guessing_is_slowed_and_known_tokens_pass(door: Door) -> None:
    door.knock()
    for number in range(1, int(STRANGERS_AT_ONCE)):
        with pytest.raises(Unauthenticated, match="unknown"):
            door.knock(rules.write_token(f"{number:026d}".translate(str.maketrans("0189", "abcd"))))
    with pytest.raises(TooMany, match="Many unknown tokens"):
        door.knock(rules.write_token("z" * 26))
    assert door.knock().name == "app"


def test_a_token_opens_its_deployments_alone(door: Door) -> None:
    consumer = door.knock()
    door.access.enter(consumer, "flights", "late")
    for project, deployment in (("flights", "early"), ("weather", "late")):
        with pytest.raises(NotFound, match=f"app has no deployment '{deployment}' in '{project}'"):
            door.access.enter(consumer, project, deployment)


def test_requests_over_the_limit_are_told_how_long_to_wait(door: Door) -> None:
    limits = Limits(requests_per_second=2, burst=3)

    def ask() -> None:
        door.access.take_request("flights", "late", "consumer:app", limits)

    for _ in range(3):
        ask()
    with pytest.raises(TooMany, match=r"more than 2 requests a second \(3 at once\)") as refused:
        ask()
    assert refused.value.retry_after_s == pytest.approx(0.5)
    assert error_headers(refused.value) == {"Retry-After": "1"}
    door.clock.at += 0.5
    ask()
    use = door.access.uses("flights", "consumer:app")
    assert [(one.deployment, one.requests, one.refused) for one in use] == [("late", 5, 1)]
    door.access.take_request("flights", "late", "consumer:other", limits)


def test_rows_count_where_they_are_limited(door: Door) -> None:
    limits = Limits(requests_per_second=100, burst=100, rows_per_minute=60)

    def ask(rows: int) -> None:
        door.access.take_rows("flights", "late", "consumer:app", limits, rows)

    ask(60)
    with pytest.raises(TooMany, match="more than 60 rows a minute") as refused:
        ask(10)
    assert refused.value.retry_after_s == pytest.approx(10)
    door.access.take_rows("flights", "late", "consumer:b", replace(limits, rows_per_minute=None), 9)


def test_what_is_more_than_fits_in_is_let_through_once_and_owed() -> None:
    bucket = Bucket(per_s=1, most=10, level=10, at=0)
    assert bucket.take(25, now=0) == 0
    assert bucket.take(1, now=0) == pytest.approx(16)
    assert bucket.take(1, now=16) == 0


def test_changed_limits_count_at_once(door: Door) -> None:
    tight, wide = Limits(requests_per_second=1, burst=1), Limits(requests_per_second=9, burst=9)
    door.access.take_request("flights", "late", "consumer:app", tight)
    with pytest.raises(TooMany):
        door.access.take_request("flights", "late", "consumer:app", tight)
    door.access.take_request("flights", "late", "consumer:app", wide)
