"""What the hub does for all workspaces together: turns, heartbeats, stops, resumed starts, orphans.

One request serves all of them, so that the hub's own work doesn't grow with their number.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from octavo.records.workspaces import (
    EndReason,
    QueuedTurns,
    Session,
    SessionBeat,
    SessionEnd,
    StopOrder,
)
from octavo_hub.choice import refused
from octavo_hub.ending import Ending
from octavo_hub.platform import Platform, PlatformAway, PlatformRefused
from octavo_hub.resuming import Resumption
from octavo_hub.steps import Steps

if TYPE_CHECKING:
    from octavo_hub.session_spawner import SessionSpawner

WAITING_S = 0.5
"""Seconds between two looks at the queue while somebody waits in it."""
QUIET_S = 2.0
"""Seconds between two looks for stop orders."""
BEAT_EVERY_S = 30.0
ORPHANS_EVERY_S = 300.0
FIRST_ORPHANS_S = 10.0
"""What a dead hub left behind is looked for this soon after the next one's start."""
MOST_INCIDENTS = 10
LATELY = timedelta(minutes=10)
"""Workspaces asked for within this are started again when they died with their hub."""
END_S = 2.0
"""Seconds that a stop waits for the platform to understand; it is told later otherwise."""
GIVEN_UP = (
    "Your place in the queue was given up, because it was cancelled elsewhere or a budget or quota "
    "was used up meanwhile. Nothing was started; the cards say what may be started now."
)


