"""What a person does with the own workspace, and what stops it, on every database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.people import SCIENTIST, STRANGER
from tests.support.profiles import GPU_RESOURCES, document, price
from tests.support.sessions import probe
from tests.support.workspaces import HUB, INSTALL, MINUTE, World

from octavo_server.database.rows import Database
from octavo_server.errors import IllegalMove, NotFound
from octavo_server.workspaces.sessions.domain import SessionState
from octavo_server.workspaces.sessions.service import Beat
from octavo_server.workspaces.usage.domain import Measured


@pytest.fixture
def world(database: Database, tmp_path: Path) -> World:
    return World(database, tmp_path)


def _stops(world: World) -> list[str]:
    return [reason for _, reason in world.service.turns(HUB).stops]


def test_who_has_no_workspace_is_told_so(world: World) -> None:
    for call in (world.service.own.mine, world.service.own.stop):
        with pytest.raises(NotFound, match="stranger has no workspace now"):
            call(STRANGER)
    with pytest.raises(NotFound, match="has no workspace"):
        world.service.own.probe(STRANGER, probe(world.clock.now))


def test_ones_own_workspace_shows_what_stops_it(world: World) -> None:
    world.run()
    world.clock.now += 10 * MINUTE
    world.service.own.probe(SCIENTIST, probe(world.clock.now))
    mine = world.service.own.mine(SCIENTIST)
    assert mine.activity == "idle"
    assert mine.idle_stop_at == world.clock.now + 50 * MINUTE
    assert mine.ends_at == world.clock.now - 10 * MINUTE + timedelta(hours=72)
    assert mine.extension_minutes_left == 60
    assert (mine.position, mine.waits_for) == (None, "")


def test_an_idle_workspace_is_ordered_to_stop_and_one_at_work_is_not(world: World) -> None:
    world.run()
    for minutes in range(0, 60, 10):
        world.clock.now += 10 * MINUTE
        quiet = probe(world.clock.now, busy_kernels=int(minutes < 30))
        world.service.own.probe(SCIENTIST, quiet)
        assert _stops(world) == []
    notice = world.service.own.mine(SCIENTIST).notices
    assert notice == ()
    for _ in range(3):
        world.clock.now += 10 * MINUTE
        world.service.own.probe(SCIENTIST, probe(world.clock.now))
    assert _stops(world) == ["idle"]


def test_a_cell_that_runs_for_hours_is_never_culled(world: World) -> None:
    world.run()
    for _ in range(71 * 4):
        world.clock.now += 15 * MINUTE
        world.service.own.probe(SCIENTIST, probe(world.clock.now, busy_kernels=1))
        assert _stops(world) == []
    world.clock.now += 60 * MINUTE
    world.service.own.probe(SCIENTIST, probe(world.clock.now, busy_kernels=1))
    assert _stops(world) == ["longest_life"]


def test_one_extension_with_its_reason_on_the_trail(world: World) -> None:
    world.run()
    world.clock.now += 55 * MINUTE
    world.service.own.probe(SCIENTIST, probe(world.clock.now))
    before = world.service.own.mine(SCIENTIST)
    assert before.notices[0].message.startswith("Nothing happens here: the workspace stops at")
    longer = world.service.own.extend(SCIENTIST, "A meeting first.")
    assert before.idle_stop_at is not None
    assert longer.idle_stop_at == before.idle_stop_at + 60 * MINUTE
    assert longer.extension_minutes_left == 0
    entry = world.audit.entries()[0]
    assert (entry.actor, entry.action) == ("scientist", "workspaces.extend")
    assert entry.details["reason"] == "A meeting first."
    with pytest.raises(IllegalMove, match="The one extension was taken"):
        world.service.own.extend(SCIENTIST, "Another one.")
    assert world.audit.entries()[0] == entry


def test_ones_own_stop_is_an_order_that_the_hub_sees_at_once(world: World) -> None:
    world.run()
    world.service.own.stop(SCIENTIST)
    assert _stops(world) == ["stopped"]
    assert world.audit.entries()[0].action == "workspaces.stop"


def test_who_leaves_the_queue_was_never_started(world: World) -> None:
    for name in ("p1", "p2"):
        world.start(person=name)
    queued = world.start().session
    assert queued.state is SessionState.QUEUED
    left = world.service.own.stop(SCIENTIST).session
    assert (left.state, left.end_reason, left.started_at) == ("ended", "cancelled", None)
    assert world.service.open_of("scientist") is None
    assert world.usage.total("session", queued.id) == (0, 0)


def test_a_used_up_quota_is_told_at_80_95_and_100_and_then_stops_with_a_grace(
    world: World,
) -> None:
    world.usage.quotas.set(
        INSTALL,
        scope="person",
        name="scientist",
        resource="core_hours",
        limit=4.0,
        window_days=30,
        reason="To see it end.",
    )
    session = world.run()
    seen: list[int | None] = []
    for _ in range(130):
        world.clock.now += MINUTE
        world.beat(session.id)
        seen += [one.percent for one in world.service.own.mine(SCIENTIST).notices[:1]]
        if world.service.session(session.id).stop_at is not None:
            break
    assert {80, 95, 100} <= set(seen)
    ordered = world.service.session(session.id)
    assert (ordered.stop_reason, ordered.state) == ("quota", SessionState.RUNNING)
    assert ordered.stop_at == world.clock.now + 15 * MINUTE
    assert world.audit.entries()[0].action == "workspaces.order_stop"
    message = world.service.own.mine(SCIENTIST).notices[0].message
    assert "your files are kept" in message
    assert _stops(world) == []
    world.clock.now += 15 * MINUTE
    world.beat(session.id)
    assert world.service.session(session.id).stop_at == ordered.stop_at
    assert _stops(world) == ["quota"]


def test_an_order_for_a_budget_is_lifted_when_there_is_more_of_it(world: World) -> None:
    session = world.run()
    world.projects.set_budget(INSTALL, "flights", 5, "To see it end.")
    world.clock.now += 40 * MINUTE
    world.beat(session.id)
    assert world.service.session(session.id).stop_reason == "budget"
    world.projects.set_budget(INSTALL, "flights", 2000, "There is more.")
    world.clock.now += MINUTE
    world.beat(session.id)
    assert world.service.session(session.id).stop_at is None
    assert world.audit.entries()[0].action == "workspaces.lift_stop"


def test_what_a_spawner_noticed_is_told_to_the_person(world: World) -> None:
    session = world.run()
    world.clock.now += MINUTE
    beat = Beat(session=session.id, until=world.clock.now, incidents=("Memory is full.",))
    world.service.beats.take(HUB, [beat])
    notice = world.service.own.mine(SCIENTIST).notices[0]
    assert (notice.kind, notice.level, notice.message) == ("limit", "warning", "Memory is full.")


def test_a_gpu_that_rests_beside_a_running_cell_offers_to_hand_off(world: World) -> None:
    world.machine.gpus, world.machine.cpus = ("NVIDIA A100",), 16.0
    world.files.documents["gpu-idle"] = document(
        id="gpu-idle",
        title="GPU",
        resources=GPU_RESOURCES,
        prices=price(1.0),
        idle={"minutes": 60, "gpu_minutes": 15, "extension_minutes": 30},
    )
    world.profiles.install(INSTALL)
    session = world.run("gpu-idle")
    assert session.gpus == (0,)
    world.clock.now += 20 * MINUTE
    used = Measured(cpu_seconds=60.0, memory_gib=1.0, gpu_percent=0.0)
    world.service.beats.take(HUB, [Beat(session=session.id, until=world.clock.now, used=used)])
    world.service.own.probe(SCIENTIST, probe(world.clock.now, busy_kernels=1))
    assert _stops(world) == []
    mine = world.service.own.mine(SCIENTIST)
    assert "Hand the notebook off" in mine.notices[0].message
    assert [fit.version.profile.id for fit in mine.hand_off_to] == ["cpu-small"]
    world.clock.now += MINUTE
    world.service.beats.take(HUB, [Beat(session=session.id, until=world.clock.now, used=used)])
    world.service.own.probe(SCIENTIST, probe(world.clock.now, activity_at=world.clock.now))
    assert _stops(world) == ["gpu_idle"]
