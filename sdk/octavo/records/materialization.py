"""Wire records of materialisation: jobs, schedules, freshness and pushes; times are UTC.

A *materialisation* loads newest values of feature views from the lake into the online store, window
by window. A *push* brings rows that just happened into both.
"""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from octavo.records.base import Answer, Request, Visible
from octavo.records.monitoring import Alert

LONGEST_NAME = 100
MOST_WINDOWS = 400
LONGEST_WINDOW_HOURS = 366 * 24
MOST_ROWS = 1000
MOST_COLUMNS = 500
LONGEST_TEXT = 65_536
LONGEST_AGE_S = 10 * 366 * 86_400

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME), Visible]
"""What a view, a service, a push source or a column is called."""
TargetKind = Literal["view", "service"]


def _check_plain(value: Any) -> Any:
    """Return the value. Raises PydanticCustomError for what no column holds, in one sentence."""
    finite = not isinstance(value, float) or math.isfinite(value)
    if not finite or not isinstance(value, str | int | float | None):
        raise PydanticCustomError(
            "no_value", "it must be text, a finite number, true, false or null"
        )
    return value


PushValue = Annotated[str | int | float | bool | None, BeforeValidator(_check_plain)]
Age = Annotated[int, Field(ge=60, le=LONGEST_AGE_S)]
"""A span of time in seconds, from a minute to ten years."""


class MaterializationState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class MaterializationReason(StrEnum):
    """Why there is a job."""

    MANUAL = "manual"
    BACKFILL = "backfill"
    SCHEDULE = "schedule"
    PUSH_REPAIR = "push_repair"


class MaterializationRequest(Request):
    """What to materialise, and of which event times."""

    kind: TargetKind = Field(default="view", description="A view, or all views of a service.")
    name: Name = Field(description="Name of the view or of the service.")
    since: AwareDatetime | None = Field(
        default=None,
        description="Begin of the event times, with its zone. Left out: where the last "
        "materialisation of the views ended.",
    )
    until: AwareDatetime | None = Field(
        default=None, description="End of the event times, with its zone. Left out: now."
    )
    window_hours: int | None = Field(
        default=None,
        ge=1,
        le=LONGEST_WINDOW_HOURS,
        description="Split the span into windows of so many hours, each committed for itself. "
        "Left out: one window.",
    )


class MaterializationPlan(Answer):
    """What a job would do and what it would cost; nothing has happened yet."""

    kind: TargetKind = Field(description="What the name names.")
    name: str = Field(description="The view or the service.")
    views: list[str] = Field(description="Views that are materialised.")
    since: datetime = Field(description="Begin of the event times.")
    until: datetime = Field(description="End of the event times.")
    windows: int = Field(description="Windows, all views counted.")
    window_hours: float = Field(description="Hours of one window; the last may be shorter.")
    rows: int | None = Field(description="Rows expected; None while nobody knows.")
    seconds: float = Field(description="How long it should take.")
    cost_eur: float = Field(description="What it should cost the project.")
    profile: str = Field(description="Profile whose price counts.")
    price_eur_per_hour: float = Field(description="Its price.")
    basis: str = Field(description="What the estimate rests on, as a sentence.")
    refusal: str | None = Field(description="Why it can't be started now; None: it can.")


class Materialization(Answer):
    """One job."""

    id: str = Field(description="Its id.")
    project: str = Field(description="Its project.")
    kind: TargetKind = Field(description="What the name names.")
    name: str = Field(description="The view or the service.")
    views: list[str] = Field(description="Views that are materialised.")
    state: MaterializationState = Field(description="Where it stands.")
    reason: MaterializationReason = Field(description="Why there is a job.")
    since: datetime = Field(description="Begin of the event times.")
    until: datetime = Field(description="End of the event times.")
    windows: int = Field(description="Windows, all views counted.")
    windows_done: int = Field(description="Windows that are in the online store.")
    rows: int = Field(description="Entities whose values were read so far.")
    message: str = Field(description="Why it is in this state, in a sentence.")
    requested_by: str = Field(description="Who asked for it or made its schedule.")
    schedule: str | None = Field(description="Id of its schedule.")
    tick: datetime | None = Field(description="The schedule's time it stands for.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When its first attempt started.")
    ended_at: datetime | None = Field(description="When it was over.")
    attempts: int = Field(description="How often it was taken in hand.")
    seconds: float = Field(description="How long the engine worked on it.")
    cost_eur: float | None = Field(description="What it cost so far; None before it started.")
    snapshot: str | None = Field(description="Registry snapshot of its last window.")
    cancel_requested_by: str | None = Field(description="Who asked to cancel it.")


class MaterializationList(Answer):
    """A page of jobs, the newest first."""

    items: list[Materialization] = Field(description="The jobs.")
    next_cursor: str | None = Field(description="Cursor of the next page; None on the last.")


