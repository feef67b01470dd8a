"""Rows to records and back, for runs, attempts and events."""

from __future__ import annotations

from collections.abc import Sequence
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
)
from octavo_server.pipelines.runs.domain import Attempt, Event, Handed, Run, RunKind, Trigger


def _values(table: Table, record: object) -> Row:
    return {name: getattr(record, name) for name in table.c.keys()}  # noqa: SIM118


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


def children(rows: Rows, parent: str) -> list[Run]:
    """Return the runs of a graph's steps, in the order in which they were made."""
    found = rows.find(
        pipeline_runs, ("parent", "=", parent), order_by=("created_at", "step", "item")
    )
    return [_run(row) for row in found]


def ended_since(
    rows: Rows, project: str, pipeline: str, moment: datetime, states: Sequence[RunState]
) -> Run | None:
    """Return a pipeline's first run that ended in one of ``states`` after a moment (UTC)."""
    found = rows.find(
        pipeline_runs,
        ("project", "=", project),
        ("pipeline", "=", pipeline),
        ("step", "=", ""),
        ("state", "in", [one.value for one in states]),
        ("ended_at", ">", moment),
        order_by=("ended_at", "id"),
        limit=1,
    )
    return _run(found[0]) if found else None


def of_backfill(rows: Rows, backfill: str) -> list[Run]:
    """Return a backfill's runs by day."""
    found = rows.find(pipeline_runs, ("backfill", "=", backfill), order_by=("tick",))
    return [_run(row) for row in found]


def under_way(rows: Rows, like: Run) -> int:
    """Return how many runs of its pipeline are under way, steps not counted."""
    return rows.count(
        pipeline_runs,
        ("project", "=", like.project),
        ("pipeline", "=", like.pipeline),
        ("state", "=", RunState.RUNNING.value),
        ("step", "=", ""),
    )


def cached(rows: Rows, project: str, key: str) -> Run | None:
    """Return the newest run that succeeded with exactly these inputs and took nobody's result."""
    found = rows.find(
        pipeline_runs,
        ("project", "=", project),
        ("cache_key", "=", key),
        ("state", "=", RunState.SUCCEEDED.value),
        order_by=("-created_at",),
        limit=20,
    )
    return next((_run(row) for row in found if row["reuses"] is None), None)


def unfinished_runs(rows: Rows, kind: RunKind = "release", limit: int = 500) -> list[Run]:
    """Return runs that wait or are under way: those under way, then by priority and age."""
    states = [RunState.QUEUED.value, RunState.RUNNING.value]
    found = rows.find(
        pipeline_runs,
        ("state", "in", states),
        ("kind", "=", kind),
        order_by=("-state", "-priority", "created_at", "id"),
        limit=limit,
    )
    return [_run(row) for row in found]


def runs_in(rows: Rows, state: RunState, limit: int = 500) -> list[Run]:
    """Return the runs of releases in a state, by priority and age."""
    found = rows.find(
        pipeline_runs,
        ("state", "=", state.value),
        ("kind", "=", "release"),
        order_by=("-priority", "created_at", "id"),
        limit=limit,
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
    row["handed"] = [vars(each) for each in one.handed] or None
    for name in ("graph", "retry"):
        row[name] = None if row[name] is None else dict(row[name])
    return row


def _run(row: Row) -> Run:
    values: dict[str, Any] = dict(row)
    values["state"], values["trigger"] = RunState(row["state"]), Trigger(row["trigger"])
    values["error"] = row["error"] and CellError.model_validate(row["error"])
    values["comparison"] = row["comparison"] and Verdict.model_validate(row["comparison"])
    values["inputs"] = tuple(Input.model_validate(each) for each in row["inputs"])
    values["artifacts"] = tuple(Artifact.model_validate(each) for each in row["artifacts"])
    values["inputs_changed"] = tuple(row["inputs_changed"])
    values["handed"] = tuple(Handed(**each) for each in row["handed"] or ())
    del values["verdict"]  # `comparison` says it; the column is there to ask for it
    return Run(**values)
