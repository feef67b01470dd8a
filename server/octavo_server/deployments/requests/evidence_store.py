"""Rows of requests' evidence to records and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows
from octavo_server.database.tables.deployments import deployment_evidence


@dataclass(frozen=True, kw_only=True)
class KeptEvidence:
    """The evidence of one request, as it is stored."""

    request_id: str
    """The request."""
    project: str
    """Its project."""
    state: str
    """``gathering``, ``complete`` or ``failed``."""
    message: str
    """What is under way or why it failed, in words."""
    asked_at: datetime
    """When it was asked for last."""
    gathered_at: datetime | None = None
    """When it was gathered."""
    digest: str | None = None
    """SHA-256 of the document."""
    document: Mapping[str, Any] | None = None
    """What was found."""


def put(rows: Rows, evidence: KeptEvidence) -> None:
    """Write a request's evidence, new or not."""
    values: Row = {one.name: getattr(evidence, one.name) for one in fields(evidence)}
    if not rows.update(deployment_evidence, values, ("request_id", "=", evidence.request_id)):
        rows.insert(deployment_evidence, values)


def get(rows: Rows, request_id: str) -> KeptEvidence | None:
    """Return the evidence of a request."""
    row = rows.get(deployment_evidence, request_id=request_id)
    return KeptEvidence(**row) if row else None


def waiting(rows: Rows, limit: int) -> list[KeptEvidence]:
    """Return what is to be gathered, the longest waiting first."""
    found = rows.find(
        deployment_evidence, ("state", "=", "gathering"), order_by=("asked_at",), limit=limit
    )
    return [KeptEvidence(**row) for row in found]