class MaterializationScheduleRequest(Request):
    """When to materialise again and again."""

    kind: TargetKind = Field(default="view", description="A view, or all views of a service.")
    name: Name = Field(description="Name of the view or of the service.")
    cron: str = Field(max_length=120, description="Minute, hour, day, month, weekday.")
    time_zone: str = Field(default="UTC", max_length=64, description="IANA name.")
    overlap_minutes: int = Field(
        default=60,
        ge=0,
        le=44_640,
        description="How far each job reaches back before the last one's end, for rows that come "
        "late.",
    )


class MaterializationSchedule(Answer):
    """A cron line for a view or a service."""

    id: str = Field(description="Its id.")
    kind: TargetKind = Field(description="What the name names.")
    name: str = Field(description="The view or the service.")
    cron: str = Field(description="Minute, hour, day, month, weekday.")
    time_zone: str = Field(description="IANA name.")
    overlap_minutes: int = Field(description="How far each job reaches back.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="When.")
    next_at: datetime | None = Field(description="Its next time.")
    upcoming: list[datetime] = Field(description="The next five times.")
    last_job: str | None = Field(description="Id of the last tick's job.")


class MaterializationScheduleList(Answer):
    """A project's schedules of materialisation."""

    items: list[MaterializationSchedule] = Field(description="The schedules, by name.")


class FreshnessExpectationRequest(Request):
    """How old a view's data may become, by either clock; None sets no limit."""

    newest_event_within_s: Age | None = Field(
        default=None, description="Most seconds since the newest event in the source."
    )
    materialized_within_s: Age | None = Field(
        default=None, description="Most seconds since the end of the last materialisation."
    )


class FreshnessExpectation(Answer):
    """How old a view's data may become."""

    newest_event_within_s: int | None = Field(description="Most seconds since the newest event.")
    materialized_within_s: int | None = Field(
        description="Most seconds since the end of the last materialisation."
    )
    set_by: str = Field(description="Who set it.")
    set_at: datetime = Field(description="When.")


class ViewMaterialization(Answer):
    """How a view stands: both freshness figures against what is expected, and what comes next."""

    view: str = Field(description="The view.")
    services: list[str] = Field(description="Services whose jobs cover it too.")
    snapshot: str = Field(description="The registry snapshot that is current.")
    newest_event_at: datetime | None = Field(description="Event time of the source's newest row.")
    materialized_until: datetime | None = Field(description="End of the last materialisation.")
    checked_at: datetime = Field(description="When this was answered.")
    expectation: FreshnessExpectation | None = Field(description="None: nobody set one.")
    late: list[str] = Field(description="What exceeds its expectation now, as sentences.")
    alerts: list[Alert] = Field(description="Open alerts about it.")
    schedules: list[MaterializationSchedule] = Field(
        description="Its schedules and those of its services."
    )
    next_at: datetime | None = Field(description="When the next job is due.")
    jobs: list[Materialization] = Field(description="The newest jobs that covered it.")
    push_source: str | None = Field(description="Where rows can be pushed to; None: nowhere.")
    waiting_rows: int = Field(description="Pushed rows that aren't in the lake yet.")


class MaterializationPipeline(Answer):
    """A view or service that is materialised by the clock or was by hand, as a pipeline."""

    kind: TargetKind = Field(description="What the name names.")
    name: str = Field(description="The view or the service.")
    schedules: int = Field(description="Its schedules.")
    next_at: datetime | None = Field(description="When the next job is due.")
    last: Materialization | None = Field(description="The newest job.")
    late: list[str] = Field(description="What exceeds its expectation now, as sentences.")


class MaterializationPipelineList(Answer):
    """What is materialised in a project, by name."""

    items: list[MaterializationPipeline] = Field(description="Views and services.")


class PushSource(Answer):
    """A place that takes rows as they happen."""

    name: str = Field(description="Its name.")
    views: list[str] = Field(description="Views that its rows reach.")
    event_column: str = Field(description="Column with the event time, ISO 8601 with its zone.")
    columns: dict[str, str] = Field(description="Join keys and features to their types.")
    join_keys: list[str] = Field(description="Columns that name the entity.")
    waiting_rows: int = Field(description="Rows that aren't in the lake yet.")
    last_pushed_at: datetime | None = Field(description="When rows last came.")


class PushSourceList(Answer):
    """The push sources of the current snapshot."""

    items: list[PushSource] = Field(description="By name.")


class PushRequest(Request):
    """Rows that just happened."""

    push_source: Name = Field(description="Name of the push source.")
    rows: list[dict[Annotated[str, Field(max_length=LONGEST_NAME)], PushValue]] = Field(
        min_length=1,
        max_length=MOST_ROWS,
        description="Each with all columns of the push source; null where there is no value.",
    )


class Pushed(Answer):
    """Rows that were taken."""

    id: str = Field(description="Names the push.")
    push_source: str = Field(description="The push source.")
    views: list[str] = Field(description="Views whose values they are.")
    rows: int = Field(description="Rows that were taken.")
    outdated: int = Field(
        description="Rows that change no online value, because a newer one is there."
    )
    newest_event_at: datetime = Field(description="Event time of the newest of them.")
    online: Literal["visible", "pending"] = Field(
        description="Whether online readers see them already; pending ones follow in seconds."
    )
    pushed_at: datetime = Field(description="When they were taken: what readers could know since.")
