"""Tokens: who holds one, and which are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from tests.support.people import SCIENTIST, FakeHub

from octavo_server.errors import Unauthenticated, Unavailable
from octavo_server.identity import Caller, CallerKind, Identity, RunTokens, new_id


class Clock:
    """A clock that stands until it is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return its time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> RunTokens:
    return RunTokens(b"k" * 32, clock)


def test_a_run_token_names_its_run_until_it_expires(tokens: RunTokens, clock: Clock) -> None:
    token = tokens.issue("r1", "flights", timedelta(hours=1))
    assert tokens.read(token) == Caller(name="run:r1", kind=CallerKind.RUN, project="flights")
    clock.now += timedelta(hours=1)
    with pytest.raises(Unauthenticated, match="expired"):
        tokens.read(token)


@pytest.mark.parametrize(
    "change",
    [
        lambda token: token[:-1] + ("1" if token[-1] == "0" else "0"),
        lambda token: token[:15] + "A" + token[16:],
        lambda _: "octavo-run.",
    ],
)
def test_a_forged_run_token_is_refused(tokens: RunTokens, change: object) -> None:
    token = tokens.issue("r1", "flights", timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        tokens.read(change(token))  # type: ignore[operator]


def test_a_key_of_another_install_signs_nothing_here(tokens: RunTokens, clock: Clock) -> None:
    token = RunTokens(b"x" * 32, clock).issue("r1", "flights", timedelta(hours=1))
    with pytest.raises(Unauthenticated):
        tokens.read(token)


def test_the_hub_is_asked_once_in_a_while(tokens: RunTokens) -> None:
    hub = FakeHub()
    identity = Identity(hub, tokens, keep_s=60)
    assert identity.of("scientist") == SCIENTIST
    hub.away = True
    assert identity.of("scientist") == SCIENTIST
    with pytest.raises(Unavailable):
        identity.of("reviewer")


def test_a_revoked_token_is_refused_once_the_answer_is_old(tokens: RunTokens) -> None:
    hub = FakeHub()
    identity = Identity(hub, tokens, keep_s=0)
    identity.of("scientist")
    del hub.tokens["scientist"]
    with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
        identity.of("scientist")


@pytest.mark.parametrize("token", [None, "", "nobody"])
def test_none_and_unknown_are_refused(tokens: RunTokens, token: str | None) -> None:
    with pytest.raises(Unauthenticated):
        Identity(FakeHub(), tokens).of(token)


def test_ids_are_short_and_differ() -> None:
    made = {new_id() for _ in range(1000)}
    assert len(made) == 1000
    assert all(len(one) == 26 and one.isalnum() for one in made)
