"""Lets consumers in: by their token, within their scope, within their limits.

Looked-up tokens are kept for a moment, so a revocation counts within two seconds. Limits are
counted by each process for itself.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from octavo_server.deployments.consumers import rules
from octavo_server.deployments.consumers.domain import Consumer, Limits, Use
from octavo_server.deployments.consumers.rules import Bucket
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.errors import NotFound, TooMany, Unauthenticated
from octavo_server.fresh import Fresh

YOUNG_S, USABLE_S = 1.0, 2.0
"""Seconds for which a looked-up token is answered from memory, and used while it is read again."""
MOST_CALLERS = 10_000
"""Callers whose limits are remembered; the one that was silent longest is forgotten first."""
STRANGERS_PER_S, STRANGERS_AT_ONCE = 50.0, 100.0
"""Tokens never seen before that are looked up: guessing can't keep the database busy."""
NOTE_EVERY_S = 60.0
"""Seconds between two notes of when tokens were used."""
USE_WINDOW = timedelta(hours=1)
"""How long use is counted before it starts anew."""


@dataclass(kw_only=True)
class _Counted:
    since: datetime
    requests: int = 0
    refused: int = 0
    rows: int = 0


@dataclass(kw_only=True)
class _Buckets:
    limits: Limits
    requests: Bucket
    rows: Bucket | None


class Access:
    """Knows tokens, levels and counts; used from the event loop, read from threads."""

    def __init__(
        self,
        consumers: ConsumersService,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._consumers = consumers
        self._clock = clock
        self._monotonic = monotonic
        self._held = Fresh(
            consumers.holder, young_s=YOUNG_S, usable_s=USABLE_S, most=5_000, clock=monotonic
        )
        self._strangers = Bucket(
            per_s=STRANGERS_PER_S, most=STRANGERS_AT_ONCE, level=STRANGERS_AT_ONCE, at=monotonic()
        )
        self._levels: OrderedDict[tuple[str, str, str], _Buckets] = OrderedDict()
        self._counted: OrderedDict[tuple[str, str, str], _Counted] = OrderedDict()
        self._used: dict[str, datetime] = {}
        self._noted_at = float("-inf")
        self._lock = threading.Lock()

    async def consumer(self, token: str) -> Consumer:
        """Return whose token it is. Raises Unauthenticated, or TooMany while many are guessed."""
        token_id = rules.token_id(token)
        if token_id is None:
            raise Unauthenticated("The consumer's token is out of shape.", rules.NEW_TOKEN)
        if not self._held.knows(token_id):
            wait = self._strangers.take(1, self._monotonic())
            if wait:
                raise TooMany("Many unknown tokens are tried right now.", "Try again.", wait)
        kept, consumer = await self._held.get(token_id)
        now = self._clock()
        admitted = rules.check_token(token, kept, consumer, now)
        self._used[token_id] = now
        return admitted

    def enter(self, consumer: Consumer, project: str, deployment: str) -> None:
        """Raise NotFound unless the consumer's tokens open the deployment."""
        if consumer.project != project or deployment not in consumer.deployments:
            raise NotFound(
                f"{consumer.name} has no deployment {deployment[:63]!r} in {project[:100]!r}.",
                f"Its tokens open: {', '.join(consumer.deployments[:10])}.",
            )

    def take_request(self, project: str, deployment: str, caller: str, limits: Limits) -> None:
        """Count a request. Raises TooMany over the limit, with the seconds to wait."""
        counted = self._count(project, deployment, caller)
        counted.requests += 1
        wait = self._buckets(project, deployment, caller, limits).requests.take(
            1, self._monotonic()
        )
        if wait:
            counted.refused += 1
            raise TooMany(
                f"{caller} sent more than {limits.requests_per_second:g} requests a second "
                f"({limits.burst} at once).",
                f"Wait {wait:.1f} s; the deployment's people can raise the limit.",
                wait,
            )

    def take_rows(
        self, project: str, deployment: str, caller: str, limits: Limits, rows: int
    ) -> None:
        """Count a request's rows. Raises TooMany over the limit, with the seconds to wait."""
        counted = self._count(project, deployment, caller)
        bucket = self._buckets(project, deployment, caller, limits).rows
        wait = bucket.take(rows, self._monotonic()) if bucket is not None else 0.0
        if wait:
            counted.refused += 1
            raise TooMany(
                f"{caller} sent more than {limits.rows_per_minute:,} rows a minute.",
                f"Wait {wait:.1f} s, or score many rows as a batch.",
                wait,
            )
        counted.rows += rows

    def uses(self, project: str, caller: str) -> list[Use]:
        """Return what a caller asked lately, by deployment."""
        with self._lock:
            found = [
                Use(
                    deployment=deployment,
                    requests=one.requests,
                    refused=one.refused,
                    rows=one.rows,
                    since=one.since,
                )
                for (place, deployment, who), one in self._counted.items()
                if (place, who) == (project, caller)
            ]
        return sorted(found, key=lambda one: one.deployment)

    def flush(self) -> None:
        """Write when tokens were used last, at most once a minute."""
        now = self._monotonic()
        if now - self._noted_at < NOTE_EVERY_S:
            return
        self._noted_at = now
        used, self._used = self._used, {}
        if used:
            self._consumers.note_uses(used)

    def close(self) -> None:
        """Write what is known and end the threads."""
        self._held.close()
        self._noted_at = float("-inf")
        self.flush()

    def _count(self, project: str, deployment: str, caller: str) -> _Counted:
        key, now = (project, deployment, caller), self._clock()
        with self._lock:
            found = self._counted.get(key)
            if found is None or now - found.since > USE_WINDOW:
                found = self._counted[key] = _Counted(since=now)
                if len(self._counted) > MOST_CALLERS:
                    self._counted.popitem(last=False)
        return found

    def _buckets(self, project: str, deployment: str, caller: str, limits: Limits) -> _Buckets:
        key, now = (project, deployment, caller), self._monotonic()
        found = self._levels.get(key)
        if found is None or found.limits != limits:
            found = self._levels[key] = _Buckets(
                limits=limits,
                requests=rules.request_bucket(limits, now),
                rows=rules.row_bucket(limits, now),
            )
            if len(self._levels) > MOST_CALLERS:
                self._levels.popitem(last=False)
        self._levels.move_to_end(key)
        return found
