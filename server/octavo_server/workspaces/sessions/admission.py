"""Pure decisions about who may start now, who waits, and for how long about.

Room is counted by guarantees: what a profile is sure to get is kept free for it. A pool of several
nodes is counted as a whole, beside the rule that one workspace fits on one node: which node it
gets is the cluster's business, not known here.

Who comes first is let in first, apart for each scarce thing: who waits for a GPU doesn't hold up
who needs none. A small start may overtake a larger one that doesn't fit yet, until that one has
waited for :data:`PATIENCE`; from then on what comes free is kept for it.

The expected wait is played forward: each session gives its room back when its stop is foreseen,
each start that is let in takes its profile's usual time to be ready, and the same decision is made
at each of those moments.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PATIENCE = timedelta(minutes=10)
"""After this long nobody overtakes a start any more."""
FARTHEST = timedelta(hours=24)
"""No farther into the future is looked."""
HAIR = 1e-9
MOST_TIMES = 1_000_000
"""Nobody counts farther how often a size fits."""


@dataclass(frozen=True, kw_only=True)
class Size:
    """An amount of what workspaces take."""

    cpus: float = 0.0
    """CPU cores."""
    memory_gib: float = 0.0
    """Memory, in GiB."""
    gpus: int = 0
    """GPUs."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What one pool of equal nodes, or the one machine, has for workspaces."""

    name: str
    """Name of the pool."""
    size: Size
    """All of its nodes together."""
    numbered: bool = False
    """Whether GPUs are leased by number, as on one machine."""


@dataclass(frozen=True, kw_only=True)
class Want:
    """A start that waits."""

    session: str
    """Which one."""
    size: Size
    """What it is guaranteed."""
    pools: tuple[str, ...]
    """Pools that it fits on, the preferred one first."""
    since: datetime
    """When it was asked for (UTC)."""
    ready_after: timedelta
    """Usual time from its turn until it answers."""
    lasts: timedelta
    """How long it will hold its room, as foreseen."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What a session holds."""

    session: str
    """Which one."""
    pool: str
    """The pool it counts against."""
    size: Size
    """What it is guaranteed."""
    gpus: tuple[int, ...] = ()
    """The GPUs that it has, where they are leased by number."""
    ready_at: datetime | None = None
    """When it will answer, as foreseen (UTC); None: it does."""
    free_at: datetime
    """When it will give its room back, as foreseen (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """A start whose turn it is."""

    session: str
    """Which one."""
    pool: str
    """Where it counts."""
    gpus: tuple[int, ...]
    """The GPUs that are leased to it."""


@dataclass(frozen=True, kw_only=True)
class Prospect:
    """How a start that waits will fare."""

    session: str
    """Which one."""
    position: int
    """Its place in the order of turns, from 1."""
    wait: timedelta
    """How long it will wait, as foreseen; :data:`FARTHEST` where no end is in sight."""
    lacks: str
    """What it waits for now: ``place``, ``gpu``, ``cpu`` or ``memory``; empty: nothing."""


class _Free:
    """What a pool has left, while a decision is made."""

    def __init__(self, room: Room) -> None:
        self.cpus, self.memory_gib, self.gpus = (
            room.size.cpus,
            room.size.memory_gib,
            room.size.gpus,
        )
        self._numbers = list(range(room.size.gpus)) if room.numbered else []

    def take(self, size: Size) -> None:
        self.cpus -= size.cpus
        self.memory_gib -= size.memory_gib
        self.gpus -= size.gpus

    def give(self, size: Size) -> None:
        self.take(Size(cpus=-size.cpus, memory_gib=-size.memory_gib, gpus=-size.gpus))

    def lacks(self, size: Size) -> str:
        if size.gpus > self.gpus and size.gpus:
            return "gpu"
        if size.cpus > self.cpus + HAIR:
            return "cpu"
        return "memory" if size.memory_gib > self.memory_gib + HAIR else ""

    def lease(self, count: int) -> tuple[int, ...]:
        leased = tuple(self._numbers[:count])
        del self._numbers[:count]
        return leased

    def keep(self, gpus: Iterable[int]) -> None:
        self._numbers = [one for one in self._numbers if one not in gpus]

    def release(self, gpus: Iterable[int]) -> None:
        self._numbers = sorted({*self._numbers, *gpus})


class _Scene:
    """Pools and places at one moment."""

    def __init__(self, rooms: Iterable[Room], held: Iterable[Held], places: int) -> None:
        self.free = {room.name: _Free(room) for room in rooms}
        self.places = places
        for one in held:
            self.places -= one.ready_at is not None
            if one.pool in self.free:
                self.free[one.pool].take(one.size)
                self.free[one.pool].keep(one.gpus)

    def admit(self, waiting: Iterable[Want], now: datetime) -> Iterator[tuple[Want, Grant]]:
        """Let in who fits, in order; keep free what somebody has waited for too long."""
        kept: list[tuple[_Free, Size]] = []
        for want in waiting:
            if self.places <= 0:
                break
            pool = next((one for one in want.pools if not self._lacks(one, want)), None)
            if pool is not None:
                self.places -= 1
                self.free[pool].take(want.size)
                leased = self.free[pool].lease(want.size.gpus)
                yield want, Grant(session=want.session, pool=pool, gpus=leased)
            elif now - want.since >= PATIENCE and want.pools:
                kept.append(self._reserve(want))
        for free, size in kept:
            free.give(size)

    def _reserve(self, want: Want) -> tuple[_Free, Size]:
        """Keep the scarce thing alone: who waits for a GPU doesn't hold up who needs none."""
        free = self.free[want.pools[0]]
        gpu = free.lacks(want.size) == "gpu"
        size = Size(gpus=want.size.gpus) if gpu else want.size
        free.take(size)
        return free, size

    def _lacks(self, pool: str, want: Want) -> str:
        return self.free[pool].lacks(want.size)

    def lacks(self, want: Want) -> str:
        """Say what is missing for a start; empty: nothing."""
        short = [self._lacks(pool, want) for pool in want.pools] or ["cpu"]
        return short[0] if all(short) else ("place" if self.places <= 0 else "")


