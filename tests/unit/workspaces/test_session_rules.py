"""Metering, audiences, digests, orders: pure decisions about starts and sessions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.support.people import SCIENTIST
from tests.support.profiles import machine, profile, version
from tests.support.sessions import HOUR, T0, session

from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import HUB, service_caller
from octavo_server.workspaces.profiles.domain import Image, Rate
from octavo_server.workspaces.sessions import fit_rules, rules
from octavo_server.workspaces.sessions.domain import Choice, Failure, MachineFacts, SessionState

SMALL_MACHINE = MachineFacts(cpus=2, memory_gib=8, gpus=())
SMALL_POOL = (machine(cpu=2, memory_gib=8),)


def test_metering_never_goes_back_and_never_into_the_future() -> None:
    once = rules.metered(session(), T0 + HOUR, T0 + 2 * HOUR)
    assert once.metered_until == T0 + HOUR
    assert rules.metered(once, T0 + HOUR / 2, T0 + 2 * HOUR) == once
    assert rules.metered(once, T0 + 9 * HOUR, T0 + 2 * HOUR).metered_until == T0 + 2 * HOUR


def test_an_ended_session_can_be_neither_metered_nor_ended() -> None:
    over = rules.ended(session(), T0 + HOUR, "idle", T0 + HOUR)
    assert (over.state, over.ended_at, over.end_reason) == ("ended", T0 + HOUR, "idle")
    with pytest.raises(IllegalMove):
        rules.metered(over, T0 + 2 * HOUR, T0 + 2 * HOUR)
    with pytest.raises(IllegalMove):
        rules.ended(over, T0 + 2 * HOUR, "stopped", T0 + 2 * HOUR)


def test_what_waits_is_not_metered_until_its_turn() -> None:
    queued = session(state=SessionState.QUEUED, started_at=None, ready_at=None, metered_until=None)
    with pytest.raises(IllegalMove, match="still waits"):
        rules.metered(queued, T0 + HOUR, T0 + HOUR)
    gone = rules.ended(queued, T0, "cancelled", T0 + HOUR)
    assert (gone.metered_until, gone.ended_at) == (None, T0 + HOUR)
    granted = rules.granted(queued, "m", (1,), T0 + HOUR)
    assert (granted.state, granted.gpus) == (SessionState.STARTING, (1,))
    assert granted.started_at == granted.metered_until == T0 + HOUR
    with pytest.raises(IllegalMove, match="can't become starting"):
        rules.granted(granted, "m", (), T0 + HOUR)


def test_a_start_answers_within_its_own_life() -> None:
    starting = session(state=SessionState.STARTING, ready_at=None)
    early = rules.started(starting, T0 - HOUR, T0 + HOUR)
    assert (early.state, early.ready_at) == (SessionState.RUNNING, T0)
    assert rules.started(starting, T0 + 9 * HOUR, T0 + HOUR).ready_at == T0 + HOUR
    assert rules.started(early, T0 + HOUR, T0 + HOUR) == early
    for state in (SessionState.QUEUED, SessionState.ENDED):
        with pytest.raises(IllegalMove, match=f"is {state.value}; it can't become running"):
            rules.started(session(state=state, end_reason="lost"), T0, T0)


def test_a_failure_is_kept_with_the_end() -> None:
    failure = Failure(kind="volume", message="The volume is busy.")
    over = rules.ended(session(), T0, "failed", T0, failure)
    assert over.failure == failure


def test_a_machine_without_a_gpu_says_so() -> None:
    gpu = profile(title="One GPU", gpu=1, gpu_type="A100")
    assert rules.obstacles(gpu, SMALL_POOL) == ("This machine has no GPU; One GPU needs 1 x A100.",)
    with_gpu = (machine(gpu=1, gpu_type="NVIDIA A100-SXM4-80GB"),)
    assert rules.obstacles(gpu, with_gpu) == ()
    assert "is for prod only" in rules.obstacles(profile(environments=("prod",)), SMALL_POOL)[0]


def test_what_is_guaranteed_more_than_there_is_fits_nowhere() -> None:
    huge = profile(title="Huge", cpu=64.0, cpu_guarantee=32.0)
    assert "Huge fits nowhere here" in rules.obstacles(huge, SMALL_POOL)[0]
    assert "32 CPU" in rules.obstacles(huge, SMALL_POOL)[0]
    assert "no node pool is declared" in rules.obstacles(huge, ())[0]


def test_a_smaller_machine_is_a_note_no_obstacle() -> None:
    large = profile(cpu=8.0, memory_gib=32.0)
    assert rules.obstacles(large, SMALL_POOL) == ()
    assert "2 CPU and 8 GiB" in rules.shortfalls(large, SMALL_MACHINE, SMALL_POOL)[0]
    assert rules.shortfalls(profile(), SMALL_MACHINE, SMALL_POOL) == ()
    assert rules.shortfalls(large, SMALL_MACHINE, (machine(machine=False),)) == ()


def test_policy_gets_money_in_cents_rounded_against_the_spender() -> None:
    dear = profile(rates=(Rate(since=T0.date(), micro_eur=120_001),))
    facts = rules.facts(dear, (), SMALL_POOL, 129_999, T0.date())
    assert facts["price_cents_per_hour"] == 13
    assert facts["budget_left_cents"] == 12
    assert facts["audience"] is True
    assert facts["available"] is True


def test_a_profile_changed_since_it_was_seen_is_told_with_its_price() -> None:
    one = replace(version(), digest="sha256:b")
    assert rules.changed_since(None, one, T0.date()) is None
    assert rules.changed_since("sha256:b", one, T0.date()) is None
    assert "0.12 EUR" in str(rules.changed_since("sha256:a", one, T0.date()))


@pytest.mark.parametrize(
    ("image", "sentences"),
    [
        (None, ()),
        ("lab", ()),
        ("evil", ("The image 'evil' is none of Small CPU's; choose one of: lab.",)),
    ],
)
def test_an_image_is_one_of_the_profiles(image: str | None, sentences: tuple[str, ...]) -> None:
    lab = Image(name="lab", title="Lab", image="r@sha256:" + "0" * 64)
    one = profile(title="Small CPU", images=(lab,))
    choice = Choice(project="p", profile="x", image=image)
    assert rules.wrong_image(choice, one) == sentences
    assert rules.image_of(choice, one) == (image or "lab")
    bare = rules.wrong_image(Choice(project="p", profile="x", image="lab"), profile())
    assert "it has none to choose from" in bare[0]


def test_smuggled_options_are_named_with_their_value() -> None:
    found = rules.smuggled({"privileged": "true", "environment": "LD_PRELOAD=/tmp/x.so"})
    assert len(found) == 2
    assert "Unknown option 'environment' ('LD_PRELOAD=/tmp/x.so')" in found[0]
    assert "everything else comes from the profile" in found[1]


def test_the_same_start_again_is_told_from_another() -> None:
    queued = session(state=SessionState.QUEUED)
    choice = Choice(project="flights", profile="cpu-small")
    assert rules.same_start(queued, choice, None)
    assert not rules.same_start(session(), choice, None)
    assert not rules.same_start(queued, replace(choice, profile="gpu-1"), None)
    assert not rules.same_start(queued, choice, "lab")


def test_what_a_person_must_know_is_told_once_and_not_without_end() -> None:
    told = rules.told(session(), "limit", ["Memory is short.", "", "Memory is short."], T0)
    again = rules.told(told, "limit", ["Memory is short."], T0 + HOUR)
    assert again == told
    many = rules.told(told, "limit", [f"Limit {count}" for count in range(30)], T0)
    assert len(many.incidents) == rules.MOST_INCIDENTS
    assert many.incidents[-1].message == "Limit 29"


def test_an_order_to_stop_stands_until_there_is_room_again() -> None:
    grace = T0 + timedelta(minutes=15)
    ordered = rules.ordered(session(), "quota", grace)
    assert (ordered.stop_at, ordered.stop_reason) == (grace, "quota")
    assert rules.ordered(ordered, "budget", grace + HOUR) == ordered
    assert rules.ordered(ordered, None, grace) == session()
    stopped = session(stop_at=T0, stop_reason="stopped")
    assert rules.ordered(stopped, None, grace) == stopped
    assert rules.ordered(session(), None, grace) == session()


def test_only_the_hub_speaks_for_people() -> None:
    rules.check_hub(service_caller("spawner"))
    for other in (SCIENTIST, service_caller("worker"), replace(SCIENTIST, name=HUB)):
        with pytest.raises(Forbidden):
            rules.check_hub(other)


def _offer(name: str, cents: int, **more: Any) -> Any:
    rate = (Rate(since=T0.date(), micro_eur=cents * 10_000),)
    return version(id=name, title=name, rates=rate, **more)


def test_the_nearest_is_nearest_in_gpus_then_size_then_price() -> None:
    wanted = _offer("gpu-2", 680, gpu=2, gpu_type="A100", cpu=16.0, memory_gib=128.0)
    one_gpu = _offer("gpu-1", 340, gpu=1, gpu_type="A100", cpu=8.0, memory_gib=64.0)
    as_large = _offer("cpu-xl", 96, cpu=16.0, memory_gib=128.0)
    small = _offer("cpu-small", 12, cpu=2.0, memory_gib=8.0)
    cheap = _offer("cpu-cheap", 60, cpu=16.0, memory_gib=128.0)
    today = T0.date()
    near = fit_rules.nearest(wanted, [small, as_large, one_gpu, wanted], today)
    assert near is not None
    assert near.version is one_gpu
    assert near.reason == (
        "gpu-1: 1 x A100, 8 CPU instead of 16, 64 GiB instead of 128, 3.40 EUR an hour."
    )
    closest = fit_rules.nearest(wanted, [small, as_large, cheap], today)
    assert closest is not None
    assert closest.version is as_large
    assert fit_rules.nearest(wanted, [wanted], today) is None


def test_work_is_handed_off_to_profiles_without_a_gpu_cheapest_first() -> None:
    gpu = profile(id="gpu-1", gpu=1, gpu_type="A100", cpu=8.0)
    offered = [
        _offer("large", 48, pipelines=True),
        _offer("small", 12, pipelines=True),
        _offer("no-runs", 1, pipelines=False),
        _offer("others", 2, pipelines=True, audiences=("admins",)),
        _offer("gpu-2", 3, pipelines=True, gpu=1, gpu_type="A100"),
    ]
    found = fit_rules.takes_over(gpu, offered, ["scientists"], T0.date())
    assert [fit.version.profile.id for fit in found] == ["small", "large"]
    assert fit_rules.takes_over(profile(), offered, ["scientists"], T0.date()) == []
