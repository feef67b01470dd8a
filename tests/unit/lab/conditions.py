"""Waiting for something in a running lab, with a deadline and never longer than needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

LIMIT_S = 20.0


async def becomes(holds: Callable[[], bool], what: str, limit_s: float = LIMIT_S) -> None:
    """Let the loop run until ``holds``. Raises AssertionError with ``what`` at the deadline."""
    deadline = time.monotonic() + limit_s
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s} s: {what}")
        await asyncio.sleep(0.02)
