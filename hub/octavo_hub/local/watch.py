"""Looks after the memory of whole workspaces where the kernel has no control groups for Octavo.

One look at all processes every few seconds serves all workspaces. It comes later than the kernel
would: a workspace may be over its limit for some seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from octavo.local.measuring import AccountUse, exact_memory
from octavo_hub.failure import Failure
from octavo_hub.local.failures import out_of_memory

LOOK_EVERY_S = 4.0


@dataclass(frozen=True, kw_only=True)
class Watched:
    """One workspace under watch."""

    limit_bytes: int
    """Most memory of all its processes together."""
    use: Callable[[], AccountUse]
    """Returns what they use now; called in a thread of its own."""
    end: Callable[[Failure], None]
    """Called once when they are over the limit."""


class Watch:
    """All workspaces under watch."""

    def __init__(self) -> None:
        """Begin with none."""
        self._watched: dict[str, Watched] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, name: str, watched: Watched) -> None:
        """Watch a workspace from now on."""
        self._watched[name] = watched
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._go_on())

    def remove(self, name: str) -> None:
        """Watch it no more; one that isn't watched is fine."""
        self._watched.pop(name, None)

    async def look(self) -> None:
        """Look at all once, and end those that are over their limit."""
        over = await asyncio.to_thread(self._over, dict(self._watched))
        for name, failure in over.items():
            watched = self._watched.pop(name, None)
            if watched is not None:
                watched.end(failure)

    async def _go_on(self) -> None:
        while self._watched:
            await asyncio.sleep(LOOK_EVERY_S)
            await self.look()

    def _over(self, watched: dict[str, Watched]) -> dict[str, Failure]:
        found = {name: _over(one) for name, one in watched.items()}
        return {name: failure for name, failure in found.items() if failure is not None}


def _over(one: Watched) -> Failure | None:
    """Return why it must end; what forks share counts once before that is said."""
    use = one.use()
    if use.memory_bytes <= one.limit_bytes:
        return None
    exact = exact_memory(use.pids)
    if exact <= one.limit_bytes:
        return None
    biggest = use.biggest
    name = f"{biggest.name} (process {biggest.pid})" if biggest is not None else ""
    return out_of_memory(one.limit_bytes, name, exact)
