"""Rows to records and back, for submissions, replays and releases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from octavo.records.notebooks import (
    CellError,
    Environment,
    Input,
    LintReport,
    Parameter,
    SubmissionReview,
    SubmissionState,
    Tolerance,
    Verdict,
)
from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.notebooks import (
    notebook_releases,
    notebook_replays,
    notebook_submissions,
)
from octavo_server.notebooks.domain import Release, ReplayProgress, Submission

_RECORDS: dict[str, Any] = {
    "tolerance": Tolerance,
    "lint": LintReport,
    "environment": Environment,
    "verdict": Verdict,
    "replay_error": CellError,
    "review": SubmissionReview,
}
_LISTS: dict[str, Any] = {"parameters": Parameter, "inputs": Input}


def add(rows: Rows, submission: Submission) -> None:
    """Keep a new submission. Raises RowExists for a taken id."""
    rows.insert(notebook_submissions, _row(submission))


def save(rows: Rows, submission: Submission) -> None:
    """Keep what has changed in a submission."""
    rows.update(notebook_submissions, _row(submission), ("id", "=", submission.id))


def get(rows: Rows, project: str, identifier: str) -> Submission | None:
    """Return a project's submission, or None."""
    row = rows.get(notebook_submissions, id=identifier, project=project)
    return None if row is None else _submission(row)


def by_id(rows: Rows, identifier: str) -> Submission | None:
    """Return a submission of any project, or None."""
    row = rows.get(notebook_submissions, id=identifier)
    return None if row is None else _submission(row)


def page(rows: Rows, project: str, *where: Where, limit: int, offset: int) -> list[Submission]:
    """Return a project's submissions, the newest first."""
    found = rows.find(
        notebook_submissions,
        ("project", "=", project),
        *where,
        order_by=("-submitted_at", "id"),
        limit=limit,
        offset=offset,
    )
    return [_submission(row) for row in found]


def unfinished(rows: Rows) -> list[tuple[str, SubmissionState]]:
    """Return id and state of the submissions that wait for a replay or are in one, in order."""
    states = [SubmissionState.QUEUED.value, SubmissionState.REPLAYING.value]
    found = rows.find(notebook_submissions, ("state", "in", states), order_by=("submitted_at",))
    return [(row["id"], SubmissionState(row["state"])) for row in found]


def note_progress(rows: Rows, progress: ReplayProgress) -> None:
    """Keep how far a replay is."""
    values = {name: getattr(progress, name) for name in notebook_replays.c.keys()}  # noqa: SIM118
    if not rows.update(notebook_replays, values, ("submission", "=", progress.submission)):
        rows.insert(notebook_replays, values)


def progress_of(rows: Rows, submission: str) -> ReplayProgress | None:
    """Return how far a replay is, or None before it has started."""
    row = rows.get(notebook_replays, submission=submission)
    return None if row is None else ReplayProgress(**row)


def add_release(rows: Rows, release: Release) -> None:
    """Keep a new release. Raises RowExists for a taken digest or number."""
    values = {name: getattr(release, name) for name in notebook_releases.c.keys()}  # noqa: SIM118
    rows.insert(notebook_releases, values | {"manifest": dict(release.manifest)})


def release(rows: Rows, project: str, digest: str) -> Release | None:
    """Return a project's release, or None."""
    row = rows.get(notebook_releases, digest=digest, project=project)
    return None if row is None else Release(**row)


def releases(
    rows: Rows, project: str, *where: Where, limit: int, offset: int = 0
) -> Sequence[Release]:
    """Return a project's releases, the newest first."""
    found = rows.find(
        notebook_releases,
        ("project", "=", project),
        *where,
        order_by=("-created_at", "-number"),
        limit=limit,
        offset=offset,
    )
    return [Release(**row) for row in found]


def last_release(rows: Rows, project: str, name: str) -> Release | None:
    """Return the newest release of a line, or None."""
    found = rows.find(
        notebook_releases,
        ("project", "=", project),
        ("name", "=", name),
        order_by=("-number",),
        limit=1,
    )
    return Release(**found[0]) if found else None


def withdraw(rows: Rows, digest: str, by: str, at: datetime, reason: str) -> None:
    """Keep that a release's approval was taken back."""
    values = {"withdrawn_by": by, "withdrawn_at": at, "withdrawn_reason": reason}
    rows.update(notebook_releases, values, ("digest", "=", digest))


def release_of_line(rows: Rows, project: str, name: str, which: str) -> Release | None:
    """Return a line's release by its number, or its newest for ``latest``; None: there is none."""
    if which == "latest":
        return last_release(rows, project, name)
    if not which.isdecimal() or len(which) > 9:
        return None
    row = rows.get(notebook_releases, project=project, name=name, number=int(which))
    return None if row is None else Release(**row)


def _row(submission: Submission) -> Row:
    row: Row = {}
    for name in notebook_submissions.c.keys():  # noqa: SIM118
        value = getattr(submission, name)
        if name in _LISTS:
            value = [one.model_dump(mode="json") for one in value]
        elif name in _RECORDS and value is not None:
            value = value.model_dump(mode="json")
        elif name == "replay_parameters":
            value = dict(value)
        elif name == "state":
            value = value.value
        row[name] = value
    return row


def _submission(row: Row) -> Submission:
    values = dict(row)
    for name, record in _RECORDS.items():
        if values[name] is not None:
            values[name] = record.model_validate(values[name])
    for name, record in _LISTS.items():
        values[name] = tuple(record.model_validate(one) for one in values[name])
    values["state"] = SubmissionState(values["state"])
    return Submission(**values)
