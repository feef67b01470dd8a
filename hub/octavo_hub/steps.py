"""What a person reads while a workspace starts: named steps, kept for a page that opens late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, Literal

from octavo.records.workspaces import Session

Step = Literal["profile", "queued", "account", "machine", "volume", "image", "starting", "ready"]

PROGRESS: dict[Step, int] = {
    "profile": 5, "queued": 10, "account": 25, "machine": 30, "volume": 40, "image": 50,
    "starting": 75, "ready": 95,
}  # fmt: skip
"""Percent that the bar shows when a step begins."""


class Steps:
    """The steps of one start, in order; any number of pages may follow them."""

    def __init__(self) -> None:
        self._told: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._over = False

    def tell(self, step: Step, message: str, **further: Any) -> None:
        """Add an event; the same words again are not told twice."""
        event = {"progress": PROGRESS[step], "step": step, "message": message, **further}
        if not self._told or self._told[-1] != event:
            self._told.append(event)
            self._wake()

    def queued(self, session: Session) -> None:
        """Tell where a start stands in the queue."""
        self.tell(
            "queued",
            queue_line(session),
            position=session.position,
            expected_wait_s=session.expected_wait_s,
            waits_for=session.waits_for,
        )

    def about(self, position: int) -> None:
        """Tell about where a start stands, before its exact place is known."""
        self.tell(
            "queued",
            f"You are about number {position} in the queue; rules and budget are being checked.",
            position=position,
            expected_wait_s=None,
            waits_for="",
        )

    def end(self) -> None:
        """Let the pages know that nothing more comes."""
        self._over = True
        self._wake()

    async def follow(self) -> AsyncIterator[dict[str, Any]]:
        """Yield what was told so far, then each event as it comes, until the start is over."""
        told = 0
        while True:
            changed = self._changed
            # A page that opens late needs the newest place in the queue, not all former ones.
            for event in _newest(self._told[told:]):
                yield dict(event)
            told = len(self._told)
            if self._over:
                return
            if changed is self._changed:
                await changed.wait()

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


DAY_S = 86400
"""The platform looks no farther ahead."""


def queue_line(session: Session) -> str:
    """Say in one sentence where a start stands in the queue."""
    place = f"You are number {session.position or 1} in the queue"
    wait = session.expected_wait_s
    expected = f", about {duration(wait)} to wait" if wait is not None else ""
    return f"{place}{expected}. {session.waits_for}".strip()


def duration(seconds: float) -> str:
    """Return a span of time as a person would say it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < DAY_S else "a day or more"


def _newest(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out the places in the queue that a newer one follows."""
    return [
        one
        for at, one in enumerate(events)
        if one["step"] != "queued"
        or [then["step"] for then in events[at + 1 : at + 2]] != ["queued"]
    ]
