"""The hub's keeper: one request for all turns, heartbeats in one, stops, what a dead hub left.

- ``FakePlatform``: answers what a test put in; also away, and refusing
- ``FakeSpawner``: a workspace that notes what it was told
- ``FakeHub``: people and their spawners
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from jupyterhub.spawner import SpawnException
from tests.support.hub_records import session, turns

from octavo.records.workspaces import (
    Beaten,
    HeartbeatsTaken,
    OpenSessions,
    Orphan,
    QueuedTurns,
    Session,
    SessionBeat,
    SessionEnd,
    StopOrder,
)
from octavo_hub import keeper as keeping
from octavo_hub.keeper import Keeper
from octavo_hub.platform import PlatformAway
from octavo_hub.steps import Steps


class FakePlatform:
    """The platform as a test wants it."""

    def __init__(self) -> None:
        self.answer: QueuedTurns | Exception = turns()
        self.states: dict[str, Any] = {}
        self.beats: list[list[SessionBeat]] = []
        self.ended: list[tuple[str, SessionEnd]] = []
        self.orphans: list[Orphan] = []
        self.away = 0
        self.understood = asyncio.Event()

    async def turns(self) -> QueuedTurns:
        """Answer, or be away."""
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def beat(self, beats: list[SessionBeat]) -> HeartbeatsTaken:
        """Take heartbeats."""
        self.beats.append(beats)
        items = [Beaten(session=one.session, state=self.states.get(one.session)) for one in beats]
        return HeartbeatsTaken(items=items)

    async def end_session(self, name: str, end: SessionEnd) -> None:
        """Take an end, once it is no longer away."""
        if self.away:
            self.away -= 1
            raise PlatformAway("not now")
        self.ended.append((name, end))
        self.understood.set()

    async def open_sessions(self) -> OpenSessions:
        """Answer with none."""
        return OpenSessions(items=[])

    async def book_orphan(self, orphan: Orphan) -> Orphan:
        """Take an orphan."""
        self.orphans.append(orphan)
        return orphan


class FakeSpawner:
    """One workspace."""

    def __init__(self, held: Session) -> None:
        self.session: Session | None = held
        self.active = True
        self.untold = False
        self.metered = True
        self.given_up: list[str] = []

    async def give_up(self, reason: str) -> None:
        """Note why it was stopped."""
        self.given_up.append(reason)
        self.session = None

    async def used(self) -> None:
        """Know nothing."""

    async def notes(self) -> list[Any]:
        """Have nothing to say."""
        return []


class FakeHub:
    """The hub's people."""

    log = logging.getLogger("keeper-test")

    def __init__(self, *spawners: FakeSpawner) -> None:
        self.users = {
            number: SimpleNamespace(spawners={"": one}) for number, one in enumerate(spawners)
        }


def _keeper(platform: Any, *spawners: FakeSpawner, limit_s: float | None = None) -> Keeper:
    return Keeper(FakeHub(*spawners), platform, away_limit_s=limit_s)


def _run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_who_waits_is_told_the_place_and_then_let_in() -> None:
    platform = FakePlatform()
    keeper, steps = _keeper(platform), Steps()
    queued = session(id="a", state="queued", position=2)

    async def wait() -> Session:
        turn = asyncio.create_task(keeper.wait_for_turn(queued, steps))
        await asyncio.sleep(0)
        platform.answer = turns(queued.model_copy(update={"position": 1}))
        keeper._resumed.take_up = _nothing  # type: ignore[method-assign]
        await keeper.look()
        assert not turn.done()
        platform.answer = turns(session(id="a", state="starting", gpus=[3]))
        await keeper.look()
        return await turn

    assert _run(wait()).gpus == [3]
    assert steps._told[-1]["position"] == 1


async def _nothing(_sessions: list[Session]) -> None:
    return


def test_about_how_many_come_first_is_told_before_the_exact_place_is_known() -> None:
    keeper = _keeper(FakePlatform())
    first, second, third = Steps(), Steps(), Steps()

    async def ask() -> None:
        await asyncio.gather(keeper.arrive(first), keeper.arrive(second))
        keeper.looked_at(first)
        await keeper.arrive(third)

    _run(ask())
    assert [one["step"] for one in first._told] == ["profile"]
    assert second._told[0]["message"].startswith("You are about number 2 in the queue")
    assert [one._told[0]["position"] for one in (second, third)] == [2, 2]


def test_all_who_ask_at_once_are_told_before_the_first_start_goes_on() -> None:
    keeper = _keeper(FakePlatform())
    everyone = [Steps() for _ in range(5)]
    told_when_let_in: list[int] = []

    async def ask(steps: Steps) -> None:
        await keeper.arrive(steps)
        told_when_let_in.append(sum(bool(one._told) for one in everyone))

    async def all_ask() -> None:
        await asyncio.gather(*(ask(one) for one in everyone))

    _run(all_ask())
    assert told_when_let_in == [5] * 5


