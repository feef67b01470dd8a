"""Records of feature values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class StoredValue:
    """A value in the online store."""

    text: str | None
    """The value as text; None for a null."""
    event_at: datetime
    """Event time of the row it came from (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One value of an online answer."""

    value: str | int | float | bool | None
    """The value."""
    status: str
    """present, null, absent or expired."""
    event_at: datetime | None
    """Event time of the value (UTC)."""
