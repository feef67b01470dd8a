"""Quotas hold for starts that are asked for at once, and nothing is held by who left the queue."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.people import SCIENTIST
from tests.support.workspaces import INSTALL, World

from octavo_server.database.rows import Database
from octavo_server.errors import Forbidden
from octavo_server.identity import Caller, CallerKind
from octavo_server.workspaces.sessions.domain import SessionState

PEOPLE = 6


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def _limit(world: World, core_hours: float) -> None:
    world.usage.quotas.set(
        INSTALL,
        scope="project",
        name="flights",
        resource="core_hours",
        limit=core_hours,
        window_days=1,
        reason="Little is left.",
    )


def test_starts_at_once_take_no_more_than_the_project_has_left(world: World) -> None:
    _limit(world, 5)  # cpu-small takes 2 an hour
    at_once = threading.Barrier(PEOPLE)

    def start(number: int) -> str:
        at_once.wait()
        try:
            world.start(person=f"p{number}")
        except Forbidden as refused:
            return refused.message
        return ""

    with ThreadPoolExecutor(PEOPLE) as pool:
        said = list(pool.map(start, range(PEOPLE)))
    assert said.count("") == 2
    refusals = [one for one in said if one]
    assert all("of 5 core-hours in 1 days are left to the project" in one for one in refusals)
    kept = [one for one in world.audit.entries() if one.action == "workspaces.start.refused"]
    assert len(kept) == PEOPLE - 2


def test_who_leaves_the_queue_holds_nothing_any_more(world: World) -> None:
    _limit(world, 6)
    for name in ("p1", "p2"):
        world.start(person=name)
    assert world.start(person="p3").session.state is SessionState.QUEUED
    with pytest.raises(Forbidden, match=r"0\.0 of 6 core-hours"):
        world.start(person="p4")
    groups = SCIENTIST.groups
    world.service.own.stop(Caller(name="p3", kind=CallerKind.PERSON, groups=groups))
    assert world.start(person="p4").session.state is SessionState.QUEUED
