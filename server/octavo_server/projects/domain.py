"""Records of projects."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

ENVIRONMENTS = ("dev", "test", "prod")
"""Every project has these environments."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """What people work on together, with its members and its budget."""

    name: str
    """Stable name, used in addresses."""
    title: str
    """What people call it."""
    description: str
    """What it is for."""
    template: str | None
    """The template it started from."""
    monthly_budget_cents: int
    """What it may spend in a calendar month (UTC), in euro cents."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When (UTC)."""

    @property
    def monthly_budget_eur(self) -> float:
        """The monthly budget in euro."""
        return self.monthly_budget_cents / 100

    @property
    def environments(self) -> tuple[str, ...]:
        """The project's environments."""
        return ENVIRONMENTS


@dataclass(frozen=True, kw_only=True)
class Member:
    """A role that a Hub user or group holds in a project."""

    project: str
    """The project."""
    kind: str
    """``user`` or ``group``."""
    name: str
    """Hub user or group."""
    role: str
    """The role."""
