"""Rows to records and back, for pipelines, schedules, runs, attempts and events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Table

from octavo.records.notebooks import CellError, Input, Verdict
from octavo.records.pipelines import Artifact, RunState
from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.pipelines import (
    pipeline_attempts,
    pipeline_run_events,
    pipeline_runs,
    pipeline_schedules,
    pipelines,
)
from octavo_server.pipelines.domain import Attempt, Event, Pipeline, Run, Schedule, Trigger


def _values(table: Table, record: object) -> Row:
    return {name: getattr(record, name) for name in table.c.keys()}  # noqa: SIM118


def save_pipeline(rows: Rows, pipeline: Pipeline) -> None:
    """Keep a pipeline, new or changed."""
    values = _values(pipelines, pipeline) | {"parameters": dict(pipeline.parameters)}
    key: list[Where] = [("project", "=", pipeline.project), ("name", "=", pipeline.name)]
    if not rows.update(pipelines, values, *key):
        rows.insert(pipelines, values)


def pipeline(rows: Rows, project: str, name: str) -> Pipeline | None:
    """Return a pipeline, or None."""
    row = rows.get(pipelines, project=project, name=name)
    return None if row is None else Pipeline(**row)


def all_pipelines(rows: Rows, project: str, limit: int, offset: int) -> list[Pipeline]:
    """Return a project's pipelines by name."""
    found = rows.find(
        pipelines, ("project", "=", project), order_by=("name",), limit=limit, offset=offset
    )
    return [Pipeline(**row) for row in found]


def add_schedule(rows: Rows, schedule: Schedule) -> None:
    """Keep a new schedule."""
    values = _values(pipeline_schedules, schedule) | {"parameters": dict(schedule.parameters)}
    rows.insert(pipeline_schedules, values)


def advance_schedule(
    rows: Rows, identifier: str, next_at: datetime | None, last_run: str | None
) -> None:
    """Keep a schedule's next tick and last run."""
    values = {"next_at": next_at, "last_run": last_run}
    rows.update(pipeline_schedules, values, ("id", "=", identifier))


def delete_schedule(rows: Rows, identifier: str) -> None:
    """Remove a schedule; its runs stay."""
    rows.delete(pipeline_schedules, ("id", "=", identifier))


def schedule(rows: Rows, identifier: str) -> Schedule | None:
    """Return a schedule, or None."""
    row = rows.get(pipeline_schedules, id=identifier)
    return None if row is None else Schedule(**row)


def schedules(rows: Rows, project: str, pipeline_name: str) -> list[Schedule]:
    """Return a pipeline's schedules, the oldest first."""
    found = rows.find(
        pipeline_schedules,
        ("project", "=", project),
        ("pipeline", "=", pipeline_name),
        order_by=("created_at", "id"),
    )
    return [Schedule(**row) for row in found]


def due_schedules(rows: Rows, now: datetime, limit: int = 200) -> list[Schedule]:
    """Return the schedules whose tick has come, the longest overdue first."""
    found = rows.find(
        pipeline_schedules, ("next_at", "<=", now), order_by=("next_at",), limit=limit
    )
    return [Schedule(**row) for row in found]


def add_run(rows: Rows, run: Run) -> None:
    """Keep a new run. Raises RowExists for a tick that has its run."""
    rows.insert(pipeline_runs, _run_row(run))


def save_run(rows: Rows, run: Run) -> None:
    """Keep what has changed in a run."""
    rows.update(pipeline_runs, _run_row(run), ("id", "=", run.id))


def note_progress(rows: Rows, run: str, cell: int, cells: int) -> None:
    """Keep how far a run is; touches nothing else of it."""
    rows.update(pipeline_runs, {"cell": cell, "cells": cells}, ("id", "=", run))


def run(rows: Rows, identifier: str, project: str | None = None) -> Run | None:
    """Return a run, or None; with ``project`` only if it belongs there."""
    row = rows.get(pipeline_runs, id=identifier)
    if row is None or project not in (None, row["project"]):
        return None
    return _run(row)


