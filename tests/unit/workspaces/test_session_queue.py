"""The queue of starts on every database: turns, races, and never two workspaces of one person."""

from __future__ import annotations

import contextlib
import random
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.workspaces import HUB, INSTALL, MINUTE, World

from octavo_server.database.memory import MemoryDatabase
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import Forbidden, IllegalMove
from octavo_server.identity import service_caller
from octavo_server.workspaces.sessions import store
from octavo_server.workspaces.sessions.domain import Session, SessionState


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def _places(world: World) -> list[tuple[str, int | None, float | None]]:
    waiting = world.service.turns(HUB).waiting
    return [
        (view.session.person, view.position, view.expected_wait_s)
        for view in waiting
        if view.session.state is SessionState.QUEUED
    ]


def test_over_the_limit_of_starts_people_queue_with_place_and_estimate(world: World) -> None:
    for name in ("p1", "p2"):
        assert world.start(person=name).session.state is SessionState.STARTING
    third = world.start(person="p3")
    assert third.session.state is SessionState.QUEUED
    assert (third.position, third.expected_wait_s) == (1, 8.0)
    assert third.waits_for == "It waits until one of those that are starting is done."
    assert third.session.started_at is None
    world.clock.now += timedelta(milliseconds=1)
    world.start(person="p4")
    assert [one[:2] for one in _places(world)] == [("p3", 1), ("p4", 2)]
    entry = world.audit.entries()[0]
    assert (entry.action, entry.details["state"]) == ("workspaces.start", "queued")


def test_a_turn_comes_when_a_start_is_done_and_is_on_the_trail(world: World) -> None:
    first = world.start(person="p1").session
    world.start(person="p2")
    queued = world.start(person="p3").session
    world.clock.now += MINUTE
    world.service.started(HUB, first.id, world.clock.now)
    turns = {view.session.id: view.session for view in world.service.turns(HUB).waiting}
    granted = turns[queued.id]
    assert granted.state is SessionState.STARTING
    assert granted.started_at == granted.metered_until == world.clock.now
    entry = world.audit.entries(("action", "=", "workspaces.admit"))[0]
    assert (entry.actor, entry.details["person"]) == ("service:spawner", "p3")
    assert first.id not in turns


def test_over_the_machines_room_people_queue_until_somebody_stops(world: World) -> None:
    running = [world.run(person=f"p{count}") for count in range(4)]
    fifth = world.start(person="p5")
    assert fifth.session.state is SessionState.QUEUED
    assert fifth.waits_for == "It waits for CPU to come free."
    assert fifth.expected_wait_s == 2 * 3600
    world.service.end_session(HUB, running[2].id, world.clock.now, "stopped")
    assert _places(world) == []
    assert world.service.session(fifth.session.id).state is SessionState.STARTING


def test_the_estimate_knows_how_long_sessions_have_lasted(world: World) -> None:
    for _ in range(3):
        session = world.run()
        world.clock.now += 30 * MINUTE
        world.service.end_session(HUB, session.id, world.clock.now, "stopped")
    world.clock.now += 2 * MINUTE
    for count in range(4):
        world.run(person=f"p{count}")
    assert world.start(person="p5").expected_wait_s == 30 * 60


def test_a_gpu_that_a_scorer_has_is_lent_to_no_workspace(world: World) -> None:
    world.machine.gpus, world.machine.cpus = ("NVIDIA A100", "NVIDIA A100"), 16.0
    world.machine.memory_gib = 64.0
    lent = [0]
    world.service.queue.others_gpus = lambda: lent
    assert world.run("gpu-1", person="p1").gpus == (1,)
    assert world.service.queue.lent_gpus() == {1}
    waits = world.start("gpu-1", person="p2")
    assert waits.waits_for == "It waits for a GPU to come free."
    lent.clear()
    world.service.turns(HUB)
    assert world.service.session(waits.session.id).gpus == (0,)


def test_each_gpu_is_leased_to_one_workspace_by_number(world: World) -> None:
    world.machine.gpus, world.machine.cpus = ("NVIDIA A100", "NVIDIA A100"), 16.0
    world.machine.memory_gib = 64.0
    first, second = world.run("gpu-1", person="p1"), world.run("gpu-1", person="p2")
    assert (first.gpus, second.gpus) == ((0,), (1,))
    third = world.start("gpu-1", person="p3")
    assert third.waits_for == "It waits for a GPU to come free."
    assert world.start(person="p4").session.state is SessionState.STARTING
    world.service.end_session(HUB, first.id, world.clock.now, "stopped")
    world.service.turns(HUB)
    assert world.service.session(third.session.id).gpus == (0,)


