"""One question at a time about each person, its answer shared by all who ask meanwhile."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

Answer = TypeVar("Answer")
# Between an answer and the moment JupyterHub has stored it, the old token is still on record.
FRESH_S = 0.5


class Sharing(Generic[Answer]):
    """The questions that are being asked now, or were a moment ago."""

    def __init__(self) -> None:
        """Begin with none."""
        self._asked: dict[str, tuple[float, asyncio.Task[Answer]]] = {}

    async def of(self, name: str, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer about ``name``, from ``ask`` unless somebody is asking already.

        Whoever stops waiting doesn't stop the question for the others.
        """
        now = time.monotonic()
        self._asked = {who: one for who, one in self._asked.items() if _holds(one, now)}
        if name not in self._asked:
            task: asyncio.Task[Answer] = asyncio.ensure_future(_awaited(ask()))
            self._asked[name] = (now, task)
            task.add_done_callback(lambda done: self._note(name, done))
        return await asyncio.shield(self._asked[name][1])

    def _note(self, name: str, task: asyncio.Task[Answer]) -> None:
        """Remember when it was answered."""
        if self._asked.get(name, (0.0, None))[1] is task:
            self._asked[name] = (time.monotonic(), task)


async def _awaited(answer: Awaitable[Answer]) -> Answer:
    return await answer


def _holds(one: tuple[float, asyncio.Task[Answer]], now: float) -> bool:
    at, task = one
    if not task.done():
        return True
    return not task.cancelled() and task.exception() is None and now - at < FRESH_S
