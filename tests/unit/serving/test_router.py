"""Who answers a request: shares, fail-over, copies, and the dead man's handle."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from tests.support.routing import NAME, PROJECT, Routed, a_scorer, open_routed

from octavo_server.deployments.rollouts.domain import ScorerState
from octavo_server.deployments.serving import store
from octavo_server.deployments.serving.domain import Figures, Scored
from octavo_server.deployments.serving.router import ModelFailed
from octavo_server.deployments.serving.shadow import MOST_UNDER_WAY
from octavo_server.errors import Invalid, NotFound, Unavailable


@pytest.fixture
def routed() -> Iterator[Routed]:
    opened = open_routed()
    yield opened
    opened.telemetry.close()
    opened.router.tables.close()


def watched(routed: Routed) -> dict[str, Any]:
    """A canary that the controller looks at."""
    now = routed.clock()
    return {"canary_version": 2, "controlled_at": now, "judged_at": now}


def kept(routed: Routed) -> list[Scored]:
    routed.telemetry.flush()
    with routed.database.read() as rows:
        since = routed.clock() - timedelta(hours=1)
        return store.scored_since(rows, PROJECT, NAME, since, 100)


def figures(routed: Routed) -> dict[str, Figures]:
    """What is counted so far, by role."""
    with routed.database.read() as rows:
        since = routed.clock() - timedelta(minutes=1)
        return {one.role: one.figures for one in store.figures_since(rows, PROJECT, NAME, since)}


def test_the_stable_version_answers(routed: Routed) -> None:
    answer = routed.ask_now()
    assert (answer.version, answer.failed_over, answer.predictions) == (1, False, [[0.9, 0.1]])
    assert answer.model_digest == "1" * 64
    (scored,) = kept(routed)
    assert (scored.id, scored.status, scored.role) == (answer.request_id, "ok", "stable")
    assert scored.scores == (0.1,)


def test_a_canary_takes_the_points_below_its_share(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=60)
    assert routed.ask_now().version == 2
    routed.route(**watched(routed), canary_percent=40)
    assert routed.ask_now().version == 1


def test_what_does_not_exist_is_not_found(routed: Routed) -> None:
    with pytest.raises(NotFound, match="no deployment 'other'"):
        asyncio.run(routed.router.traffic(PROJECT, "other"))


@pytest.mark.parametrize("how", ["down", "slow", "broken"])
def test_a_failing_canary_costs_the_caller_nothing(routed: Routed, how: str) -> None:
    routed.route(**watched(routed), canary_percent=100)
    getattr(routed.scorers, how).add("v2")
    answer = routed.ask_now()
    assert (answer.version, answer.failed_over) == (1, True)
    statuses = {scored.version: scored.status for scored in kept(routed)}
    told = {"down": "unavailable", "slow": "timeout", "broken": "model_failed"}
    assert statuses == {1: "ok", 2: told[how]}


def test_rows_that_only_the_canary_refuses_are_answered_and_are_its_fault(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    routed.scorers.picky.add("v2")
    answer = routed.ask_now()
    assert (answer.version, answer.failed_over) == (1, True)
    assert {scored.version: scored.status for scored in kept(routed)} == {1: "ok", 2: "invalid"}
    canary = figures(routed)["canary"]
    assert (canary.requests, canary.errors, canary.refused) == (1, 1, 0)


def test_rows_that_every_version_refuses_are_the_callers_fault(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    routed.scorers.picky |= {"v1", "v2"}
    with pytest.raises(Invalid, match="Column 'gate' is missing"):
        routed.ask_now()
    assert len(kept(routed)) == 2
    counted = figures(routed).values()
    assert [(one.requests, one.errors, one.refused) for one in counted] == [(1, 0, 1)] * 2


def test_another_version_is_waited_for_less(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    routed.scorers.slow.add("v2")
    routed.ask_now()
    assert routed.scorers.limits == [2.0, None]


def test_the_version_kept_warm_stands_in(routed: Routed) -> None:
    routed.route(previous_version=2)
    routed.scorers.down.add("v1")
    answer = routed.ask_now()
    assert (answer.version, answer.failed_over) == (2, True)


def test_a_stable_models_own_fault_is_told(routed: Routed) -> None:
    routed.route(previous_version=2)
    routed.scorers.broken.add("v1")
    with pytest.raises(ModelFailed, match="ZeroDivisionError"):
        routed.ask_now()


def test_no_version_left_is_told_with_every_reason(routed: Routed) -> None:
    routed.route(previous_version=2)
    routed.scorers.down |= {"v1", "v2"}
    with pytest.raises(Unavailable, match=r"v1: No answer .*v2: No answer"):
        routed.ask_now()
    routed.rollouts.scorers = {1: a_scorer(1, ScorerState.STARTING)}
    routed.router.refresh(PROJECT, NAME)
    with pytest.raises(Unavailable, match=r"'late' can't answer now\. v1: It is being loaded"):
        routed.ask_now()


def test_a_scorer_that_failed_three_times_is_left_alone_for_a_second(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    routed.scorers.down.add("v2")
    for _ in range(5):
        assert routed.ask_now().version == 1
    assert routed.scorers.asked.count("v2") == 3


def test_a_copy_goes_to_the_shadow_and_is_compared(routed: Routed) -> None:
    routed.route(shadow_version=2, shadow_percent=100)
    assert routed.ask_now().version == 1
    assert sorted(routed.scorers.asked) == ["v1", "v2"]
    roles = {scored.version: scored.role for scored in kept(routed)}
    assert roles == {1: "stable", 2: "shadow"}
    count = routed.router.shadow_count(PROJECT, NAME)
    assert count is not None
    assert (count.sent, count.skipped, count.failed) == (1, 0, 0)
    shadow = figures(routed)["shadow"]
    assert (shadow.requests, shadow.compared) == (1, 1)
    assert shadow.difference == pytest.approx(0.1)


@pytest.mark.parametrize("how", ["down", "broken", "slow"])
def test_a_failing_shadow_is_counted_and_nobody_notices(routed: Routed, how: str) -> None:
    routed.route(shadow_version=2, shadow_percent=100)
    getattr(routed.scorers, how).add("v2")
    assert routed.ask_now().failed_over is False
    count = routed.router.shadow_count(PROJECT, NAME)
    assert count is not None
    assert (count.sent, count.failed) == (1, 1)


def test_a_hanging_shadow_is_bounded(routed: Routed) -> None:
    routed.route(shadow_version=2, shadow_percent=100)
    routed.scorers.hangs.add("v2")

    async def many() -> None:
        for _ in range(20):
            answer = await asyncio.wait_for(routed.ask(), 5)
            assert answer.version == 1
        await asyncio.sleep(0)

    asyncio.run(many())
    count = routed.router.shadow_count(PROJECT, NAME)
    assert count is not None
    assert (count.sent, count.skipped) == (MOST_UNDER_WAY, 20 - MOST_UNDER_WAY)


def test_a_shadow_gets_its_share_of_copies(routed: Routed) -> None:
    routed.route(shadow_version=2, shadow_percent=50)
    routed.ask_now()
    assert routed.scorers.asked == ["v1"]


def test_an_unwatched_canary_loses_its_share_and_gets_it_back(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    assert routed.ask_now().version == 2
    routed.clock.move(11)
    assert routed.ask_now().version == 1
    held = routed.router.tables.held_back(PROJECT, NAME)
    assert held is not None
    assert "v2 gets no requests: the controller has not looked at it" in held.reason
    routed.route(**watched(routed))
    assert routed.ask_now().version == 2
    assert routed.router.tables.held_back(PROJECT, NAME) is None
    routed.router.tables.close()
    assert routed.held == [held, None]


def test_unreadable_measurements_pull_the_handle_too(routed: Routed) -> None:
    stale = {**watched(routed), "judged_at": routed.clock() - timedelta(seconds=30)}
    routed.route(**stale, canary_percent=100)
    assert routed.ask_now().version == 1
    held = routed.router.tables.held_back(PROJECT, NAME)
    assert held is not None
    assert "its measurements could not be read" in held.reason


def test_the_last_table_stands_while_the_database_is_away(routed: Routed) -> None:
    routed.route(**watched(routed), canary_percent=100)
    assert routed.ask_now().version == 2
    routed.rollouts.failure = OSError("the database is gone")
    routed.clock.move(5)
    assert routed.ask_now().version == 2
    routed.clock.move(10)
    assert routed.ask_now().version == 1
    routed.clock.move(400)
    with pytest.raises(OSError, match="database is gone"):
        routed.ask_now()


def test_the_table_is_read_a_few_times_a_second(routed: Routed) -> None:
    for _ in range(50):
        routed.ask_now()
    assert routed.rollouts.reads == 1
    routed.clock.move(0.6)
    routed.ask_now()
    assert routed.rollouts.reads == 2


def test_a_new_generation_is_confirmed_with_the_last_older_answer(routed: Routed) -> None:
    routed.ask_now()
    began = routed.clock()
    routed.clock.move(1)
    routed.route()
    routed.ask_now()
    assert routed.rollouts.confirmed == [(0, None), (1, began)]


def test_entities_need_features(routed: Routed) -> None:
    with pytest.raises(Invalid, match="features are not read here"):
        routed.ask_now(document={"entities": [{"carrier": "UA"}]})
