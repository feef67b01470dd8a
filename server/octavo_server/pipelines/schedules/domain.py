"""What schedules, triggers and backfills are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from octavo.records.notebooks import ParameterValue
from octavo.records.pipelines import CatchUp, TriggerKind


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A cron line in a time zone."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    pipeline: str
    """Name of the pipeline."""
    cron: str
    """Five fields."""
    time_zone: str
    """IANA name."""
    parameters: Mapping[str, ParameterValue]
    """Values that differ from the pipeline's defaults."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When (UTC)."""
    next_at: datetime | None
    """Its next tick (UTC)."""
    last_run: str | None = None
    """Id of the last tick's run."""
    catch_up: CatchUp = CatchUp.LATEST
    """What becomes of missed ticks."""
    max_age_hours: float | None = None
    """Older missed ticks are never made up for; None: any age."""
    paused: bool = False
    """Whether its ticks pass by."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """Something that starts a pipeline beside the clock."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    pipeline: str
    """Name of the pipeline."""
    on: TriggerKind
    """What it waits for."""
    source: str
    """Path in the lake, or name of the other pipeline."""
    settle_s: float
    """Seconds for which new data must stay the same."""
    ended: str
    """How the other pipeline's run has to have ended: ``succeeded``, ``failed`` or ``any``."""
    parameters: Mapping[str, ParameterValue]
    """Values that differ from the pipeline's."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When (UTC)."""
    seen: str
    """Digest of the data, or when the other pipeline's last run ended (ISO 8601, UTC)."""
    settling: str = ""
    """Digest of data that is new, and may still change."""
    settling_since: datetime | None = None
    """Since when it is the same (UTC)."""
    last_run: str | None = None
    """Id of the run that it started last."""


BackfillState = Literal["running", "done", "cancelled"]


@dataclass(frozen=True, kw_only=True)
class Backfill:
    """A pipeline run once for each day of a range."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    pipeline: str
    """Name of the pipeline."""
    parameter: str
    """The date parameter that gets the day."""
    days: tuple[str, ...]
    """ISO 8601 dates, in the order in which they are run."""
    parameters: Mapping[str, ParameterValue]
    """Other values that differ from the pipeline's."""
    at_a_time: int
    """Most of its runs that are under way together."""
    state: BackfillState
    """Where it stands."""
    created_by: str
    """Who asked for it."""
    created_at: datetime
    """When (UTC)."""
    ended_at: datetime | None = None
    """When it was over (UTC)."""
    cancel_requested_by: str | None = None
    """Who asked to cancel it."""
