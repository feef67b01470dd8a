"""Rows of answered scoring requests to records and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from octavo_server.database.rows import Rows
from octavo_server.database.tables.deployments import (
    deployment_requests_scored,
)
from octavo_server.deployments.serving.domain import Scored


def add_scored(rows: Rows, scored: Sequence[Scored]) -> None:
    """Write a batch of telemetry."""
    for one in scored:
        values = {
            **{part.name: getattr(one, part.name) for part in fields(one)},
            "scores": list(one.scores),
        }
        if one.features is not None:
            values["features"] = dict(one.features)
        rows.insert(deployment_requests_scored, values)


def scored_since(rows: Rows, project: str, name: str, since: datetime, limit: int) -> list[Scored]:
    """Return a deployment's telemetry since a time, newest first."""
    found = rows.find(
        deployment_requests_scored,
        ("project", "=", project),
        ("deployment", "=", name),
        ("at", ">=", since),
        order_by=("-at",),
        limit=limit,
    )
    return [Scored(**{**row, "scores": tuple(row["scores"])}) for row in found]


def forget_scored(rows: Rows, before: datetime) -> int:
    """Remove telemetry older than a time; return how much."""
    return rows.delete(deployment_requests_scored, ("at", "<", before))
