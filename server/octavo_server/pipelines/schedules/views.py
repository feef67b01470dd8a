"""Schedules as the wire shows them. Pure."""

from __future__ import annotations

from datetime import datetime

from octavo.records.pipelines import Schedule
from octavo_server.cron import ticks_after
from octavo_server.pipelines.schedules import domain


def schedule(one: domain.Schedule, now: datetime) -> Schedule:
    """Return a schedule with its next five ticks."""
    return Schedule(
        id=one.id,
        pipeline=one.pipeline,
        cron=one.cron,
        time_zone=one.time_zone,
        parameters=dict(one.parameters),
        created_by=one.created_by,
        created_at=one.created_at,
        next_at=one.next_at,
        upcoming=ticks_after(one.cron, one.time_zone, now, 5),
        last_run=one.last_run,
        catch_up=one.catch_up,
        max_age_hours=one.max_age_hours,
        paused=one.paused,
    )
