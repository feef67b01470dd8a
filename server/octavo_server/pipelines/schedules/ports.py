"""What the room needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from octavo.records.notebooks import ParameterValue
from octavo_server.audit.service import Change


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A run that nobody asked for by hand."""

    project: str
    """Its project."""
    pipeline: str
    """Name of its pipeline."""
    trigger: Literal["schedule", "data", "pipeline", "backfill"]
    """What asks for it."""
    requested_by: str
    """Who made what asks for it."""
    given: Mapping[str, ParameterValue]
    """Values that differ from the pipeline's."""
    message: str
    """Why it waits, in a sentence."""
    schedule: str | None = None
    """Id of its schedule; with ``tick`` it has one run."""
    backfill: str | None = None
    """Id of its backfill; with ``tick`` it has one run."""
    tick: datetime | None = None
    """The time it stands for (UTC)."""
    may_skip: bool = False
    """Whether it may be skipped where its pipeline says so and is full."""


class Pipelines(Protocol):
    """The pipelines that schedules, triggers and backfills belong to."""

    def accept(
        self, project: str, name: str, given: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the values that a pipeline would run with. Raises NotFound, Invalid."""

    def start_for(self, change: Change, wanted: Wanted) -> str:
        """Make the run and return its id.

        Raises NotFound for a pipeline that is gone, RowExists for a tick that has its run.
        """
