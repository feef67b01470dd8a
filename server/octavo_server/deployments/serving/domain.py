"""Records of answered scoring requests; all times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Scored:
    """One answered or failed scoring request: telemetry, not governed state."""

    id: str
    """Identifier."""
    project: str
    """Project."""
    deployment: str
    """Deployment."""
    version: int
    """Version that was asked."""
    at: datetime
    """When the request arrived."""
    latency_ms: float
    """Milliseconds until the scorer's answer."""
    status: str
    """``ok``, or the error's code."""
    rows: int
    """Rows of the request."""
    scores: tuple[float, ...] = ()
    """Scores of at most the first 50 rows."""
    features: Mapping[str, Any] | None = None
    """The first row of a sampled request, by column."""
    caller: str = ""
    """Who asked."""
