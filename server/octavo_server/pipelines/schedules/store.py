"""Rows to schedules, triggers and backfills, and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Table

from octavo.records.pipelines import CatchUp, TriggerKind
from octavo_server.database.rows import Row, Rows
from octavo_server.database.tables.pipelines import (
    pipeline_backfills,
    pipeline_schedules,
    pipeline_triggers,
)
from octavo_server.pipelines.schedules.domain import Backfill, Schedule, Trigger


def add_schedule(rows: Rows, schedule: Schedule) -> None:
    """Keep a new schedule."""
    rows.insert(pipeline_schedules, _values(pipeline_schedules, schedule))


def advance_schedule(
    rows: Rows, identifier: str, next_at: datetime | None, last_run: str | None
) -> None:
    """Keep a schedule's next tick and last run."""
    values = {"next_at": next_at, "last_run": last_run}
    rows.update(pipeline_schedules, values, ("id", "=", identifier))


def pause_schedule(rows: Rows, identifier: str, *, paused: bool, next_at: datetime | None) -> None:
    """Keep whether a schedule is paused, and its next tick."""
    values = {"paused": paused, "next_at": next_at}
    rows.update(pipeline_schedules, values, ("id", "=", identifier))


def delete_schedule(rows: Rows, identifier: str) -> None:
    """Remove a schedule; its runs stay."""
    rows.delete(pipeline_schedules, ("id", "=", identifier))


def schedule(rows: Rows, identifier: str) -> Schedule | None:
    """Return a schedule, or None."""
    row = rows.get(pipeline_schedules, id=identifier)
    return None if row is None else _schedule(row)


def schedules(rows: Rows, project: str, pipeline_name: str) -> list[Schedule]:
    """Return a pipeline's schedules, the oldest first."""
    found = rows.find(
        pipeline_schedules,
        ("project", "=", project),
        ("pipeline", "=", pipeline_name),
        order_by=("created_at", "id"),
    )
    return [_schedule(row) for row in found]


def due_schedules(rows: Rows, now: datetime, limit: int = 200) -> list[Schedule]:
    """Return the schedules whose tick has come, the longest overdue first."""
    found = rows.find(
        pipeline_schedules, ("next_at", "<=", now), order_by=("next_at",), limit=limit
    )
    return [_schedule(row) for row in found]


def next_tick(rows: Rows) -> datetime | None:
    """Return when the next tick of any schedule comes (UTC), or None."""
    found = rows.find(pipeline_schedules, order_by=("next_at",), limit=1)
    return found[0]["next_at"] if found else None


def add_trigger(rows: Rows, trigger: Trigger) -> None:
    """Keep a new trigger."""
    rows.insert(pipeline_triggers, _values(pipeline_triggers, trigger))


def save_trigger(rows: Rows, trigger: Trigger) -> None:
    """Keep what has changed in a trigger."""
    values = _values(pipeline_triggers, trigger)
    rows.update(pipeline_triggers, values, ("id", "=", trigger.id))


def delete_trigger(rows: Rows, identifier: str) -> None:
    """Remove a trigger; its runs stay."""
    rows.delete(pipeline_triggers, ("id", "=", identifier))


def trigger(rows: Rows, identifier: str) -> Trigger | None:
    """Return a trigger, or None."""
    row = rows.get(pipeline_triggers, id=identifier)
    return None if row is None else _trigger(row)


def triggers(rows: Rows, project: str | None = None, name: str | None = None) -> list[Trigger]:
    """Return triggers, the oldest first: all, a project's, or a pipeline's."""
    where: list[Any] = [] if project is None else [("project", "=", project)]
    where += [] if name is None else [("pipeline", "=", name)]
    found = rows.find(pipeline_triggers, *where, order_by=("created_at", "id"))
    return [_trigger(row) for row in found]


def add_backfill(rows: Rows, backfill: Backfill) -> None:
    """Keep a new backfill."""
    rows.insert(pipeline_backfills, _values(pipeline_backfills, backfill))


def save_backfill(rows: Rows, backfill: Backfill) -> None:
    """Keep what has changed in a backfill."""
    values = _values(pipeline_backfills, backfill)
    rows.update(pipeline_backfills, values, ("id", "=", backfill.id))


def backfill(rows: Rows, identifier: str) -> Backfill | None:
    """Return a backfill, or None."""
    row = rows.get(pipeline_backfills, id=identifier)
    return None if row is None else _backfill(row)


def backfills(rows: Rows, project: str, name: str, limit: int = 100) -> list[Backfill]:
    """Return a pipeline's backfills, the newest first."""
    found = rows.find(
        pipeline_backfills,
        ("project", "=", project),
        ("pipeline", "=", name),
        order_by=("-created_at", "id"),
        limit=limit,
    )
    return [_backfill(row) for row in found]


def open_backfills(rows: Rows) -> list[Backfill]:
    """Return the backfills that aren't over."""
    found = rows.find(pipeline_backfills, ("state", "=", "running"), order_by=("created_at", "id"))
    return [_backfill(row) for row in found]


def _values(table: Table, record: object) -> Row:
    return {name: _plain(getattr(record, name)) for name in table.c.keys()}  # noqa: SIM118


def _plain(value: Any) -> Any:
    if isinstance(value, CatchUp | TriggerKind):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value


def _schedule(row: Row) -> Schedule:
    return Schedule(**{**row, "catch_up": CatchUp(row["catch_up"])})


def _trigger(row: Row) -> Trigger:
    return Trigger(**{**row, "on": TriggerKind(row["on"])})


def _backfill(row: Row) -> Backfill:
    return Backfill(**{**row, "days": tuple(row["days"])})
