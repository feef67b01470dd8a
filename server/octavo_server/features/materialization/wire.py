"""Domain records as the wire shows them. Pure."""

from __future__ import annotations

from datetime import datetime

from octavo.records.materialization import (
    FreshnessExpectation,
    Materialization,
    MaterializationSchedule,
    Pushed,
)
from octavo_server.cron import ticks_after
from octavo_server.features.materialization import domain


def job(one: domain.Job) -> Materialization:
    """Return a job."""
    return Materialization.model_validate(one)


def schedule(one: domain.Schedule, now: datetime) -> MaterializationSchedule:
    """Return a schedule with its next five ticks."""
    return MaterializationSchedule(
        id=one.id,
        kind=one.kind,
        name=one.name,
        cron=one.cron,
        time_zone=one.time_zone,
        overlap_minutes=one.overlap_minutes,
        created_by=one.created_by,
        created_at=one.created_at,
        next_at=one.next_at,
        upcoming=ticks_after(one.cron, one.time_zone, now, 5),
        last_job=one.last_job,
    )


def expectation(one: domain.Expectation) -> FreshnessExpectation:
    """Return what is expected of a view."""
    return FreshnessExpectation.model_validate(one)


def pushed(one: domain.Push, outdated: int) -> Pushed:
    """Return a push that was taken."""
    return Pushed(
        id=one.id,
        push_source=one.push_source,
        views=list(one.views),
        rows=one.count,
        outdated=outdated,
        newest_event_at=one.newest_event_at,
        online="visible" if one.online_at else "pending",
        pushed_at=one.pushed_at,
    )
