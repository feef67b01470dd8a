"""What a scorer bounds, and what it decides when a bound is reached.

Pure: time, sizes and counts are arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, kw_only=True)
class Limits:
    """The bounds of one scorer."""

    rows: int = 1_000
    """Most rows of one request."""
    body_bytes: int = 8 << 20
    """Most bytes of one body."""
    header_bytes: int = 32 << 10
    """Most bytes of a request's line and headers."""
    read_s: float = 5.0
    """Seconds for a request to arrive, from its first byte to its last."""
    idle_s: float = 65.0
    """Seconds that a connection may stay open without a request."""
    connections: int = 1_024
    """Most connections at a time."""
    waiting: int = 1_024
    """Most requests that wait for the model."""
    answer_s: float = 8.0
    """Seconds until a request is answered, waiting included; also the longest one prediction."""
    batch_rows: int = 256
    """Most rows that are scored together for several requests."""
    batch_requests: int = 64
    """Most requests that are scored together."""
    memory_bytes: int = 0
    """Resident memory of the whole scorer; 0: no bound is known."""
    load_s: float = 300.0
    """Seconds for a model to load."""


class Memory(StrEnum):
    """What to do about an engine's memory."""

    KEEP = "keep"
    RENEW_BESIDE = "renew_beside"
    """Start another engine, then end this one: no request notices."""
    RENEW_AFTER = "renew_after"
    """End this engine first: two have no room."""


SHARE = 0.7
"""Share of the bound at which an engine is renewed: before the system ends it mid-request."""
GROWTH = 1.5
"""An engine that is renewed has grown at least so much; else its model is simply large."""
MOST_FAILURES = 5
"""Engines in a row that ended before one prediction; then the scorer gives up."""
LONGEST_WAIT_S = 30.0


def look_at_memory(now: int, loaded: int, bound: int) -> Memory:
    """Decide on an engine that has ``now`` bytes and had ``loaded`` right after loading."""
    if not bound or now < SHARE * bound or now < GROWTH * loaded:
        return Memory.KEEP
    return Memory.RENEW_BESIDE if now + loaded < bound else Memory.RENEW_AFTER


def has_room(loaded: int, bound: int) -> bool:
    """Tell whether a spare fits beside two engines of ``loaded`` bytes; a spare has less."""
    return not bound or 3 * loaded < SHARE * bound


def wait_s(failures: int) -> float:
    """Return the seconds before an engine is started again after ``failures`` in a row."""
    return 0.0 if failures <= 1 else min(LONGEST_WAIT_S, 0.5 * 2 ** (failures - 2))
