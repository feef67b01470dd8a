"""The traffic table of each deployment, as requests use it: read often, never waited for twice.

It is read again four times a second while requests come, so a rollback counts at once in the
process that made it and within half a second in any other. When the database doesn't answer, the
last table stands for a while, with the dead man's handle pulled as soon as its lease ran out.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo_server.deployments.rollouts.service import (
    Deployment,
    RolloutsService,
    Scorer,
    lease_lapsed,
)
from octavo_server.deployments.serving.domain import HeldBack
from octavo_server.errors import NotFound
from octavo_server.fresh import Fresh

YOUNG_S, USABLE_S = 0.25, 0.5
"""Seconds for which a table is taken from memory, and used while it is read again."""
LAST_KNOWN = timedelta(minutes=5)
"""How long the last table stands while the database doesn't answer."""

log = logging.getLogger("octavo.deployments.router")

Place = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A deployment's traffic table and its scorers, as last read."""

    deployment: Deployment
    """Desired state."""
    scorers: Mapping[int, Scorer]
    """Scorers by version."""
    read_at: datetime
    """When it was read."""
    held_back: HeldBack | None = None
    """Set while the canary's share goes to the stable version."""


class TrafficTables:
    """What the router reads; keeps the last table of every deployment."""

    def __init__(
        self,
        rollouts: RolloutsService,
        clock: Callable[[], datetime],
        held: Callable[[Deployment, HeldBack | None], None] = lambda _d, _h: None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """``held`` is told in a thread when the dead man's handle is pulled or let go."""
        self._rollouts = rollouts
        self._clock = clock
        self._told_held = held
        self._fresh = Fresh(
            self._read, young_s=YOUNG_S, usable_s=USABLE_S, threads=2, clock=monotonic
        )
        self._last: dict[Place, Traffic] = {}
        self._held: dict[Place, HeldBack] = {}
        self._began: dict[Place, tuple[int, datetime]] = {}

    async def get(self, project: str, name: str) -> Traffic:
        """Return the table. Raises NotFound, or what the database raised for too long."""
        place = (project, name)
        try:
            traffic = await self._fresh.get(place)
        except NotFound:
            self._last.pop(place, None)
            self._held.pop(place, None)
            raise
        except Exception:
            last = self._last.get(place)
            if last is None or self._clock() - last.read_at > LAST_KNOWN:
                raise
            traffic = last
        return self._handled(place, traffic)

    def began(self, traffic: Traffic) -> None:
        """Note that an answer begins under this table's shares."""
        deployment = traffic.deployment
        place = (deployment.project, deployment.name)
        self._began[place] = (deployment.generation, self._clock())

    def refresh(self, project: str, name: str) -> None:
        """Let the next request wait for a new table: the shares were changed just now."""
        self._fresh.forget((project, name))

    def held_back(self, project: str, name: str) -> HeldBack | None:
        """Return whether and why a canary's share is withheld in this process."""
        return self._held.get((project, name))

    def close(self) -> None:
        """End the threads."""
        self._fresh.close()

    def _handled(self, place: Place, traffic: Traffic) -> Traffic:
        """Return the table with the dead man's handle as it is now."""
        deployment = traffic.deployment
        why = None
        if deployment.canary_version is not None:
            why = lease_lapsed(deployment, self._clock())
        held = self._held.get(place)
        if why is None or deployment.canary_version is None:
            if held is not None:
                self._held.pop(place)
                log.warning("%s: v%s gets its share again", "/".join(place), held.version)
                self._fresh.run(self._told_held, deployment, None)
            return traffic
        if held is None or held.version != deployment.canary_version:
            held = HeldBack(version=deployment.canary_version, since=self._clock(), reason=why)
            self._held[place] = held
            log.warning("%s: v%s is held back: %s", "/".join(place), held.version, why)
            self._fresh.run(self._told_held, deployment, held)
        return Traffic(
            deployment=deployment,
            scorers=traffic.scorers,
            read_at=traffic.read_at,
            held_back=held,
        )

    def _read(self, place: Place) -> Traffic:
        deployment, scorers = self._rollouts.traffic(*place)
        traffic = Traffic(deployment=deployment, scorers=scorers, read_at=self._clock())
        before, self._last[place] = self._last.get(place), traffic
        self._fresh.put(place, traffic)
        if before is None or before.deployment.generation != deployment.generation:
            self._confirm(place, deployment.generation)
        return traffic

    def _confirm(self, place: Place, generation: int) -> None:
        """Tell that this process routes by a new table, and when it last began by an older one."""
        began = self._began.get(place)
        last = began[1] if began is not None and began[0] < generation else None
        try:
            self._rollouts.confirm(*place, generation, last)
        except Exception:
            # How long a rollback took is worth less than the request in hand.
            log.exception("the new table of %s could not be confirmed", "/".join(place))
