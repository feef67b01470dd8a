"""Cards, starts and metering, on every database and with the shipped policies."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.people import ADMIN, SCIENTIST, STRANGER
from tests.support.workspaces import HUB, MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.workspaces.sessions.service import Choice


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def test_cards_say_what_may_be_started_and_why_not(world: World) -> None:
    cards = {card.version.profile.id: card for card in world.service.cards(SCIENTIST, "flights")}
    assert cards["cpu-small"].reasons == ()
    assert cards["gpu-1"].reasons == ("This machine has no GPU; One GPU needs 1 x A100.",)
    assert cards["closed"].reasons == ("Closed is for admins; ask an admin to join.",)
    assert list(cards)[-1] == "gpu-1"
    assert cards["cpu-small"].budget.left_micro_eur == 20_000_000


def test_cards_of_a_foreign_project_are_not_there(world: World) -> None:
    with pytest.raises(NotFound, match="'flights'"):
        world.service.cards(STRANGER, "flights")
    with pytest.raises(NotFound, match="'nope'"):
        world.service.cards(ADMIN, "nope")


def test_the_hub_is_offered_a_persons_own_projects(world: World) -> None:
    world.make("other", 100)
    offers = world.service.offers(HUB, "scientist", ["scientists"])
    assert sorted(one.project for one in offers) == ["flights", "other"]
    assert offers[0].role == "scientist"
    assert world.service.offers(HUB, "stranger", []) == []
    with pytest.raises(Forbidden):
        world.service.offers(SCIENTIST, "admin", ["admins"])


def test_a_start_is_on_the_trail_with_person_profile_and_policy(world: World) -> None:
    started = world.start()
    entry = world.audit.entries()[0]
    assert (entry.actor, entry.action) == ("scientist", "workspaces.start")
    assert entry.subject == f"session:{started.session.id}"
    assert entry.details["digest"] == started.version.digest
    assert entry.details["policy"]["facts"]["price_cents_per_hour"] == 12


@pytest.mark.parametrize(
    ("choice", "error", "sentence"),
    [
        (Choice(project="flights", profile="gpu-1", digest=None), Forbidden, "no GPU"),
        (Choice(project="flights", profile="closed", digest=None), Forbidden, "for admins"),
        (Choice(project="flights", profile="nope", digest=None), Invalid, "no profile 'nope'"),
        (Choice(project="nope", profile="cpu-small", digest=None), NotFound, "no project"),
        (
            Choice(project="flights", profile="cpu-small", digest="sha256:" + "0" * 64),
            Forbidden,
            "was changed after you opened the page",
        ),
    ],
)
def test_a_refused_choice_starts_nothing(
    world: World, choice: Choice, error: type[Exception], sentence: str
) -> None:
    before = world.actions()
    with pytest.raises(error, match=sentence):
        world.service.open_session(HUB, "scientist", ["scientists"], choice)
    assert world.actions() == before


def test_a_project_without_budget_starts_nothing(world: World) -> None:
    world.make("poor", 11)
    cards = {card.version.profile.id: card for card in world.service.cards(SCIENTIST, "poor")}
    assert "budget" in cards["cpu-small"].reasons[0]
    with pytest.raises(Forbidden, match="budget"):
        world.start(project="poor")


def test_heartbeats_meter_and_repeating_one_changes_nothing(world: World) -> None:
    session = world.start().session
    world.clock.now += 30 * MINUTE
    for _ in range(3):
        view = world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert view.seconds == 1800
    assert view.cost_micro_eur == 60_000
    assert view.budget.left_micro_eur == 20_000_000 - 60_000


def test_a_session_over_midnight_is_booked_on_both_days_and_months(world: World) -> None:
    session = world.start().session
    for _ in range(4):
        world.clock.now += 30 * MINUTE
        world.service.heartbeat(HUB, session.id, world.clock.now, world.clock.now)
    ended = world.service.end_session(HUB, session.id, world.clock.now, "stopped")
    assert ended.seconds == 7200
    assert ended.cost_micro_eur == 240_000
    report = world.usage.report("flights", None, None)
    assert [(one.name, one.seconds) for one in report.by_day] == [("2026-04-01", 3600.0)]
    assert report.budget is not None
    assert report.budget.spent_micro_eur == 120_000


def test_an_ended_session_stays_ended(world: World) -> None:
    session = world.start().session
    first = world.service.end_session(HUB, session.id, world.clock.now, "idle")
    again = world.service.end_session(HUB, session.id, world.clock.now + MINUTE, "stopped")
    assert again.session == first.session
    assert again.session.end_reason == "idle"
    with pytest.raises(IllegalMove):
        world.service.heartbeat(HUB, session.id, world.clock.now, None)
    with pytest.raises(NotFound):
        world.service.heartbeat(HUB, "nope", world.clock.now, None)


def test_a_new_start_ends_what_is_still_open(world: World) -> None:
    first = world.start().session
    world.clock.now += MINUTE
    world.service.heartbeat(HUB, first.id, world.clock.now, None)
    world.clock.now += 60 * MINUTE
    world.start()
    over = world.service.end_session(HUB, first.id, world.clock.now, "stopped")
    assert over.session.end_reason == "superseded"
    assert over.seconds == 60


def test_a_session_nobody_has_seen_is_ended_where_it_was_seen_last(world: World) -> None:
    session = world.start().session
    world.clock.now += MINUTE
    world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert world.service.end_lost() == 0
    world.clock.now += 16 * MINUTE
    assert world.service.end_lost() == 1
    assert world.service.end_lost() == 0
    view = world.service.end_session(HUB, session.id, world.clock.now, "stopped")
    assert (view.session.end_reason, view.seconds) == ("lost", 60)
    assert world.actions()[0] == "workspaces.end"


def test_a_gpu_is_held_by_one_workspace_at_a_time(world: World) -> None:
    world.machine.gpus = ("A100",)
    held = world.start("gpu-1").session
    other = Choice(project="flights", profile="gpu-1", digest=None)
    with pytest.raises(Forbidden, match="All GPUs are in use: 1 of 1"):
        world.service.open_session(HUB, "second", ["scientists"], other)
    world.service.end_session(HUB, held.id, world.clock.now, "stopped")
    assert world.service.open_session(HUB, "second", ["scientists"], other).session.id


def test_a_lost_session_that_is_seen_again_goes_on_and_is_metered_whole(world: World) -> None:
    session = world.start().session
    world.clock.now += 16 * MINUTE
    assert world.service.end_lost() == 1
    view = world.service.heartbeat(HUB, session.id, world.clock.now, None)
    assert (view.session.state, view.session.end_reason) == ("running", None)
    assert view.seconds == 16 * 60
    assert world.actions()[0] == "workspaces.revive"
