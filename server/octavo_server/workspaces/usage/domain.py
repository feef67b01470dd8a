"""Records of usage and cost; money is in millionths of a euro, so that sums are exact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from octavo_server.workspaces.profiles.domain import ProfileVersion


@dataclass(frozen=True, kw_only=True)
class Metered:
    """Something that has run under a profile from one moment to another."""

    kind: str
    """session, run, deployment, orphan or platform."""
    subject: str
    """Its identifier."""
    person: str
    """Who it is booked on; empty: nobody."""
    project: str
    """Project it is booked on; empty: none."""
    version: ProfileVersion
    """Profile version that gives the price."""
    since: datetime
    """When it began (UTC)."""
    until: datetime
    """Until when it has been seen (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What one session, run or deployment consumed on one UTC day."""

    kind: str
    """session, run or deployment."""
    subject: str
    """Its identifier."""
    day: date
    """The UTC day."""
    person: str
    """Who it is booked on."""
    project: str
    """Project it is booked on."""
    profile: str
    """Profile that gave the price."""
    seconds: float
    """Metered seconds of that day."""
    cost_micro_eur: int
    """Cost of that day, in millionths of a euro."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """A project's budget of the current month."""

    limit_micro_eur: int
    """What may be spent in the month, in millionths of a euro."""
    spent_micro_eur: int
    """What was spent so far, in millionths of a euro."""

    @property
    def left_micro_eur(self) -> int:
        """Return what is left; never below 0."""
        return max(0, self.limit_micro_eur - self.spent_micro_eur)
