"""Cards, starts, life and end of sessions, on every database and with the shipped policies."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.support.people import ADMIN, SCIENTIST, STRANGER
from tests.support.workspaces import HUB, MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden, Invalid, NotFound, OctavoError
from octavo_server.workspaces.sessions import wire
from octavo_server.workspaces.sessions.domain import Choice, Failure, SessionState
from octavo_server.workspaces.sessions.service import Beat


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
    assert (cards["cpu-small"].free_now, cards["cpu-small"].expected_wait_s) == (4, 0.0)
    nearest = cards["gpu-1"].nearest
    assert nearest is not None
    assert nearest.version.profile.id == "cpu-small"
    assert nearest.reason == (
        "Small CPU: no GPU, 2 CPU instead of 8, 8 GiB instead of 64, 0.12 EUR an hour."
    )


def test_a_card_for_others_does_not_tell_how_the_profile_is_set(world: World) -> None:
    (card,) = [
        one
        for one in world.service.cards(SCIENTIST, "flights")
        if one.version.profile.id == "closed"
    ]
    assert card.reasons == ("Closed is for admins; ask an admin to join.",)
    choice = Choice(project="flights", profile="closed", digest=None, image="none")
    refused = world.service.decide(HUB, "scientist", ["scientists"], choice)
    assert refused.reasons == card.reasons
    today = world.service.today()
    for sent in (wire.card(card, today), wire.decision(refused, today)):
        assert "inner" not in sent.model_dump_json()
        assert "Closed" in sent.model_dump_json()


def test_a_full_machine_is_no_refusal_but_a_wait(world: World) -> None:
    for count in range(4):
        session = world.start(person=f"p{count}").session
        world.service.started(HUB, session.id, world.clock.now)
    card = next(c for c in world.service.cards(SCIENTIST, "flights") if not c.reasons)
    assert card.free_now == 0
    assert card.expected_wait_s == 2 * 3600


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
    assert entry.details["state"] == "starting"
    assert entry.details["policy"]["facts"]["price_cents_per_hour"] == 12
    assert started.session.team == "scientists"
    assert started.session.groups == ("scientists",)


STALE = "sha256:" + "0" * 64


@pytest.mark.parametrize(
    ("choice", "sentence", "nearest"),
    [
        (Choice(project="flights", profile="gpu-1"), "no GPU", "Small CPU: no GPU"),
        (Choice(project="flights", profile="closed"), "for admins", "Small CPU: the same size"),
        (
            Choice(project="flights", profile="cpu-small", digest=STALE),
            "was changed after you opened the page",
            "Small CPU as it is now",
        ),
        (
            Choice(project="flights", profile="cpu-small", image="evil.example/x:latest"),
            "The image 'evil.example/x:latest' is none of Small CPU's; it has none to choose from.",
            "Small CPU",
        ),
        (
            Choice(project="flights", profile="cpu-small", further={"privileged": "1"}),
            "Unknown option 'privileged'",
            "Small CPU",
        ),
        (
            Choice(project="flights", profile="cpu-small", further={"environment": "LD_PRELOAD=x"}),
            "LD_PRELOAD",
            "Small CPU",
        ),
    ],
)
def test_a_refused_choice_starts_nothing_and_is_on_the_trail(
    world: World, choice: Choice, sentence: str, nearest: str
) -> None:
    decided = world.service.decide(HUB, "scientist", ["scientists"], choice)
    assert sentence in decided.reasons[0]
    assert decided.nearest is not None
    assert nearest in decided.nearest.reason
    with pytest.raises(Forbidden, match=sentence):
        world.service.open_session(HUB, "scientist", ["scientists"], choice)
    assert world.service.open_now() == []
    for entry in world.audit.entries()[:2]:
        assert (entry.actor, entry.action) == ("scientist", "workspaces.start.refused")
        assert sentence in entry.details["reasons"][0]


SMUGGLED = {"privileged": "True", "environment": "LD_PRELOAD=/tmp/x.so"}


def _refused_on_the_trail(world: World, choice: Choice, error: type[OctavoError]) -> str:
    """Return why a choice is refused; nothing starts, and the trail says it, at page and start."""
    choice = replace(choice, further=SMUGGLED)
    before = len(world.audit.entries())
    with pytest.raises(error) as no:
        world.service.decide(HUB, "scientist", ["scientists"], choice)
    with pytest.raises(error):
        world.service.open_session(HUB, "scientist", ["scientists"], choice)
    assert world.service.open_now() == []
    entries = world.audit.entries()
    assert len(entries) == before + 2
    for entry in entries[:2]:
        assert (entry.actor, entry.action) == ("scientist", "workspaces.start.refused")
        assert entry.details["reasons"] == [no.value.message]
        assert entry.details["further"] == SMUGGLED
        assert f"{entry.subject}{entry.project}".isascii()
    return f"{no.value.message} {no.value.remedy}"


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(project="flights", profile="nope"), "There is no profile 'nope'. Use one of: c"),
        (Choice(project="nope", profile="cpu-small"), "There is no project 'nope' that you belong"),
    ],
)
def test_what_is_not_there_cannot_be_chosen(world: World, choice: Choice, sentence: str) -> None:
    assert sentence in _refused_on_the_trail(world, choice, NotFound)


BETWEEN = "it must be small letters, digits and hyphens between them, 63 at most."


@pytest.mark.parametrize(
    ("choice", "sentence"),
    [
        (Choice(project="", profile="cpu-small"), "No project was chosen. Choose one on the start"),
        (Choice(project="flights", profile=""), "No profile was chosen. Choose one on the start"),
        (Choice(project="a b", profile="x"), f"project is 'a b'; {BETWEEN} Choose one on the sta"),
        (
            Choice(project="flights", profile="../cpu-small"),
            f"profile is '../cpu-small'; {BETWEEN} Choose one on the start page.",
        ),
        (
            Choice(project="flights", profile="cpu-sm\u0430ll"),
            rf"profile is 'cpu-sm\u0430ll'; {BETWEEN}",
        ),
        (Choice(project="flights", profile="x" * 200), f"profile is '{'x' * 100}'; {BETWEEN}"),
        (
            Choice(project="flights", profile="cpu-small", digest="x"),
            "digest is 'x'; it must be sha256: and 64 hexadecimal digits. Leave it out, or start",
        ),
    ],
)
def test_what_cant_be_one_is_refused_in_words(world: World, choice: Choice, sentence: str) -> None:
    assert sentence in _refused_on_the_trail(world, choice, Invalid)


def test_a_project_without_budget_starts_nothing(world: World) -> None:
    world.make("poor", 11)
    cards = {card.version.profile.id: card for card in world.service.cards(SCIENTIST, "poor")}
    assert "budget" in cards["cpu-small"].reasons[0]
    with pytest.raises(Forbidden, match="budget"):
        world.start(project="poor")


def test_heartbeats_meter_and_repeating_one_changes_nothing(world: World) -> None:
    session = world.run()
    world.clock.now += 30 * MINUTE
    for _ in range(3):
        view = world.beat(session.id)
    assert view.seconds == 1800
    assert view.cost_micro_eur == 60_000
    assert view.budget.left_micro_eur == 20_000_000 - 60_000


def test_many_heartbeats_are_taken_at_once_and_each_is_answered(world: World) -> None:
    first, second = world.run(), world.run(person="p2")
    ended = world.run(person="p3")
    world.service.end_session(HUB, ended.id, world.clock.now, "stopped")
    world.clock.now += 10 * MINUTE
    beats = [
        Beat(session=name, until=world.clock.now)
        for name in (first.id, second.id, ended.id, "nope")
    ]
    states = world.service.beats.take(HUB, beats)
    assert list(states.values()) == ["running", "running", "ended", None]
    assert world.usage.total("session", second.id)[0] == 600
    with pytest.raises(Forbidden, match="Only the hub"):
        world.service.beats.take(SCIENTIST, beats)


def test_an_ended_session_stays_ended(world: World) -> None:
    session = world.run()
    first = world.service.end_session(HUB, session.id, world.clock.now, "idle")
    later = world.clock.now + MINUTE
    again = world.service.end_session(HUB, session.id, later, "stopped")
    assert again.session == first.session
    assert again.session.end_reason == "idle"
    assert world.seen(session.id) is SessionState.ENDED
    assert world.service.session(session.id) == first.session
    assert world.seen("nope") is None


def test_a_failed_start_is_counted_by_its_class_and_the_unknown_is_shown_raw(world: World) -> None:
    for kind, raw in (("volume", ""), ("unknown", "0/3 nodes: weird"), ("volume", "")):
        session = world.start().session
        failure = Failure(kind=kind, message=f"{kind} it was.", raw=raw)
        world.service.end_session(HUB, session.id, world.clock.now, "failed", failure)
    world.run()
    found = world.service.failures(7)
    assert (found.starts, found.by_kind) == (4, {"unknown": 1, "volume": 2})
    assert list(found.unknown) == ["0/3 nodes: weird"]
    entry = world.audit.entries(("action", "=", "workspaces.end"))[0]
    assert entry.details["failure"] == "volume"
    world.clock.now += timedelta(days=8)
    assert world.service.failures(7).by_kind == {"unknown": 0}


def test_a_second_start_ends_what_ran_before(world: World) -> None:
    first = world.run()
    second = world.start().session
    assert world.service.session(first.id).end_reason == "superseded"
    assert world.service.open_of("scientist") == second


def test_asking_again_for_what_starts_answers_with_that(world: World) -> None:
    first = world.start().session
    again = world.start().session
    assert again.id == first.id
    assert len(world.audit.entries(("action", "=", "workspaces.start"))) == 1


def test_a_start_that_answers_is_told_once(world: World) -> None:
    session = world.start().session
    world.clock.now += MINUTE
    notice = "Your home is full."
    for _ in range(2):
        world.service.started(HUB, session.id, world.clock.now, rescue=True, notice=notice)
    found = world.service.session(session.id)
    assert (found.state, found.rescue) == (SessionState.RUNNING, True)
    assert [one.message for one in found.incidents] == [notice]
    assert len(world.audit.entries(("action", "=", "workspaces.started"))) == 1


def test_who_was_not_seen_for_a_while_is_lost_and_found_again(world: World) -> None:
    session = world.run()
    world.clock.now += 16 * MINUTE
    assert world.service.end_lost() == 1
    assert world.service.end_lost() == 0
    assert world.service.session(session.id).end_reason == "lost"
    world.clock.now += MINUTE
    revived = world.beat(session.id)
    assert revived.session.state is SessionState.RUNNING
    assert revived.seconds == 17 * 60


def test_a_lost_session_does_not_come_back_beside_a_newer_one(world: World) -> None:
    lost = world.run()
    world.clock.now += 16 * MINUTE
    world.service.end_lost()
    newer = world.run()
    states = world.service.beats.take(HUB, [Beat(session=lost.id, until=world.clock.now)])
    assert states == {lost.id: SessionState.ENDED}
    assert world.service.open_of("scientist") == newer


def test_an_orphan_is_booked_once_and_on_the_trail(world: World) -> None:
    told: dict[str, Any] = {
        "where": "pod jupyter-scientist",
        "person": "scientist",
        "project": "flights",
        "profile": "cpu-small",
        "since": world.clock.now,
        "until": world.clock.now + 30 * MINUTE,
    }
    world.clock.now += 60 * MINUTE
    for _ in range(2):
        world.service.book_orphan(HUB, **told)
    first, last = date(2026, 3, 31), date(2026, 4, 1)
    assert world.usage.report(None, first, last).split.total == 60_000
    assert world.audit.entries()[0].action == "workspaces.orphan"
    world.service.book_orphan(HUB, **told | {"where": "pid 7", "person": None, "profile": "gone"})
    with pytest.raises(Forbidden):
        world.service.book_orphan(SCIENTIST, **told)


def test_a_start_that_never_answers_costs_nothing_and_one_that_does_is_metered_from_its_turn(
    world: World,
) -> None:
    failed, slow = world.start().session, world.start(person="p2").session
    world.clock.now += 10 * MINUTE
    beats = [Beat(session=one.id, until=world.clock.now) for one in (failed, slow)]
    world.service.beats.take(HUB, beats)
    failure = Failure(kind="timeout", message="It never answered.")
    world.service.end_session(HUB, failed.id, world.clock.now, "failed", failure)
    world.service.started(HUB, slow.id, world.clock.now)
    world.clock.now += 10 * MINUTE
    world.beat(slow.id)
    assert world.usage.total("session", failed.id) == (0, 0)
    assert world.usage.total("session", slow.id)[0] == 20 * 60
