"""Routes of deployment requests."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.deployments import (
    DeploymentRequest,
    DeploymentRequestBody,
    DeploymentRequestList,
    RequestState,
    ReviewBody,
)
from octavo_server.deployments.requests import wire
from octavo_server.deployments.requests.reviews import ReviewsService
from octavo_server.deployments.requests.service import Asked, RequestsService
from octavo_server.deployments.rollouts.service import Objectives, plan_of, rate_limit_of
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

PAGE = 50
Cursor = Annotated[str | None, Query(max_length=9, pattern=r"^[0-9]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]


def _asked(body: DeploymentRequestBody) -> Asked:
    plain = body.model_dump()
    read = {
        "traffic": plan_of(plain["traffic"]),
        "objectives": Objectives(**plain["objectives"]),
        "rate_limit": rate_limit_of(plain["rate_limit"]),
    }
    return Asked(**{**plain, **read})


def routes(requests: RequestsService, reviews: ReviewsService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    _request_routes(api, requests, guard)
    _one_request_routes(api, reviews, guard)
    return api


def _request_routes(api: APIRouter, requests: RequestsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/requests"

    @api.get(home)
    def list_deployment_requests(
        project: str,
        state: RequestState | None = None,
        deployment: Annotated[str | None, Query(max_length=63)] = None,
        limit: Limit = PAGE,
        cursor: Cursor = None,
        caller: Caller = guard.needs("deployments.read"),
    ) -> DeploymentRequestList:
        """List requests, newest first."""
        offset = int(cursor or 0)
        found = requests.requests(
            project, state=state, deployment=deployment, limit=limit + 1, offset=offset
        )
        now, may = requests.now(), wire.may_review(caller)
        items = [wire.request(one, caller.name, may, now) for one in found[:limit]]
        following = str(offset + limit) if len(found) > limit else None
        return DeploymentRequestList(items=items, next_cursor=following)

    @api.post(home, status_code=201)
    def request_deployment(
        project: str,
        body: DeploymentRequestBody,
        caller: Caller = guard.needs("deployments.request"),
    ) -> DeploymentRequest:
        """Ask to bring a model version live."""
        made = requests.request(caller, project, _asked(body))
        return wire.request(made, caller.name, wire.may_review(caller), requests.now())


def _one_request_routes(api: APIRouter, reviews: ReviewsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/requests"

    @api.get(home + "/{request_id}")
    def read_deployment_request(
        project: str, request_id: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentRequest:
        """Read one request."""
        return wire.reviewable(reviews.get(project, request_id), caller, reviews.now())

    @api.post(home + "/{request_id}/evidence", status_code=202)
    def gather_deployment_evidence(
        project: str, request_id: str, caller: Caller = guard.needs("deployments.evidence")
    ) -> DeploymentRequest:
        """Have the evidence of a pending request gathered again; read the request until it is."""
        found = reviews.gather(caller, project, request_id)
        return wire.reviewable(found, caller, reviews.now())

    @api.post(home + "/{request_id}/review")
    def review_deployment_request(
        project: str,
        request_id: str,
        body: ReviewBody,
        caller: Caller = guard.needs("deployments.review"),
    ) -> DeploymentRequest:
        """Approve or reject a request; never one's own."""
        decided = reviews.review(
            caller,
            project,
            request_id,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
            evidence_digest=body.evidence_digest,
        )
        return wire.reviewable(decided, caller, reviews.now())
