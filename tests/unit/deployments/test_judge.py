"""Canaries lead on, are held and are rolled back by themselves."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.people import ONCALL, REVIEWER, SCIENTIST
from tests.support.rollouts import GOOD, NAME, PROJECT, REASON, Canaries

from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database
from octavo_server.deployments.requests.domain import RequestState
from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    RolloutState,
    ShadowPlan,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.judging import Measured
from octavo_server.deployments.rollouts.rules import rollback_s
from octavo_server.deployments.rollouts.service import (
    RolloutsService,
    headline_of,
    lease_lapsed,
)
from octavo_server.errors import Conflict, Forbidden, IllegalMove, NotFound, PolicyRefused

STEPS = (
    CanaryStep(percent=10, bake_s=5, min_requests=20),
    CanaryStep(percent=50, bake_s=5, min_requests=20),
)
CANARY = TrafficPlan(kind="canary", percent=100, steps=STEPS, then="promote")
SLOW = replace(GOOD, latency_p95_ms=900.0)
ALL_FAIL = Measured(requests=30, errors=30)


@pytest.fixture
def world(tmp_path: Path) -> Canaries:
    """Give v1 live with good numbers of v1 and v2, in memory."""
    return _world(MemoryDatabase(), tmp_path)


def _world(database: Database, folder: Path) -> Canaries:
    made = Canaries(database, folder)
    made.numbers.by_version = {1: GOOD, 2: GOOD}
    made.go(1)
    return made


def _state(world: Canaries) -> RolloutState | None:
    rollout = world.view().rollout
    return None if rollout is None else rollout.state


def test_a_good_version_walks_all_steps_by_itself(database: Database, tmp_path: Path) -> None:
    world = _world(database, tmp_path)
    shadow = ShadowPlan(percent=50, bake_s=3, min_requests=10)
    view = world.go(2, traffic=replace(CANARY, shadow=shadow))
    assert (view.deployment.shadow_version, view.deployment.shadow_percent) == (2, 50)
    view = world.watch(4)
    assert (view.deployment.shadow_version, view.deployment.canary_percent) == (None, 10)
    view = world.watch(3)
    assert view.deployment.canary_percent == 10  # five seconds have to pass
    assert world.watch(2).deployment.canary_percent == 50
    view = world.watch(6)
    assert (view.deployment.stable_version, view.deployment.previous_version) == (2, 1)
    assert view.deployment.controlled_at is None
    assert world.kinds() == [
        "started", "ready", "live",
        "started", "ready", "stepped", "stepped", "stepped", "superseded", "live",
    ]  # fmt: skip
    steps = world.audit.entries(("action", "=", "deployments.step"))
    assert [entry.details["state"] for entry in steps] == ["live", "canary", "canary"]


@pytest.mark.parametrize("numbers", [SLOW, ALL_FAIL])
def test_a_missed_objective_rolls_back_within_one_look(world: Canaries, numbers: Measured) -> None:
    world.go(2, traffic=CANARY)
    world.numbers.by_version[2] = numbers
    view = world.watch(1)
    assert (view.deployment.stable_version, view.deployment.canary_version) == (1, None)
    rollout = world.last()
    assert rollout.state is RolloutState.ROLLED_BACK
    assert rollout.automatic
    assert rollout.ended_by == "service:worker"
    assert rollout.judgement is not None
    assert rollout.judgement.verdict == "roll_back"
    assert rollout.message.startswith("v2 was rolled back: ")
    assert world.kinds()[-1] == "rolled_back"
    assert headline_of(view) == f"v1 answers all requests. {rollout.message}"


def test_too_few_requests_hold_a_step_however_long_it_lasts(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    world.numbers.by_version[2] = replace(GOOD, requests=19)
    view = world.watch(60)
    assert view.deployment.canary_percent == 10
    assert view.rollout is not None
    assert view.rollout.judgement is not None
    assert view.rollout.judgement.sentence == "19 of 20 requests so far."


def test_a_scorer_that_dies_takes_its_canary_along(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    world.host.dead.add(2)
    world.reconcile()
    view = world.watch(1)
    assert view.deployment.canary_version is None
    assert "its scorer died. It ended with status 9." in world.last().message


def test_numbers_that_can_not_be_read_end_a_canary_after_a_while(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    world.watch(1)
    world.numbers.away = True
    view = world.watch(15)
    assert view.deployment.canary_version == 2
    assert "measurements could not be read" in str(lease_lapsed(view.deployment, world.clock.now))
    view = world.watch(20)
    assert view.deployment.canary_version is None
    assert "could not be read since 12:00:03 UTC" in world.last().message


def test_a_controller_that_was_away_finds_its_canary_without_requests(world: Canaries) -> None:
    view = world.go(2, traffic=CANARY)
    assert lease_lapsed(view.deployment, world.clock.now) is None
    world.clock.pass_s(40)
    assert lease_lapsed(view.deployment, world.clock.now) is not None
    world.judge.step()
    view = world.view()
    assert view.deployment.canary_version is None
    assert "the controller was away for 40 s" in world.last().message


def test_a_version_that_is_deleted_under_way_is_rolled_back(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    world.catalog.versions.pop(("flights-late", 2))
    view = world.watch(1)
    assert view.deployment.canary_version is None
    assert "v2 was deleted from the registry" in world.last().message


def test_a_signature_that_is_revoked_under_way_ends_a_canary(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    world.catalog.signed = False
    world.watch(1)
    assert "the signature of v2 doesn't hold any more" in world.last().message


def test_a_held_rollout_stays_and_is_watched_all_the_same(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    view = world.rollouts.hold(ONCALL, PROJECT, NAME, REASON, held=True)
    assert view.rollout is not None
    assert view.rollout.paused_by == "oncall"
    assert world.watch(30).deployment.canary_percent == 10
    with pytest.raises(IllegalMove, match="is paused already"):
        world.rollouts.hold(ONCALL, PROJECT, NAME, REASON, held=True)
    world.rollouts.hold(SCIENTIST, PROJECT, NAME, REASON, held=False)
    assert world.watch(4).deployment.canary_percent == 10
    assert world.watch(2).deployment.canary_percent == 50
    world.rollouts.hold(ONCALL, PROJECT, NAME, REASON, held=True)
    world.numbers.by_version[2] = SLOW
    assert world.watch(1).deployment.canary_version is None


def test_a_held_rollout_does_not_begin(world: Canaries) -> None:
    world.approve(world.ask(2))
    world.rollouts.hold(ONCALL, PROJECT, NAME, REASON, held=True)
    assert world.reconcile().deployment.stable_version == 1
    world.rollouts.hold(ONCALL, PROJECT, NAME, REASON, held=False)
    assert world.reconcile().deployment.stable_version == 2


def test_a_person_promotes_a_shadow_and_never_their_own(world: Canaries) -> None:
    plan = TrafficPlan(kind="shadow", percent=100, shadow=ShadowPlan())
    world.go(2, traffic=plan)
    assert _state(world) is RolloutState.SHADOW
    assert world.watch(5).deployment.shadow_version == 2
    with pytest.raises(Forbidden):
        world.rollouts.promote(SCIENTIST, PROJECT, NAME, REASON)
    view = world.rollouts.promote(REVIEWER, PROJECT, NAME, REASON)
    assert (view.deployment.stable_version, view.deployment.shadow_version) == (2, None)


def test_a_live_version_that_can_not_stay_up_gives_way_to_the_one_before(
    world: Canaries,
) -> None:
    assert world.go(2).deployment.stable_version == 2
    world.host.dead.add(2)
    for _ in range(4):
        world.clock.pass_s(61)
        world.reconcile(2)
    view = world.watch(1)
    assert view.deployment.stable_version == 1
    assert "times in a row" in world.last().message


def test_what_lost_its_traffic_answers_on_for_a_moment(world: Canaries) -> None:
    world.go(2)
    world.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    world.reconcile()
    assert world.host.versions() == {1, 2}
    world.clock.pass_s(3)
    world.reconcile()
    assert world.host.versions() == {1}


def test_a_rollback_is_timed_by_who_routes(world: Canaries) -> None:
    told: list[tuple[str, str]] = []
    world.rollouts.tell(lambda project, name: told.append((project, name)))
    world.go(2)
    view = world.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    assert told == [(PROJECT, NAME)]
    generation = view.deployment.generation
    world.rollouts.confirm(PROJECT, NAME, generation - 1, None)
    assert _back(world) is None
    world.rollouts.confirm(PROJECT, NAME, generation, world.clock.now + timedelta(milliseconds=120))
    assert _back(world) == 0.12
    world.rollouts.confirm(PROJECT, NAME, generation + 1, world.clock.now + timedelta(hours=1))
    assert _back(world) == 0.12


def _back(world: Canaries) -> float | None:
    return rollback_s(world.last())


def test_somebody_who_rolls_back_while_it_is_judged_wins(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    seen = world.judge._watched()
    world.rollouts.roll_back(ONCALL, PROJECT, NAME, REASON)
    world.judge._watched = lambda: seen  # type: ignore[method-assign]
    world.numbers.by_version[2] = SLOW
    world.watch(1)
    assert world.last().ended_by == "oncall"


def test_an_alias_that_moved_between_approval_and_rollout_stops_it(world: Canaries) -> None:
    world.catalog.aliases["challenger"] = 2
    request = world.ask(None, alias="challenger")
    assert (request.version, request.alias) == (2, "challenger")
    world.approve(request)
    world.catalog.aliases["challenger"] = 3
    view = world.reconcile()
    assert view.deployment.stable_version == 1
    failed = world.requests.get_request(PROJECT, request.id)
    assert "challenger names v3 now, not v2 that was asked for" in failed.message
    with pytest.raises(NotFound, match="'nobody' of 'flights-late' names no version"):
        world.ask(None, alias="nobody")


@pytest.mark.parametrize(("points", "words"), [(3, "names v3 now"), (None, "names no version now")])
def test_an_alias_that_moved_since_the_request_is_not_approved(
    world: Canaries, points: int | None, words: str
) -> None:
    world.catalog.aliases["challenger"] = 2
    request = world.ask(None, alias="challenger")
    if points is None:
        del world.catalog.aliases["challenger"]
    else:
        world.catalog.aliases["challenger"] = points
    with pytest.raises(Conflict, match=f"v2 of flights-late may not be approved: .*{words}"):
        world.approve(request)
    waiting = world.requests.get_request(PROJECT, request.id)
    assert waiting.state is RequestState.PENDING


def test_a_version_that_was_deleted_before_it_started_does_not(world: Canaries) -> None:
    request = world.ask(2)
    world.approve(request)
    world.catalog.versions.pop(("flights-late", 2))
    assert world.reconcile().deployment.stable_version == 1
    failed = world.requests.get_request(PROJECT, request.id)
    assert "v2 was deleted from the registry" in failed.message


def test_files_that_changed_since_the_approval_do_not_run(world: Canaries) -> None:
    request = world.ask(2)
    world.approve(request)
    world.catalog.manifests["flights-late", 2] = {"MLmodel": "0" * 64}
    world.reconcile()
    failed = world.requests.get_request(PROJECT, request.id)
    assert "the files of v2 are not those that were asked for" in failed.message


def test_a_live_version_that_was_deleted_answers_on_and_is_said(world: Canaries) -> None:
    world.catalog.versions.pop(("flights-late", 1))
    fresh = RolloutsService(
        world.database, world.audit, world.catalog, world.rollouts._approvals, world.clock
    )
    view = fresh.get(PROJECT, NAME)
    assert view.deployment.stable_version == 1
    assert "was deleted from the registry: it answers on" in headline_of(view)
    assert fresh.views(PROJECT)[0].model is None


def test_an_approval_counts_once(world: Canaries) -> None:
    request = world.ask(2)
    world.approve(request)
    with pytest.raises(IllegalMove, match="is approved already"):
        world.approve(request)
    world.reconcile()
    with pytest.raises(IllegalMove, match="is applied already"):
        world.approve(request)
    other = world.ask(3)
    world.approve(other)
    with pytest.raises(IllegalMove, match="is moving to v3"):
        world.approve(world.ask(4))


def test_what_the_environment_does_not_take_is_not_deployed(world: Canaries) -> None:
    world.catalog.unusable_because = ("prod takes a model with a card.",)
    with pytest.raises(PolicyRefused, match="prod takes a model with a card"):
        world.ask(2)


def test_a_request_for_another_thing_is_refused(world: Canaries) -> None:
    with pytest.raises(Conflict, match="already live"):
        world.ask(1)


def _with_scores(world: Canaries, candidate: float) -> None:
    """Let the evidence show v2 slightly off v1, and the live scores lie around ``candidate``."""
    chance = random.Random(7)  # noqa: S311 - reproducible, not secret
    world.numbers.by_version = {
        version: replace(GOOD, scores=[chance.gauss(middle, 0.1) for _ in range(400)])
        for version, middle in ((1, 0.4), (2, candidate))
    }


def test_a_version_that_scores_differently_as_its_evidence_said_stays(world: Canaries) -> None:
    world.around.rows = [{"delay": float(number)} for number in range(200)]
    world.bench.scores = {1: 0.4, 2: 0.6}
    world.go(2, traffic=CANARY)
    _with_scores(world, 0.6)
    view = world.watch(20)
    assert view.deployment.stable_version == 2


def test_a_version_that_scores_otherwise_than_its_evidence_is_rolled_back(
    world: Canaries,
) -> None:
    world.around.rows = [{"delay": float(number)} for number in range(200)]
    world.bench.scores = {1: 0.4, 2: 0.4}
    world.go(2, traffic=CANARY)
    _with_scores(world, 0.6)
    view = world.watch(1)
    assert view.deployment.canary_version is None
    assert "differ more from the live version's than its evidence did" in world.last().message


def test_without_logged_rows_scores_are_not_judged(world: Canaries) -> None:
    world.go(2, traffic=CANARY)
    _with_scores(world, 0.9)
    assert world.watch(20).deployment.stable_version == 2
