"""Metering, money, audiences and digests: pure decisions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests.support.people import SCIENTIST

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import service_caller
from octavo_server.workspaces import rules
from octavo_server.workspaces.domain import (
    MachineFacts,
    Profile,
    ProfileVersion,
    Session,
    SessionState,
)

T0 = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
SMALL_MACHINE = MachineFacts(cpus=2, memory_gib=8, gpus=())


def document(**more: Any) -> dict[str, Any]:
    return {
        "id": "cpu-small",
        "title": "Small CPU",
        "description": "For tables.",
        "resources": {"cpu": 2, "memory_gib": 8, "processes": 1024},
        "price_eur_per_hour": 0.12,
        "idle_minutes": 60,
        "ready_seconds": 8,
        "audiences": [],
        "environments": ["dev"],
        "pipelines": True,
    } | more


def profile(**more: Any) -> Profile:
    return replace(rules.profile_of(document()), **more)


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


def test_a_price_is_exact_in_millionths() -> None:
    assert profile().price_micro_eur == 120_000
    odd = rules.profile_of(document(price_eur_per_hour=0.1999))
    assert odd.price_micro_eur == 199_900


def test_the_digest_names_the_content_and_nothing_else() -> None:
    same = rules.profile_of(dict(reversed(document().items())))
    assert rules.digest_of(same) == rules.digest_of(profile())
    assert rules.digest_of(profile(idle_minutes=61)) != rules.digest_of(profile())
    assert rules.digest_of(profile()).startswith("sha256:")


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


def test_usage_is_split_at_midnight_utc() -> None:
    assert list(rules.days(T0, T0 + HOUR)) == [
        (date(2026, 3, 31), 1800.0),
        (date(2026, 4, 1), 1800.0),
    ]
    assert list(rules.days(T0, T0)) == []
    assert sum(seconds for _, seconds in rules.days(T0, T0 + 49 * HOUR)) == 49 * 3600


def test_an_hour_costs_its_price() -> None:
    assert rules.cost(3600, 120_000) == 120_000
    assert rules.cost(0, 120_000) == 0
    assert rules.cost(1, 120_000) == 33


@pytest.mark.parametrize(
    ("audiences", "groups", "inside"),
    [((), (), True), (("a",), ("a", "b"), True), (("a",), ("b",), False), (("a",), (), False)],
)
def test_an_audience_is_any_of_its_groups(
    audiences: tuple[str, ...], groups: tuple[str, ...], inside: bool
) -> None:
    assert rules.in_audience(profile(audiences=audiences), groups) is inside


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
    facts = rules.facts(profile(price_micro_eur=120_001), (), SMALL_MACHINE, 129_999)
    assert facts["price_cents_per_hour"] == 13
    assert facts["budget_left_cents"] == 12
    assert facts["audience"] is True
    assert facts["available"] is True


def test_a_profile_changed_since_it_was_seen_is_told_with_its_price() -> None:
    version = ProfileVersion(profile=profile(), version=2, digest="sha256:b", published_at=T0)
    assert rules.changed_since(None, version) is None
    assert rules.changed_since("sha256:b", version) is None
    assert "0.12 EUR" in str(rules.changed_since("sha256:a", version))


def test_only_the_hub_speaks_for_people() -> None:
    rules.check_hub(service_caller("spawner"))
    for other in (SCIENTIST, service_caller("worker"), replace(SCIENTIST, name=rules.HUB)):
        with pytest.raises(Forbidden):
            rules.check_hub(other)
