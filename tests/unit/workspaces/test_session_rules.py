"""Metering, money, audiences and digests: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.support.people import SCIENTIST
from tests.support.profiles import profile

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import HUB, service_caller
from octavo_server.workspaces.profiles.domain import ProfileVersion, Rate
from octavo_server.workspaces.sessions import rules
from octavo_server.workspaces.sessions.domain import MachineFacts, Session, SessionState

T0 = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SMALL_MACHINE = MachineFacts(cpus=2, memory_gib=8, gpus=())


def session(**more: Any) -> Session:
    return replace(
        Session(
            id="s1",
            person="scientist",
            project="flights",
            profile="cpu-small",
            profile_version=1,
            state=SessionState.RUNNING,
            started_at=T0,
            metered_until=T0,
            active_at=T0,
        ),
        **more,
    )


def test_metering_never_goes_back_and_never_into_the_future() -> None:
    once = rules.metered(session(), T0 + HOUR, None, T0 + 2 * HOUR)
    assert once.metered_until == T0 + HOUR
    assert rules.metered(once, T0 + HOUR / 2, None, T0 + 2 * HOUR) == once
    assert rules.metered(once, T0 + 9 * HOUR, None, T0 + 2 * HOUR).metered_until == T0 + 2 * HOUR


def test_an_ended_session_can_be_neither_metered_nor_ended() -> None:
    over = rules.ended(session(), T0 + HOUR, "idle", T0 + HOUR)
    assert (over.state, over.ended_at, over.end_reason) == ("ended", T0 + HOUR, "idle")
    with pytest.raises(IllegalMove):
        rules.metered(over, T0 + 2 * HOUR, None, T0 + 2 * HOUR)
    with pytest.raises(IllegalMove):
        rules.ended(over, T0 + 2 * HOUR, "stopped", T0 + 2 * HOUR)


def test_a_machine_without_a_gpu_says_so() -> None:
    gpu = profile(title="One GPU", gpu=1, gpu_type="A100")
    assert rules.obstacles(gpu, SMALL_MACHINE) == (
        "This machine has no GPU; One GPU needs 1 x A100.",
    )
    assert rules.obstacles(gpu, replace(SMALL_MACHINE, gpus=("A100",))) == ()
    assert "is for prod only" in rules.obstacles(profile(environments=("prod",)), SMALL_MACHINE)[0]


def test_a_smaller_machine_is_a_note_no_obstacle() -> None:
    large = profile(cpu=8.0, memory_gib=32.0)
    assert rules.obstacles(large, SMALL_MACHINE) == ()
    assert "2 CPU and 8 GiB" in rules.shortfalls(large, SMALL_MACHINE)[0]
    assert rules.shortfalls(profile(), SMALL_MACHINE) == ()


def test_policy_gets_money_in_cents_rounded_against_the_spender() -> None:
    facts = rules.facts(
        profile(rates=(Rate(since=T0.date(), micro_eur=120_001),)),
        (),
        SMALL_MACHINE,
        129_999,
        T0.date(),
    )
    assert facts["price_cents_per_hour"] == 13
    assert facts["budget_left_cents"] == 12
    assert facts["audience"] is True
    assert facts["available"] is True


def test_a_profile_changed_since_it_was_seen_is_told_with_its_price() -> None:
    version = ProfileVersion(profile=profile(), version=2, digest="sha256:b", published_at=T0)
    assert rules.changed_since(None, version, T0.date()) is None
    assert rules.changed_since("sha256:b", version, T0.date()) is None
    assert "0.12 EUR" in str(rules.changed_since("sha256:a", version, T0.date()))


def test_only_the_hub_speaks_for_people() -> None:
    rules.check_hub(service_caller("spawner"))
    for other in (SCIENTIST, service_caller("worker"), replace(SCIENTIST, name=HUB)):
        with pytest.raises(Forbidden):
            rules.check_hub(other)
