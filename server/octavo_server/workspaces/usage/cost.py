"""Records of cost reports; money is in integer millionths of a euro."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from octavo_server.workspaces.usage.domain import Budget, Forecast


@dataclass(frozen=True, kw_only=True)
class Line:
    """What was consumed under one name."""

    name: str
    """The name; empty: nobody's."""
    seconds: float
    """Metered seconds."""
    charge_micro_eur: int
    """What it costs, in millionths of a euro."""
    waste_micro_eur: int
    """The part of it that was kept and not used."""


@dataclass(frozen=True, kw_only=True)
class Split:
    """A whole cost in four parts, in millionths of a euro."""

    attributed: int
    """Used, by somebody known."""
    idle: int
    """Kept by somebody known, and not used."""
    shared: int
    """The platform's own."""
    unattributed: int
    """Nobody's."""

    @property
    def total(self) -> int:
        """The whole."""
        return self.attributed + self.idle + self.shared + self.unattributed


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was consumed in a span of days, seen from each side; lines dearest first."""

    project: str | None
    """The project; None for all."""
    since: date
    """First day, included."""
    until: date
    """Last day, included."""
    split: Split
    """The whole in its parts."""
    today_micro_eur: int
    """Cost of the current UTC day."""
    budget: Budget | None
    """The project's budget of this month; None for all projects."""
    forecast: Forecast
    """The current month at the present burn."""
    by_person: tuple[Line, ...]
    """Per person."""
    by_project: tuple[Line, ...]
    """Per project."""
    by_team: tuple[Line, ...]
    """Per team."""
    by_profile: tuple[Line, ...]
    """Per profile."""
    by_pipeline: tuple[Line, ...]
    """Per pipeline."""
    by_deployment: tuple[Line, ...]
    """Per deployment."""
    by_kind: tuple[Line, ...]
    """Per kind."""
    by_day: tuple[Line, ...]
    """Per day, oldest first."""
    days: tuple[tuple[str, tuple[Line, ...]], ...]
    """Per day, oldest first: its lines by what was asked for."""
