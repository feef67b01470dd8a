"""Records of the books: meters, and what they have counted hour by hour.

Money is in integer millionths of a euro; a UTC *hour* is named ``2026-03-31T23``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Size:
    """What something keeps for itself while it runs."""

    cores: float = 0.0
    """CPU cores."""
    gib: float = 0.0
    """Memory, in GiB."""
    gpus: float = 0.0
    """GPUs."""


@dataclass(frozen=True, kw_only=True)
class Meter:
    """How far something has been metered, and what was fixed when it began."""

    kind: str
    """session, run, deployment, orphan or platform."""
    subject: str
    """Its identifier."""
    person: str
    """Who it is booked on."""
    project: str
    """Project it is booked on."""
    team: str
    """Group through which the person belongs."""
    part: str
    """Name of its pipeline or deployment."""
    cores: float
    """CPU cores it keeps."""
    gib: float
    """Memory it keeps, in GiB."""
    gpus: float
    """GPUs it keeps."""
    until: datetime | None
    """Until when it is booked (UTC); None: it waits and is not metered yet."""
    cpu_seconds: float | None
    """CPU time at the last reading; None: never read."""
    cpu_at: datetime | None
    """When that was (UTC)."""
    charge_rest: float
    """What was too little to book as yet, in millionths of a euro, below 1."""
    waste_rest: float
    """The same of the waste."""
    seen_at: datetime
    """Last sign of life (UTC)."""
    ended: bool
    """Whether it has ended."""


@dataclass(frozen=True, kw_only=True)
class UsageHour:
    """What one session, run, deployment, orphan or the platform consumed in one UTC hour."""

    kind: str
    """session, run, deployment, orphan or platform."""
    subject: str
    """Its identifier."""
    hour: str
    """The UTC hour."""
    day: str
    """The UTC day."""
    person: str
    """Who it is booked on; empty: nobody."""
    project: str
    """Project it is booked on; empty: none."""
    team: str
    """Group through which the person belongs; empty: none."""
    profile: str
    """Profile that gave the price; empty: none did."""
    profile_version: int
    """Version of it; 0: none."""
    part: str
    """Name of its pipeline or deployment; empty: neither."""
    price_micro_eur: int
    """Price of an hour, in millionths of a euro."""
    seconds: float = 0.0
    """Metered seconds."""
    core_seconds_requested: float = 0.0
    """Cores kept, times seconds."""
    gib_seconds_requested: float = 0.0
    """GiB kept, times seconds."""
    gpu_seconds_requested: float = 0.0
    """GPUs kept, times seconds."""
    core_seconds_used: float = 0.0
    """Cores used, times seconds; only what was measured."""
    gib_seconds_used: float = 0.0
    """GiB used, times seconds; only what was measured."""
    gpu_seconds_used: float = 0.0
    """GPUs used, times seconds; only what was measured."""
    core_seconds: float = 0.0
    """What counts: at each moment the larger of kept and used."""
    gib_seconds: float = 0.0
    """The same of memory."""
    gpu_seconds: float = 0.0
    """The same of GPUs."""
    charge_micro_eur: int = 0
    """What it costs, in millionths of a euro."""
    waste_micro_eur: int = 0
    """The part of it that was kept and, as measured, not used."""
