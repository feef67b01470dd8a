"""Rows of deployment requests to records and back."""

from __future__ import annotations

from dataclasses import asdict, fields

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.deployments import (
    deployment_requests,
)
from octavo_server.deployments.requests.domain import (
    PolicyResult,
    Request,
    RequestState,
)
from octavo_server.deployments.rollouts.service import (
    Objectives,
    plan_of,
    plan_values,
    rate_limit_of,
)


def add_request(rows: Rows, request: Request) -> None:
    """Write a new request."""
    rows.insert(deployment_requests, _request_values(request))


def save_request(rows: Rows, request: Request) -> None:
    """Write a request's new state."""
    rows.update(deployment_requests, _request_values(request), ("id", "=", request.id))


def request(rows: Rows, project: str, request_id: str) -> Request | None:
    """Return one request of a project."""
    row = rows.get(deployment_requests, project=project, id=request_id)
    return _request(row) if row else None


def requests(rows: Rows, *where: Where, limit: int, offset: int = 0) -> list[Request]:
    """Return the newest matching requests first."""
    order = ("-requested_at", "id")
    found = rows.find(deployment_requests, *where, order_by=order, limit=limit, offset=offset)
    return [_request(row) for row in found]


def _request_values(request: Request) -> Row:
    policy = {**asdict(request.policy), "reasons": list(request.policy.reasons)}
    return {
        **{one.name: getattr(request, one.name) for one in fields(request)},
        "state": request.state.value,
        "traffic": plan_values(request.traffic),
        "objectives": asdict(request.objectives),
        "rate_limit": None if request.rate_limit is None else asdict(request.rate_limit),
        "policy": policy,
    }


def _request(row: Row) -> Request:
    policy = {**row["policy"], "reasons": tuple(row["policy"]["reasons"])}
    return Request(
        **{
            **row,
            "state": RequestState(row["state"]),
            "traffic": plan_of(row["traffic"]),
            "objectives": Objectives(**row["objectives"]),
            "rate_limit": rate_limit_of(row["rate_limit"]),
            "policy": PolicyResult(**policy),
        }
    )