def turns(
    rooms: Sequence[Room], held: Sequence[Held], waiting: Sequence[Want], places: int, now: datetime
) -> list[Grant]:
    """Return the starts whose turn it is; ``waiting`` is in the order of requests."""
    return [grant for _, grant in _Scene(rooms, held, places).admit(waiting, now)]


def prospects(
    rooms: Sequence[Room], held: Sequence[Held], waiting: Sequence[Want], places: int, now: datetime
) -> list[Prospect]:
    """Return how each start will fare, in the order in which their turns will come."""
    scene = _Scene(rooms, held, places)
    lacks = {want.session: scene.lacks(want) for want in waiting}
    left, found, at = list(waiting), list[Prospect](), now
    coming = _Coming(held)
    while left:
        for want, grant in list(scene.admit(left, at)):
            left.remove(want)
            coming.add(want, grant, at)
            found.append(_prospect(want, len(found), at - now, lacks))
        moment = coming.step(scene)
        if moment is None or moment - now > FARTHEST:
            break
        at = max(at, moment)
    return [
        *found,
        *(_prospect(one, len(found) + i, FARTHEST, lacks) for i, one in enumerate(left)),
    ]


def _prospect(want: Want, before: int, wait: timedelta, lacks: dict[str, str]) -> Prospect:
    return Prospect(session=want.session, position=before + 1, wait=wait, lacks=lacks[want.session])


class _Coming:
    """What will come free, in order: places of starts that are done, rooms of sessions that end."""

    def __init__(self, held: Iterable[Held]) -> None:
        self._heap: list[tuple[datetime, int, Held | None]] = []
        self._count = itertools.count()
        for one in held:
            if one.ready_at is not None:
                self._push(one.ready_at, None)
            self._push(one.free_at, one)

    def add(self, want: Want, grant: Grant, at: datetime) -> None:
        ready_at = at + want.ready_after
        self._push(ready_at, None)
        until = max(ready_at, at + want.lasts)
        one = Held(
            session=want.session, pool=grant.pool, size=want.size, gpus=grant.gpus, free_at=until
        )
        self._push(until, one)

    def step(self, scene: _Scene) -> datetime | None:
        """Let the next thing come free; return when, None when nothing will."""
        if not self._heap:
            return None
        at, _, one = heapq.heappop(self._heap)
        if one is None:
            scene.places += 1
        elif one.pool in scene.free:
            scene.free[one.pool].give(one.size)
            scene.free[one.pool].release(one.gpus)
        return at

    def _push(self, at: datetime, one: Held | None) -> None:
        heapq.heappush(self._heap, (at, next(self._count), one))


def free_now(
    rooms: Sequence[Room], held: Sequence[Held], waiting: Sequence[Want], want: Want
) -> int:
    """Return how many more starts of a size fit now, behind those that wait already."""
    scene = _Scene(rooms, held, 0)
    for one in waiting:
        pool = next((name for name in one.pools if not scene.free[name].lacks(one.size)), None)
        if pool is not None:
            scene.free[pool].take(one.size)
    return sum(_times(scene.free[pool], want.size) for pool in want.pools)


def _times(free: _Free, size: Size) -> int:
    pairs = (
        (free.cpus, size.cpus),
        (free.memory_gib, size.memory_gib),
        (free.gpus, size.gpus),
    )
    times = min(((have + HAIR) // need for have, need in pairs if need), default=0)
    return int(max(0, min(times, MOST_TIMES)))
