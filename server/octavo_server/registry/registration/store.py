"""Rows of registrations <-> records."""

from __future__ import annotations

from datetime import datetime

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.registration import registrations
from octavo_server.registry.registration.domain import UNFINISHED, Job, State, Step

_UNFINISHED = sorted(one.value for one in UNFINISHED)


def add(rows: Rows, job: Job) -> None:
    """Keep a new registration."""
    rows.insert(registrations, _row(job))


def save(rows: Rows, job: Job) -> None:
    """Keep what has changed in a registration, but for who cancelled it."""
    row = _row(job)
    del row["cancel_requested_by"]
    rows.update(registrations, row, ("id", "=", job.id))


def cancel(rows: Rows, identifier: str, who: str) -> None:
    """Keep who cancelled a registration."""
    rows.update(registrations, {"cancel_requested_by": who}, ("id", "=", identifier))


def get(rows: Rows, identifier: str) -> Job | None:
    """Return a registration."""
    row = rows.get(registrations, id=identifier)
    return _job(row) if row else None


def newest(rows: Rows, project: str, name: str | None, limit: int) -> list[Job]:
    """Return a project's registrations, the newest first; of one model if it is named."""
    where: list[Where] = [("project", "=", project)]
    where += [("name", "=", name)] if name else []
    found = rows.find(registrations, *where, order_by=("-created_at", "id"), limit=limit)
    return [_job(row) for row in found]


def unfinished(rows: Rows, project: str | None = None) -> list[Job]:
    """Return the registrations that are under way or wait."""
    where: list[Where] = [("state", "in", _UNFINISHED)]
    where += [("project", "=", project)] if project else []
    return [_job(row) for row in rows.find(registrations, *where, order_by=("created_at", "id"))]


def silent(rows: Rows, since: datetime) -> list[Job]:
    """Return the unfinished registrations that nobody was at since then."""
    found = rows.find(registrations, ("state", "in", _UNFINISHED), ("seen_at", "<", since))
    return [_job(row) for row in found]


def _row(job: Job) -> Row:
    values = {name: getattr(job, name) for name in Job.__dataclass_fields__}
    return values | {"state": job.state.value, "step": job.step.value}


def _job(row: Row) -> Job:
    return Job(**{**row, "state": State(row["state"]), "step": Step(row["step"])})
