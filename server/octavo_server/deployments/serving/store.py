"""Rows of answered scoring requests, figures and log policies to records and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime

from octavo_server.database.rows import Row, RowExists, Rows, Where
from octavo_server.database.tables.deployments import (
    deployment_requests_scored,
)
from octavo_server.database.tables.serving import deployment_figures, deployment_request_logs
from octavo_server.deployments.serving.domain import Figures, FiguresAt, LogPolicy, Scored
from octavo_server.errors import Conflict

_COUNTS = tuple(one.name for one in fields(Figures))


def add_scored(rows: Rows, scored: Sequence[Scored]) -> None:
    """Write a batch of telemetry."""
    rows.upsert(deployment_requests_scored, [_scored_values(one) for one in scored])


def scored_since(
    rows: Rows, project: str, name: str, since: datetime, limit: int, *where: Where
) -> list[Scored]:
    """Return a deployment's telemetry since a time, newest first."""
    found = rows.find(
        deployment_requests_scored,
        ("project", "=", project),
        ("deployment", "=", name),
        ("at", ">=", since),
        *where,
        order_by=("-at",),
        limit=limit,
    )
    return [Scored(**{**row, "scores": tuple(row["scores"])}) for row in found]


def forget_scored(rows: Rows, before: datetime) -> int:
    """Remove telemetry older than a time; return how much."""
    return rows.delete(deployment_requests_scored, ("at", "<", before))


def put_figures(rows: Rows, writer: str, every: Sequence[tuple[str, str, FiguresAt]]) -> None:
    """Write a writer's figures over its earlier ones of the same intervals."""
    written = [
        {
            "project": project,
            "deployment": deployment,
            "version": one.version,
            "role": one.role,
            "at": one.at,
            "writer": writer,
            **{name: getattr(one.figures, name) for name in _COUNTS},
            "latencies": {str(step): count for step, count in one.figures.latencies.items()},
        }
        for project, deployment, one in every
    ]
    rows.upsert(deployment_figures, written)


def figures_since(rows: Rows, project: str, name: str, since: datetime) -> list[FiguresAt]:
    """Return a deployment's figures since a time, by time; one an interval, version and writer."""
    found = rows.find(
        deployment_figures,
        ("project", "=", project),
        ("deployment", "=", name),
        ("at", ">=", since),
        order_by=("at", "version"),
    )
    return [
        FiguresAt(version=row["version"], role=row["role"], at=row["at"], figures=_figures(row))
        for row in found
    ]


def forget_figures(rows: Rows, before: datetime) -> int:
    """Remove figures older than a time; return how many rows."""
    return rows.delete(deployment_figures, ("at", "<", before))


def policy(rows: Rows, project: str, name: str) -> LogPolicy:
    """Return what of a deployment's requests is kept; the default where nobody said anything."""
    row = rows.get(deployment_request_logs, project=project, deployment=name)
    if row is None:
        return LogPolicy(project=project, deployment=name)
    return LogPolicy(**{**row, "redacted": tuple(row["redacted"])})


def policies(rows: Rows) -> list[LogPolicy]:
    """Return the policies that somebody changed, of all projects."""
    found = rows.find(deployment_request_logs, order_by=("project", "deployment"))
    return [LogPolicy(**{**row, "redacted": tuple(row["redacted"])}) for row in found]


def save_policy(rows: Rows, changed: LogPolicy) -> LogPolicy:
    """Write a policy over the generation that was read. Raises Conflict when stale."""
    saved = replace(changed, generation=changed.generation + 1)
    values: Row = {one.name: getattr(saved, one.name) for one in fields(saved)}
    values["redacted"] = list(saved.redacted)
    stale = Conflict(
        f"The request log of {saved.deployment!r} was changed by someone else meanwhile.",
        "Reload and try again.",
    )
    if changed.generation:
        key: tuple[Where, ...] = (
            ("project", "=", saved.project),
            ("deployment", "=", saved.deployment),
            ("generation", "=", changed.generation),
        )
        if not rows.update(deployment_request_logs, values, *key):
            raise stale
        return saved
    try:
        rows.insert(deployment_request_logs, values)
    except RowExists as error:
        raise stale from error
    return saved


def _scored_values(one: Scored) -> Row:
    return {
        **{part.name: getattr(one, part.name) for part in fields(one)},
        "scores": list(one.scores),
        "features": None if one.features is None else dict(one.features),
    }


def _figures(row: Row) -> Figures:
    counts = {name: row[name] for name in _COUNTS}
    counts["latencies"] = {int(step): count for step, count in row["latencies"].items()}
    return Figures(**counts)
