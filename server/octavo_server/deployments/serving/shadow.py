"""Sends copies of requests to a version that nobody reads: bounded, after the caller's answer.

A copy that finds too many under way is skipped and counted, so a slow or hanging shadow costs the
caller nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

MOST_UNDER_WAY = 4
"""Copies of one deployment that are answered at a time; further ones are skipped."""
TIMEOUT_S = 5.0
"""Seconds for a copy."""


@dataclass(kw_only=True)
class ShadowCount:
    """How the copies of one deployment fared since this process started."""

    version: int
    """Version that gets them."""
    sent: int = 0
    """Copies sent."""
    skipped: int = 0
    """Copies not sent because too many were under way."""
    failed: int = 0
    """Copies that were not answered."""
    under_way: int = 0
    """Copies that are being answered."""


class Shadows:
    """Starts copies and counts them."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], ShadowCount] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def count(self, project: str, deployment: str) -> ShadowCount | None:
        """Return how a deployment's copies fared."""
        return self._counts.get((project, deployment))

    def room(self, project: str, deployment: str, version: int) -> bool:
        """Return whether another copy may be sent now; counts it as skipped if not."""
        key = (project, deployment)
        count = self._counts.get(key)
        if count is None or count.version != version:
            count = self._counts[key] = ShadowCount(version=version)
        if count.under_way < MOST_UNDER_WAY:
            return True
        count.skipped += 1
        return False

    def send(self, project: str, deployment: str, copy: Coroutine[Any, Any, bool]) -> None:
        """Run a copy beside everything else; it says whether it was answered."""
        count = self._counts[project, deployment]
        count.sent += 1
        count.under_way += 1

        def done(task: asyncio.Task[bool]) -> None:
            self._tasks.discard(task)
            count.under_way -= 1
            if task.cancelled() or task.exception() is not None or not task.result():
                count.failed += 1

        task = asyncio.get_running_loop().create_task(copy)
        self._tasks.add(task)
        task.add_done_callback(done)

    async def settled(self) -> None:
        """Wait until no copy is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)