def test_who_is_no_longer_in_the_queue_is_told_so() -> None:
    platform = FakePlatform()
    keeper = _keeper(platform)

    async def wait() -> None:
        queued = session(id="a", state="queued")
        turn = asyncio.create_task(keeper.wait_for_turn(queued, Steps()))
        await asyncio.sleep(0.01)
        await keeper.look()
        await turn

    with pytest.raises(SpawnException, match="Your place in the queue was given up"):
        _run(wait())


def test_a_platform_that_is_away_costs_nobody_the_place() -> None:
    platform = FakePlatform()
    platform.answer = PlatformAway("gone")
    keeper = _keeper(platform)

    async def wait() -> bool:
        queued = session(id="a", state="queued")
        turn = asyncio.create_task(keeper.wait_for_turn(queued, Steps()))
        await asyncio.sleep(0.01)
        with pytest.raises(PlatformAway):
            await keeper.look()
        waits = not turn.done()
        turn.cancel()
        return waits

    assert _run(wait())


def test_an_order_stops_the_one_it_is_about_once() -> None:
    platform = FakePlatform()
    one, other = FakeSpawner(session(id="a")), FakeSpawner(session(id="b"))
    order = StopOrder(session="a", person="scientist", reason="idle")
    platform.answer = turns(stops=(order,))
    keeper = _keeper(platform, one, other)

    async def obey() -> None:
        await keeper.look()
        await keeper.look()
        await asyncio.sleep(0)

    _run(obey())
    assert (one.given_up, other.given_up) == (["idle"], [])


def test_all_heartbeats_are_one_request_and_who_has_no_session_is_stopped() -> None:
    platform = FakePlatform()
    spawners = [FakeSpawner(session(id=name)) for name in ("a", "b", "c")]
    platform.states = {"a": "running", "b": "ended"}
    keeper = _keeper(platform, *spawners)

    async def beat() -> None:
        await keeper.beat()
        await asyncio.sleep(0)

    _run(beat())
    assert [[one.session for one in beats] for beats in platform.beats] == [["a", "b", "c"]]
    assert [one.given_up for one in spawners] == [[], ["orphaned"], ["orphaned"]]


@pytest.mark.parametrize(("limit_s", "stopped"), [(None, []), (60.0, ["platform_away"])])
def test_without_the_platform_workspaces_run_on_as_long_as_is_set(
    limit_s: float | None, stopped: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = FakePlatform()
    platform.answer = PlatformAway("gone")
    one = FakeSpawner(session(id="a"))
    now = 1000.0
    monkeypatch.setattr(keeping.time, "monotonic", lambda: now)
    keeper = _keeper(platform, one, limit_s=limit_s)

    async def look() -> None:
        with pytest.raises(PlatformAway):
            await keeper.look()
        await asyncio.sleep(0)

    _run(look())
    assert one.given_up == []
    now += 61
    _run(look())
    assert one.given_up == stopped


def test_an_end_is_told_again_until_it_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = FakePlatform()
    platform.away = 2
    monkeypatch.setattr("octavo_hub.ending.FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(keeping, "END_S", 0.001)
    keeper = _keeper(platform)
    end = SessionEnd(until=session().requested_at, reason="stopped")

    async def tell() -> None:
        await keeper.tell_end(platform, "a", end)  # type: ignore[arg-type]
        assert platform.ended == []
        async with asyncio.timeout(5):
            await platform.understood.wait()

    _run(tell())
    assert platform.ended == [("a", end)]


def test_what_died_between_starting_and_running_is_ended_and_brought_back() -> None:
    platform = FakePlatform()
    keeper = _keeper(platform)
    taken: list[list[str]] = []

    async def take_up(sessions: list[Session]) -> None:
        taken.append([one.id for one in sessions])

    keeper._resumed.take_up = take_up  # type: ignore[method-assign]
    now = datetime.now(UTC)
    new, old = now - timedelta(minutes=1), now - timedelta(hours=1)
    keeper.unsettled = [
        session(id="a", state="starting", requested_at=new),
        session(id="b", state="starting", requested_at=new),
        session(id="c", state="starting", requested_at=old),
    ]
    platform.answer = turns(session(id="b", state="starting"))
    _run(keeper.look())
    assert [(name, end.reason) for name, end in platform.ended] == [
        ("a", "crashed"),
        ("c", "crashed"),
    ]
    assert taken == [["b", "a"]]
