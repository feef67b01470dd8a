"""The queue of starts: what there is room for, whose turn it is, how long the others will wait."""

from __future__ import annotations

import statistics
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo_server.database.rows import Database, Rows
from octavo_server.workspaces.profiles import fit_rules
from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.profiles.findings import NodePool
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions import admission, idleness, store
from octavo_server.workspaces.sessions.admission import Grant, Held, Prospect, Room, Size, Want
from octavo_server.workspaces.sessions.domain import HOLDING, Admission, Session, SessionState
from octavo_server.workspaces.sessions.ports import Nodes

USUAL_LIFE = timedelta(hours=2)
"""How long a workspace is foreseen to run while its profile has no past."""
LIVES = 20
"""So many past sessions of a profile say how long one usually runs."""
REMEMBERED_S = 60.0
SOON = timedelta(minutes=5)
"""A session that is over its usual life is foreseen to end within this."""
LACKS = {
    "place": "It waits until one of those that are starting is done.",
    "gpu": "It waits for a GPU to come free.",
    "cpu": "It waits for CPU to come free.",
    "memory": "It waits for memory to come free.",
}


@dataclass(frozen=True, kw_only=True)
class Sight:
    """Everything a decision about turns needs, read at one moment."""

    now: datetime
    """The moment (UTC)."""
    pools: tuple[NodePool, ...]
    """What workspaces run on."""
    rooms: tuple[Room, ...]
    """The same, as room."""
    held: tuple[Held, ...]
    """What is taken."""
    waiting: tuple[Want, ...]
    """Who waits, first come first."""

    @property
    def starting(self) -> int:
        """How many are starting."""
        return sum(one.ready_at is not None for one in self.held)


