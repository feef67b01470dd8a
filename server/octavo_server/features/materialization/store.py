"""Rows of jobs, schedules, reached ends and expectations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.materialization import (
    feature_expectations,
    materialization_schedules,
    materializations,
    materialized_views,
)
from octavo_server.features.materialization.domain import (
    UNFINISHED,
    Expectation,
    Job,
    Reached,
    Reason,
    Schedule,
    State,
    Target,
)


def add_job(rows: Rows, job: Job) -> None:
    """Keep a new job. Raises RowExists for a tick that has its job."""
    rows.insert(materializations, _job_row(job))


def save_job(rows: Rows, job: Job) -> None:
    """Keep what has changed in a job."""
    rows.update(materializations, _job_row(job), ("id", "=", job.id))


def job(rows: Rows, identifier: str, project: str | None = None) -> Job | None:
    """Return a job, or None; with ``project`` only if it belongs there."""
    row = rows.get(materializations, id=identifier)
    if row is None or project not in (None, row["project"]):
        return None
    return _job(row)


def jobs(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[Job]:
    """Return the matching jobs, the newest first."""
    found = rows.find(
        materializations, *where, order_by=("-created_at", "id"), limit=limit, offset=offset
    )
    return [_job(row) for row in found]


def measured(rows: Rows, project: str, views: Sequence[str], most: int = 5) -> list[Job]:
    """Return the newest jobs that succeeded on any of ``views``."""
    found = jobs(rows, ("project", "=", project), ("state", "=", "succeeded"), limit=100)
    return [one for one in found if set(one.views) & set(views)][:most]


def unfinished(rows: Rows, project: str | None = None, limit: int = 500) -> list[Job]:
    """Return jobs that wait or are under way, the oldest first."""
    where: list[Where] = [("state", "in", sorted(one.value for one in UNFINISHED))]
    where += [("project", "=", project)] if project else []
    found = rows.find(materializations, *where, order_by=("created_at", "id"), limit=limit)
    return [_job(row) for row in found]


def count_unfinished(rows: Rows, project: str) -> int:
    """Return how many jobs of a project wait or are under way."""
    states = sorted(one.value for one in UNFINISHED)
    return rows.count(materializations, ("project", "=", project), ("state", "in", states))


def _job_row(one: Job) -> Row:
    values = {name: getattr(one, name) for name in Job.__dataclass_fields__}
    return values | {
        "state": one.state.value,
        "reason": one.reason.value,
        "views": list(one.views),
    }


def _job(row: Row) -> Job:
    values: dict[str, Any] = dict(row)
    values["state"], values["reason"] = State(row["state"]), Reason(row["reason"])
    values["views"] = tuple(row["views"])
    return Job(**values)


# ---- schedules


def add_schedule(rows: Rows, one: Schedule) -> None:
    """Keep a new schedule."""
    rows.insert(
        materialization_schedules,
        {name: getattr(one, name) for name in Schedule.__dataclass_fields__},
    )


def advance_schedule(
    rows: Rows, identifier: str, next_at: datetime | None, last_job: str | None
) -> None:
    """Keep a schedule's next tick and last job."""
    values = {"next_at": next_at, "last_job": last_job}
    rows.update(materialization_schedules, values, ("id", "=", identifier))


def delete_schedule(rows: Rows, identifier: str) -> None:
    """Remove a schedule; its jobs stay."""
    rows.delete(materialization_schedules, ("id", "=", identifier))


def schedule(rows: Rows, identifier: str) -> Schedule | None:
    """Return a schedule, or None."""
    row = rows.get(materialization_schedules, id=identifier)
    return None if row is None else Schedule(**row)


def schedules(rows: Rows, project: str, *targets: Target) -> list[Schedule]:
    """Return a project's schedules by name; with targets only theirs."""
    where: list[Where] = [("project", "=", project)]
    where += [("name", "in", sorted({one.name for one in targets}))] if targets else []
    found = rows.find(materialization_schedules, *where, order_by=("name", "created_at", "id"))
    every = [Schedule(**row) for row in found]
    return [one for one in every if not targets or one.target in targets]


def due_schedules(rows: Rows, now: datetime, limit: int = 200) -> list[Schedule]:
    """Return the schedules whose tick has come, the longest overdue first."""
    found = rows.find(
        materialization_schedules, ("next_at", "<=", now), order_by=("next_at",), limit=limit
    )
    return [Schedule(**row) for row in found]


# ---- what was reached, what is expected


def reached(rows: Rows, project: str, views: Sequence[str]) -> dict[str, Reached]:
    """Return what jobs have done for views, by view; those without any are left out."""
    found = rows.find(
        materialized_views, ("project", "=", project), ("view", "in", sorted(set(views)))
    )
    return {row["view"]: Reached(**row) for row in found}


def add_reached(rows: Rows, one: Reached) -> Reached:
    """Take in one more window: the later end counts, seconds and rows add up."""
    known = reached(rows, one.project, [one.view]).get(one.view)
    if known is not None:
        one = replace(
            one,
            until=max(one.until, known.until),
            seconds=one.seconds + known.seconds,
            rows=one.rows + known.rows,
        )
    rows.upsert(
        materialized_views, [{name: getattr(one, name) for name in Reached.__dataclass_fields__}]
    )
    return one


def expectations(rows: Rows, project: str | None = None) -> list[Expectation]:
    """Return what is expected of views; of one project where it is named."""
    where: list[Where] = [("project", "=", project)] if project else []
    found = rows.find(feature_expectations, *where, order_by=("project", "view"))
    return [Expectation(**row) for row in found]


def expectation(rows: Rows, project: str, view: str) -> Expectation | None:
    """Return what is expected of a view, or None."""
    row = rows.get(feature_expectations, project=project, view=view)
    return None if row is None else Expectation(**row)


def put_expectation(rows: Rows, one: Expectation) -> None:
    """Keep what is expected of a view."""
    values = {name: getattr(one, name) for name in Expectation.__dataclass_fields__}
    rows.upsert(feature_expectations, [values])


def delete_expectation(rows: Rows, project: str, view: str) -> int:
    """Remove what is expected of a view; return how many there were."""
    return rows.delete(feature_expectations, ("project", "=", project), ("view", "=", view))
