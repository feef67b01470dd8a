"""Turns at work that takes seconds, so that it never takes all of the service's threads.

A request that waits for a child process holds a thread, and everybody's requests share those.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from octavo_server.errors import Unavailable


class Turns:
    """Lets ``at_once`` in at a time; ``most_waiting`` more wait, anybody else is told at once."""

    def __init__(self, what: str, *, at_once: int, most_waiting: int, wait_s: float) -> None:
        """``what`` names the work in the plural, for people; nobody waits over ``wait_s``."""
        self._what = what
        self._wait_s = wait_s
        self._guests = threading.BoundedSemaphore(at_once + most_waiting)
        self._turns = threading.BoundedSemaphore(at_once)

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a turn for the block. Raises Unavailable without one."""
        if not self._guests.acquire(blocking=False):
            raise Unavailable(
                f"As many {self._what} as can be are under way or waiting already.",
                "Try again in a moment.",
            )
        try:
            if not self._turns.acquire(timeout=self._wait_s):
                raise Unavailable(
                    f"Other {self._what} kept this one waiting for over {self._wait_s:g} s.",
                    "Try again in a moment.",
                )
            try:
                yield
            finally:
                self._turns.release()
        finally:
            self._guests.release()
