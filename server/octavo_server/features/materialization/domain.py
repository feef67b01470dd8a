"""Records of materialisation jobs, schedules, expectations and pushes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from octavo.records.materialization import (
    MaterializationReason,
    MaterializationState,
    PushValue,
    TargetKind,
)

State = MaterializationState
Reason = MaterializationReason

MOVES: Final[dict[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED, State.REFUSED}),
    State.RUNNING: frozenset(
        {
            State.SUCCEEDED,
            State.FAILED,
            State.CANCELLED,
            State.QUEUED,  # its worker died; what is committed stays, the rest is done again
        }
    ),
    State.SUCCEEDED: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
    State.REFUSED: frozenset(),
}
"""The allowed moves."""

UNFINISHED: Final = frozenset(state for state, moves in MOVES.items() if moves)
"""States from which something more happens."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What is materialised."""

    kind: TargetKind
    """A view, or all views of a service."""
    name: str
    """Its name."""

    def __str__(self) -> str:
        """Return how a sentence names it."""
        return f"the feature {self.kind} {self.name[:100]!r}"


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of event times of one view."""

    view: str
    """The view."""
    since: datetime
    """Begin (UTC)."""
    until: datetime
    """End (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """One materialisation."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    kind: TargetKind
    """What the name names."""
    name: str
    """The view or the service."""
    views: tuple[str, ...]
    """Views that are materialised, in this order."""
    state: State
    """Where it stands."""
    reason: Reason
    """Why there is a job."""
    since: datetime
    """Begin of the event times (UTC)."""
    until: datetime
    """End of the event times (UTC)."""
    window_s: float
    """Seconds of one window."""
    windows: int
    """Windows, all views counted."""
    message: str
    """Why it is in this state."""
    requested_by: str
    """Who asked for it or made its schedule."""
    created_at: datetime
    """When it was asked for (UTC)."""
    windows_done: int = 0
    """Windows that are in the online store; the next one is this one."""
    rows: int = 0
    """Entities whose values were read so far."""
    schedule: str | None = None
    """Id of its schedule."""
    tick: datetime | None = None
    """The schedule's time it stands for (UTC)."""
    started_at: datetime | None = None
    """When its first attempt started (UTC)."""
    ended_at: datetime | None = None
    """When it was over (UTC)."""
    attempts: int = 0
    """How often it was taken in hand."""
    attempt_at: datetime | None = None
    """When the last attempt started (UTC)."""
    worker: str | None = None
    """Id of the worker process that has or had it in hand."""
    seconds: float = 0.0
    """How long the engine worked on it."""
    cost_eur: float | None = None
    """What it cost so far, in euro."""
    cost_before: float = 0.0
    """What the attempts before the last one cost, in euro."""
    snapshot: str | None = None
    """Registry snapshot of its last window."""
    cancel_requested_by: str | None = None
    """Who asked to cancel it."""

    @property
    def target(self) -> Target:
        """What is materialised."""
        return Target(kind=self.kind, name=self.name)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A cron line for a view or a service."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    kind: TargetKind
    """What the name names."""
    name: str
    """The view or the service."""
    cron: str
    """Five fields."""
    time_zone: str
    """IANA name."""
    overlap_minutes: int
    """How far each job reaches back before the last one's end."""
    created_by: str
    """Who made it."""
    created_at: datetime
    """When (UTC)."""
    next_at: datetime | None
    """Its next tick (UTC); None: it never comes again."""
    last_job: str | None = None
    """Id of the last tick's job."""

    @property
    def target(self) -> Target:
        """What is materialised."""
        return Target(kind=self.kind, name=self.name)


@dataclass(frozen=True, kw_only=True)
class Reached:
    """What jobs have done for one view."""

    project: str
    """Its project."""
    view: str
    """The view."""
    until: datetime
    """The latest end of a window (UTC)."""
    job: str
    """The last job."""
    at: datetime
    """When that window was committed (UTC)."""
    seconds: float
    """Seconds that the engine took for all its windows so far."""
    rows: int
    """Entities in all its windows so far."""


@dataclass(frozen=True, kw_only=True)
class Expectation:
    """How old a view's data may become."""

    project: str
    """Its project."""
    view: str
    """The view."""
    newest_event_within_s: int | None
    """Most seconds since the newest event; None: no limit."""
    materialized_within_s: int | None
    """Most seconds since the end of the last materialisation; None: no limit."""
    set_by: str
    """Who set it."""
    set_at: datetime
    """When (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Lateness:
    """A freshness figure over its expectation."""

    view: str
    """The view."""
    clock: str
    """``newest event`` or ``materialised``."""
    age_s: float
    """How old it is, in seconds."""
    limit_s: int
    """How old it may be, in seconds."""
    message: str
    """The same in words."""


@dataclass(frozen=True, kw_only=True)
class Push:
    """Rows that were taken."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    push_source: str
    """The push source."""
    views: tuple[str, ...]
    """Views whose values they are."""
    rows: Sequence[Mapping[str, PushValue]]
    """The rows, checked, times in ISO 8601; empty once they are in the lake."""
    count: int
    """How many there are."""
    oldest_event_at: datetime
    """Event time of the oldest (UTC)."""
    newest_event_at: datetime
    """Event time of the newest (UTC)."""
    pushed_by: str
    """Who sent them."""
    pushed_at: datetime
    """When they were taken (UTC): what readers could know since."""
    online_at: datetime | None = None
    """When the online store had them (UTC)."""
    part: str | None = None
    """Name of the file of the lake that they go to; it is fixed before that is written."""
    offline_at: datetime | None = None
    """When the lake had them (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Staged:
    """What the engine computed of one window; nothing of it is visible yet."""

    window: Window
    """The window."""
    file: Path
    """A SQLite file with the view's table as the online store has it."""
    rows: int
    """Entities in it."""
    seconds: float
    """How long that took."""
    snapshot: str
    """The registry snapshot it was computed with."""
    newest_event_at: datetime | None
    """Event time of the newest value in it (UTC); None: it is empty."""