class StartQueue:
    """Looks at all open sessions and says whose turn it is."""

    def __init__(
        self,
        database: Database,
        profiles: ProfilesService,
        nodes: Nodes,
        terms: Admission,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._profiles = profiles
        self._nodes = nodes
        self._terms = terms
        self._clock = clock
        self._versions: dict[tuple[str, int], ProfileVersion] = {}
        self._lives: dict[str, tuple[datetime, timedelta]] = {}
        self._lock = threading.Lock()
        self.others_gpus: Callable[[], Collection[int]] = tuple
        """Says which of the machine's GPUs others than workspaces have."""

    def lent_gpus(self) -> frozenset[int]:
        """Return the machine's GPUs that workspaces have, by number."""
        with self._database.read() as rows:
            sessions = store.open_sessions(rows)
        return frozenset(gpu for one in sessions if one.state in HOLDING for gpu in one.gpus)

    def version(self, session: Session) -> ProfileVersion:
        """Return the profile version that a session was started with; its content never changes."""
        key = session.profile, session.profile_version
        known = self._versions.get(key)
        if known is None:
            known = self._versions[key] = self._profiles.version(*key)
        return known

    def pools(self) -> tuple[NodePool, ...]:
        """Return what workspaces run on."""
        return tuple(self._nodes.pools())

    def look(self, rows: Rows) -> Sight:
        """Return all that matters for turns, as it is in a transaction."""
        return self.sight(store.open_sessions(rows))

    def sight(self, sessions: Sequence[Session]) -> Sight:
        """Return all that matters for turns, from the open sessions in the order of requests."""
        now, pools = self._clock(), self.pools()
        return Sight(
            now=now,
            pools=pools,
            rooms=tuple(_room(pool) for pool in pools),
            held=(
                *(self._held(one, now) for one in sessions if one.state in HOLDING),
                *self._held_by_others(pools, now),
            ),
            waiting=tuple(
                self._want(one, pools) for one in sessions if one.state is SessionState.QUEUED
            ),
        )

    def turns(self, sight: Sight) -> list[Grant]:
        """Return the starts whose turn it is."""
        places = self._terms.concurrent_starts
        return admission.turns(sight.rooms, sight.held, sight.waiting, places, sight.now)

    def prospects(self, sight: Sight) -> dict[str, Prospect]:
        """Return how each start that waits will fare."""
        places = self._terms.concurrent_starts
        found = admission.prospects(sight.rooms, sight.held, sight.waiting, places, sight.now)
        return {one.session: one for one in found}

    def prospect(self, session: Session) -> Prospect | None:
        """Return how one session will fare; None when it isn't queued."""
        if session.state is not SessionState.QUEUED:
            return None
        with self._database.read() as rows:
            sight = self.look(rows)
        return self.prospects(sight).get(session.id)

    def free_now(self, sight: Sight, profile: Profile) -> int:
        """Return how many more workspaces of a profile fit now."""
        want = self._hypothetical(sight, profile)
        return admission.free_now(sight.rooms, sight.held, sight.waiting, want)

    def wait_for(self, sight: Sight, profile: Profile) -> timedelta:
        """Return how long a start of a profile would wait, were it asked for now."""
        want = self._hypothetical(sight, profile)
        if not want.pools:
            return admission.FARTHEST
        queue = (*sight.waiting, want)
        places = self._terms.concurrent_starts
        found = admission.prospects(sight.rooms, sight.held, queue, places, sight.now)
        return next(one.wait for one in found if one.session == want.session)

    def _hypothetical(self, sight: Sight, profile: Profile) -> Want:
        return Want(
            session="",
            size=size_of(profile),
            pools=fit_rules.fitting(profile, sight.pools),
            since=sight.now,
            ready_after=timedelta(seconds=profile.ready_seconds),
            lasts=self._usual_life(profile),
        )

    def _want(self, session: Session, pools: Sequence[NodePool]) -> Want:
        profile = self.version(session).profile
        return Want(
            session=session.id,
            size=size_of(profile),
            pools=fit_rules.fitting(profile, pools),
            since=session.requested_at,
            ready_after=timedelta(seconds=profile.ready_seconds),
            lasts=self._usual_life(profile),
        )

    def _held_by_others(self, pools: Sequence[NodePool], now: datetime) -> list[Held]:
        """Return what scorers have of the machine's GPUs; they keep it while they are wanted."""
        machine = [pool for pool in pools if pool.machine and pool.gpu]
        lent = tuple(self.others_gpus()) if machine else ()
        size = Size(gpus=len(lent))
        until = now + admission.FARTHEST
        return [
            Held(session="", pool=pool.name, size=size, gpus=lent, free_at=until)
            for pool in machine
            if lent
        ]

    def _held(self, session: Session, now: datetime) -> Held:
        profile = self.version(session).profile
        starting = session.state is SessionState.STARTING
        began = session.started_at or session.requested_at
        ready = max(now, began + timedelta(seconds=profile.ready_seconds))
        return Held(
            session=session.id,
            pool=session.pool,
            size=size_of(profile),
            gpus=session.gpus,
            ready_at=ready if starting else None,
            free_at=self._free_at(session, profile, now),
        )

    def _free_at(self, session: Session, profile: Profile, now: datetime) -> datetime:
        """Return when a session is foreseen to end.

        That is the earliest of: its longest life, an order to stop, its idle stop if nothing
        happens any more, and the middle of the past lives of its profile; who is over that one is
        foreseen to end soon.
        """
        began = session.started_at or session.requested_at
        idle = idleness.idle_stop(session, profile, now)
        usual = max(began + self._usual_life(profile), now + SOON)
        known = [idleness.life_ends(session, profile), session.stop_at, idle.at if idle else None]
        return max(now, min([usual, *(one for one in known if one is not None)]))

    def _usual_life(self, profile: Profile) -> timedelta:
        now = self._clock()
        known = self._lives.get(profile.id)
        if known is not None and (now - known[0]).total_seconds() < REMEMBERED_S:
            return known[1]
        with self._lock, self._database.read() as rows:
            spans = [end - begin for begin, end in store.lives(rows, profile.id, LIVES)]
        middle = statistics.median([span.total_seconds() for span in spans]) if spans else None
        usual = USUAL_LIFE if middle is None else timedelta(seconds=middle)
        usual = min(usual, timedelta(hours=profile.longest_hours))
        self._lives[profile.id] = now, usual
        return usual


def size_of(profile: Profile) -> Size:
    """Return what a workspace of a profile is guaranteed."""
    return Size(
        cpus=profile.cpu_guarantee, memory_gib=profile.memory_guarantee_gib, gpus=profile.gpu
    )


def _room(pool: NodePool) -> Room:
    size = Size(
        cpus=pool.cpu * pool.nodes,
        memory_gib=pool.memory_gib * pool.nodes,
        gpus=pool.gpu * pool.nodes,
    )
    return Room(name=pool.name, size=size, numbered=pool.machine)