def runs(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[Run]:
    """Return the matching runs, the newest first."""
    found = rows.find(
        pipeline_runs, *where, order_by=("-created_at", "id"), limit=limit, offset=offset
    )
    return [_run(row) for row in found]


def unfinished_runs(rows: Rows, limit: int = 500) -> list[Run]:
    """Return runs that wait or are under way, the oldest first."""
    states = [RunState.QUEUED.value, RunState.RUNNING.value]
    found = rows.find(
        pipeline_runs, ("state", "in", states), order_by=("created_at", "id"), limit=limit
    )
    return [_run(row) for row in found]


def first_success(rows: Rows, like: Run) -> Run | None:
    """Return the oldest run of the same release and parameters that succeeded, or None."""
    found = rows.find(
        pipeline_runs,
        ("release", "=", like.release),
        ("state", "=", RunState.SUCCEEDED.value),
        order_by=("created_at",),
        limit=200,
    )
    same = (row for row in found if row["parameters"] == dict(like.parameters))
    row = next(same, None)
    return None if row is None else _run(row)


def save_attempt(rows: Rows, attempt: Attempt) -> None:
    """Keep an attempt, new or changed."""
    values = _values(pipeline_attempts, attempt)
    key: list[Where] = [("run", "=", attempt.run), ("number", "=", attempt.number)]
    if not rows.update(pipeline_attempts, values, *key):
        rows.insert(pipeline_attempts, values)


def attempt(rows: Rows, run_id: str, number: int) -> Attempt | None:
    """Return an attempt, or None."""
    row = rows.get(pipeline_attempts, run=run_id, number=number)
    return None if row is None else Attempt(**row)


def attempts(rows: Rows, run_id: str) -> list[Attempt]:
    """Return a run's attempts in order."""
    found = rows.find(pipeline_attempts, ("run", "=", run_id), order_by=("number",))
    return [Attempt(**row) for row in found]


def add_event(rows: Rows, run_id: str, event: Event) -> None:
    """Append an event under the run's next number."""
    rows.lock(f"run-events:{run_id}")
    last = rows.find(pipeline_run_events, ("run", "=", run_id), order_by=("-seq",), limit=1)
    values = _values_of_event(event) | {"run": run_id, "seq": last[0]["seq"] + 1 if last else 1}
    rows.insert(pipeline_run_events, values)


def events(rows: Rows, run_id: str, after: int, limit: int = 500) -> list[Event]:
    """Return a run's events after a number, in order."""
    found = rows.find(
        pipeline_run_events,
        ("run", "=", run_id),
        ("seq", ">", after),
        order_by=("seq",),
        limit=limit,
    )
    return [Event(**{key: row[key] for key in row if key != "run"}) for row in found]


def _values_of_event(event: Event) -> Row:
    return {
        name: getattr(event, name)
        for name in pipeline_run_events.c.keys()  # noqa: SIM118
        if name != "run"
    }


def _run_row(one: Run) -> Row:
    row = _values(pipeline_runs, one)
    row["state"], row["trigger"] = one.state.value, one.trigger.value
    row["parameters"] = dict(one.parameters)
    row["inputs_changed"] = list(one.inputs_changed)
    for name in ("error", "comparison"):
        row[name] = None if row[name] is None else row[name].model_dump(mode="json")
    for name in ("inputs", "artifacts"):
        row[name] = [each.model_dump(mode="json") for each in row[name]]
    return row


def _run(row: Row) -> Run:
    values: dict[str, Any] = dict(row)
    values["state"], values["trigger"] = RunState(row["state"]), Trigger(row["trigger"])
    values["error"] = row["error"] and CellError.model_validate(row["error"])
    values["comparison"] = row["comparison"] and Verdict.model_validate(row["comparison"])
    values["inputs"] = tuple(Input.model_validate(each) for each in row["inputs"])
    values["artifacts"] = tuple(Artifact.model_validate(each) for each in row["artifacts"])
    values["inputs_changed"] = tuple(row["inputs_changed"])
    return Run(**values)