def test_what_waits_costs_nothing_and_can_not_be_metered(world: World) -> None:
    for name in ("p1", "p2"):
        world.start(person=name)
    queued = world.start().session
    world.clock.now += 60 * MINUTE
    assert world.seen(queued.id) is SessionState.QUEUED
    assert world.service.session(queued.id).metered_until is None
    world.service.end_lost()
    assert world.service.session(queued.id).state is not SessionState.ENDED
    assert world.usage.total("session", queued.id) == (0, 0)


def test_a_queue_that_no_hub_looks_at_waits_for_it(world: World) -> None:
    """The request of a person whose hub died is still there, and its turn comes."""
    starting = [world.start(person=name).session for name in ("p1", "p2")]
    queued = world.start().session
    world.clock.now += 20 * MINUTE
    assert world.service.end_lost() == 2
    assert world.service.session(starting[0].id).end_reason == "lost"
    turns = world.service.turns(HUB)
    assert [view.session.id for view in turns.waiting] == [queued.id]
    assert turns.waiting[0].session.state is SessionState.STARTING


def test_who_waited_while_the_budget_was_used_up_is_not_started(world: World) -> None:
    first = world.run(person="p1")
    world.start(person="p2")
    world.start(person="p3")
    queued = world.start().session
    world.projects.set_budget(INSTALL, "flights", 5, "To see it end.")
    world.clock.now += 40 * MINUTE
    world.beat(first.id)
    for name in ("p2", "p3"):
        waiting = world.service.open_of(name)
        assert waiting is not None
        world.service.end_session(HUB, waiting.id, world.clock.now, "cancelled")
    assert world.service.turns(HUB).waiting == []
    assert world.service.session(queued.id).end_reason == "budget"


def test_only_the_hub_gives_turns(world: World) -> None:
    for call in (world.service.turns, world.service.open_for):
        with pytest.raises(Forbidden, match="Only the hub"):
            call(service_caller("worker"))


def test_the_database_itself_refuses_a_second_open_session(
    world: World, database: Database
) -> None:
    opened = world.start().session
    with pytest.raises(RowExists), database.write() as rows:
        store.add_session(rows, Session(**{**vars(opened), "id": "another"}))


def test_twenty_clicks_at_once_are_one_workspace(world: World, database: Database) -> None:
    threads = 1 if isinstance(database, MemoryDatabase) else 8
    barrier = threading.Barrier(threads)

    def click(_: int) -> str:
        barrier.wait(timeout=30)
        return world.start().session.id

    with ThreadPoolExecutor(threads) as pool:
        ids = list(pool.map(click, range(threads)))
    assert len(set(ids)) == 1
    assert len(world.service.open_now()) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_a_class_that_starts_at_once_gets_each_workspace_once_in_order(
    world: World, database: Database, seed: int
) -> None:
    """Clicks, cancels, deaths and polls from many threads: never two, never over the room."""
    threads = 1 if isinstance(database, MemoryDatabase) else 4
    rng = random.Random(seed)  # noqa: S311 - a plan that can be repeated
    people = [f"p{count}" for count in range(12)]
    plans = [(rng.choice(people), rng.random(), rng.random()) for _ in range(40)]
    over: list[str] = []

    def act(plan: tuple[str, float, float]) -> None:
        person, what, then = plan
        if what < 0.6:
            session = world.start(person=person).session
            if then < 0.5 and session.state is SessionState.STARTING:
                _quietly(world, session.id)
        else:
            found = world.service.open_of(person)
            if found is not None:
                world.service.end_session(HUB, found.id, world.clock.now, "stopped")
        world.service.turns(HUB)
        over.extend(_faults(world.service.open_now()))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(act, plans))
    assert over == []
    # When everything that runs ends and starts answer, everybody who waits gets a turn.
    for _ in range(40):
        for one in world.service.open_now():
            if one.state is SessionState.STARTING:
                world.service.started(HUB, one.id, world.clock.now)
            elif one.state is SessionState.RUNNING:
                world.service.end_session(HUB, one.id, world.clock.now, "stopped")
        world.service.turns(HUB)
    assert world.service.open_now() == []


def _quietly(world: World, session: str) -> None:
    """Say that it started; another thread may have ended it meanwhile."""
    with contextlib.suppress(IllegalMove):
        world.service.started(HUB, session, world.clock.now)


def _faults(sessions: list[Session]) -> list[str]:
    holding = [one for one in sessions if one.state is not SessionState.QUEUED]
    people = Counter(one.person for one in sessions)
    faults = [f"two of {name}" for name, count in people.items() if count > 1]
    if len(holding) * 0.5 > 2.0:
        faults.append(f"{len(holding)} hold more than there is")
    if sum(one.state is SessionState.STARTING for one in holding) > 2:
        faults.append("too many start at once")
    return faults