class Keeper:
    """Keeps the hub and the platform of one mind about all workspaces."""

    def __init__(self, app: Any, platform: Platform, *, away_limit_s: float | None) -> None:
        """Take the hub, the platform, and how long workspaces may run without the latter.

        ``away_limit_s`` is in seconds; None: as long as they like.
        """
        self._app = app
        self._platform = platform
        self._away_limit_s = away_limit_s
        self._log = app.log
        self._waiting: dict[str, tuple[asyncio.Future[Session], Steps, float]] = {}
        self._ending: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[str] = set()
        self.unsettled: list[Session] = []
        self._lost: list[Session] = []
        self._arrived: weakref.WeakSet[Steps] = weakref.WeakSet()
        self._door = asyncio.Semaphore()
        self._resumed = Resumption(app, platform)
        self._loops: list[asyncio.Task[None]] = []
        self._side: set[asyncio.Task[None]] = set()
        self._answered_at = time.monotonic()
        self._hurry = asyncio.Event()
        self.closing = False

    def run(self) -> None:
        """Begin; called once the hub answers."""
        self._loops = [
            asyncio.create_task(self._again("turns", self._pause, self.look)),
            asyncio.create_task(self._again("heartbeats", _every(BEAT_EVERY_S), self.beat)),
            asyncio.create_task(
                self._again("orphans", _every(ORPHANS_EVERY_S, FIRST_ORPHANS_S), self.sweep)
            ),
        ]

    def close(self) -> None:
        """Stop all work: the hub is going down, and what waits goes on waiting on the platform."""
        self.closing = True
        for loop in self._loops:
            loop.cancel()

    async def _again(
        self, what: str, pause: Callable[[], Awaitable[None]], work: Callable[[], Awaitable[None]]
    ) -> None:
        while True:
            await pause()
            try:
                await work()
            except PlatformAway as away:
                self._log.warning("No %s: %s", what, away)
            except Exception:  # noqa: BLE001
                # One bad round must not end all later ones.
                self._log.exception("A round of %s failed", what)

    async def _pause(self) -> None:
        if self._waiting:
            await asyncio.sleep(WAITING_S)
            return
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(QUIET_S):
                await self._hurry.wait()

    # ---- turns

    async def arrive(self, steps: Steps) -> None:
        """Tell about how many come first, and return when it is this start's turn to be looked at.

        Where a whole class asks at once, everyone is told before JupyterHub's own work begins,
        which takes longest: one start a round of the event loop, others' requests in between.
        """
        ahead = len(self._arrived) + len(self._waiting)
        self._arrived.add(steps)
        if ahead:
            steps.about(ahead + 1)
        else:
            steps.tell("profile", "Profile, rules, quotas and budget are checked.")
        async with self._door:
            await asyncio.sleep(0)

    def looked_at(self, steps: Steps) -> None:
        """Take note that the platform has answered: who arrives now isn't behind it here."""
        self._arrived.discard(steps)

    async def wait_for_turn(self, session: Session, steps: Steps) -> Session:
        """Return the session once its turn has come; tell its place in the queue meanwhile.

        Raises SpawnException when the platform has ended it.
        """
        turn: asyncio.Future[Session] = asyncio.get_running_loop().create_future()
        self._waiting[session.id] = (turn, steps, time.monotonic())
        self._hurry.set()
        try:
            return await turn
        finally:
            del self._waiting[session.id]

    async def look(self) -> None:
        """Ask once what is queued, starting or to be stopped, and act on it."""
        asked = time.monotonic()
        try:
            turns = await self._platform.turns()
        except PlatformAway:
            await self._without_platform()
            raise
        self._answered_at = time.monotonic()
        self._tell_turns(turns, asked)
        await self._settle(turns)
        for order in turns.stops:
            self._obey(order)
        for spawner in self._workspaces():
            if spawner.untold:
                await spawner.tell_started()
        if not self.closing:
            held = {one.session.id for one in self._workspaces() if one.session is not None}
            waiting = [one for one in turns.items if one.id not in held]
            waiting = [one for one in waiting if one.id not in self._ending]
            await self._resumed.take_up([*waiting, *self._lost])
            self._lost = [
                one for one in self._lost if _is_new(one) and not self._resumed.is_done(one.id)
            ]

    def _tell_turns(self, turns: QueuedTurns, asked: float) -> None:
        found = {session.id: session for session in turns.items}
        for name, (turn, steps, since) in list(self._waiting.items()):
            session = found.get(name)
            if turn.done():
                continue
            if session is None and since < asked:
                turn.set_exception(refused(GIVEN_UP, "cancelled", 409))
            elif session is not None and session.state == "queued":
                steps.queued(session)
            elif session is not None:
                turn.set_result(session)

    async def _settle(self, turns: QueuedTurns) -> None:
        """End what a former hub left as starting, and the platform knows as running: it is dead.

        It had just answered when the hub died: it is brought back.
        """
        left, self.unsettled = self.unsettled, []
        starting = {session.id for session in turns.items}
        for session in left:
            if session.id not in starting:
                until = session.metered_until or session.requested_at
                end = SessionEnd(until=until, reason="crashed")
                self.bring_back(session)
                await self.tell_end(self._platform, session.id, end)

    def bring_back(self, session: Session) -> None:
        """Start again what died with a former hub, when it was asked for minutes ago.

        Its person may not have seen it yet; who has worked in it for longer starts it anew
        themselves, for what was running in it is gone.
        """
        if _is_new(session):
            self._lost.append(session)

    # ---- stops

    def _obey(self, order: StopOrder) -> None:
        for spawner in self._workspaces():
            if spawner.session is not None and spawner.session.id == order.session:
                self._stop(spawner, order.reason)

    def _stop(self, spawner: SessionSpawner, reason: EndReason) -> None:
        session = spawner.session
        if session is None or session.id in self._stopping:
            return
        self._log.info("Stopping the workspace of %s: %s", session.person, reason)
        self._stopping.add(session.id)
        self._beside(self._give_up(spawner, session.id, reason))

    async def _give_up(self, spawner: SessionSpawner, session: str, reason: EndReason) -> None:
        try:
            await spawner.give_up(reason)
        finally:
            self._stopping.discard(session)

    async def _without_platform(self) -> None:
        away_s = time.monotonic() - self._answered_at
        if self._away_limit_s is not None and away_s > self._away_limit_s:
            for spawner in self._running():
                self._stop(spawner, "platform_away")

    async def tell_end(self, platform: Platform, session: str, end: SessionEnd) -> None:
        """Tell the platform that a session has ended, now or as soon as it can be reached."""
        ending = Ending(platform=platform, session=session, end=end, log=self._log)
        told = self._ending[session] = asyncio.create_task(self._told(ending))
        await asyncio.wait({told}, timeout=END_S)

    async def _told(self, ending: Ending) -> None:
        try:
            if not await ending.once():
                await ending.until_done()
        finally:
            self._ending.pop(ending.session, None)

    # ---- heartbeats

    async def beat(self) -> None:
        """Meter everything that runs, in one request, and stop what has no session any more."""
        running = self._running()
        if not running:
            return
        beats = await asyncio.gather(*[_beat_of(one) for one in running])
        try:
            taken = await self._platform.beat(beats)
        except PlatformRefused as no:
            self._log.error("Heartbeats were refused: %s", no)
            return
        states = {one.session: one.state for one in taken.items}
        for spawner in running:
            session = spawner.session
            if session is not None and states.get(session.id, "ended") in {None, "ended"}:
                self._stop(spawner, "orphaned")

    # ---- orphans

    async def sweep(self) -> None:
        """Close what runs without a session, and have it booked."""
        known = {one.session: one for one in (await self._platform.open_sessions()).items}
        for orphan in await self._app.spawner_class.close_orphans(self._app, known):
            self._log.warning("Closed %s, which ran without a session", orphan.where)
            with contextlib.suppress(PlatformRefused):
                await self._platform.book_orphan(orphan)

    # ---- all workspaces

    def _workspaces(self) -> Iterator[SessionSpawner]:
        for user in list(self._app.users.values()):
            yield from list(user.spawners.values())

    def _running(self) -> list[SessionSpawner]:
        return [one for one in self._workspaces() if one.session is not None and one.metered]

    def _beside(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._side.add(task)
        task.add_done_callback(self._side.discard)


async def _beat_of(spawner: SessionSpawner) -> SessionBeat:
    if spawner.session is None:
        raise RuntimeError("only workspaces with a session are metered")
    session, until = spawner.session.id, datetime.now(UTC)
    try:
        incidents = [one.record() for one in (await spawner.notes())[:MOST_INCIDENTS]]
        usage = await spawner.used()
    except Exception:
        # What one back end can't measure must not keep all others from being metered.
        spawner.log.exception("What session %s uses can't be measured", session)
        incidents, usage = [], None
    return SessionBeat(session=session, until=until, usage=usage, incidents=incidents)


def _is_new(session: Session) -> bool:
    return datetime.now(UTC) - session.requested_at < LATELY


def _every(seconds: float, first_s: float | None = None) -> Callable[[], Awaitable[None]]:
    waits = itertools.chain([seconds if first_s is None else first_s], itertools.repeat(seconds))

    async def pause() -> None:
        await asyncio.sleep(next(waits))

    return pause
