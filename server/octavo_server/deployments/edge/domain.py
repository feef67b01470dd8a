"""Records of bundles for devices, and of the devices; all times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A signed bundle that a device may have now."""

    project: str
    """Project."""
    digest: str
    """SHA-256 of the signed statement; names the bundle."""
    kind: str
    """deployment, alias or version."""
    place: str
    """What it is for: the deployment, ``model@alias``, or the model."""
    model: str
    """The registered model."""
    version: int
    """Its version."""
    generation: int
    """Grows with each change at the place."""
    key_id: str
    """Key that signed."""
    envelope: Mapping[str, Any]
    """The signed statement."""
    made_by: str
    """Who asked for it first."""
    made_at: datetime
    """When that was."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a device did between two moments."""

    sequence: int
    """Number on the device."""
    until: datetime
    """End of the window."""
    version: int | None
    """Version that it holds."""
    digest: str | None
    """Bundle that it holds."""
    generation: int | None
    """Generation of that bundle."""
    requests: int
    """Predictions in the window."""
    errors: int
    """Of these, failed."""
    dropped: int
    """Reports that were lost since the one before."""
    latency_p50_ms: float | None
    """Median, milliseconds."""
    latency_p95_ms: float | None
    """95th percentile."""
    latency_p99_ms: float | None
    """99th percentile."""
    last_error: str | None
    """The newest failed prediction."""
    refusal: str | None
    """Why the newest pull was refused."""


@dataclass(frozen=True, kw_only=True)
class Device:
    """A device with what it told last."""

    project: str
    """Project."""
    deployment: str
    """The deployment that it follows."""
    device: str
    """Its name."""
    consumer: str
    """Whose token it has."""
    installation: str
    """Random name of its folder."""
    client: str
    """The client and its version."""
    first_seen_at: datetime
    """When it reported first."""
    last_seen_at: datetime
    """When it reported last."""
    told_until: datetime
    """End of the newest window that it told of."""
    sequence: int = 0
    """Number of the newest report that counts."""
    version: int | None = None
    """Version that it holds."""
    digest: str | None = None
    """Bundle that it holds."""
    generation: int | None = None
    """Generation of that bundle."""
    requests: int = 0
    """Predictions since it is known."""
    errors: int = 0
    """Of these, failed."""
    dropped: int = 0
    """Reports that it lost."""
    latency_p50_ms: float | None = None
    """Median of the newest report with predictions, milliseconds."""
    latency_p95_ms: float | None = None
    """95th percentile."""
    latency_p99_ms: float | None = None
    """99th percentile."""
    last_error: str | None = None
    """Its newest failed prediction."""
    refusal: str | None = None
    """Why its newest pull was refused."""


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """The devices of a deployment, and what they should hold."""

    devices: tuple[Device, ...]
    """Those that need a look first."""
    live_version: int | None
    """Version that they should hold."""
    why_not: str | None
    """Why the live version has no form for devices; None: it has one."""
