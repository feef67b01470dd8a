"""Routes of deployments."""

import json
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query

from octavo.records.deployments import Deployment as DeploymentRecord
from octavo.records.deployments import (
    DeploymentDetail,
    DeploymentList,
    DeploymentRequest,
    DeploymentRequestBody,
    DeploymentRequestList,
    InvocationAnswer,
    InvocationBody,
    RequestState,
    ReviewBody,
    RolloutChangeBody,
)
from octavo_server.deployments import wire
from octavo_server.deployments.domain import Objectives, TrafficPlan
from octavo_server.deployments.router import Invocation, Router
from octavo_server.deployments.service import Asked, DeploymentsService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller
from octavo_server.permissions import PERMISSIONS

PAGE = 50
Cursor = Annotated[str | None, Query(max_length=9, pattern=r"^[0-9]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]
StickyKey = Annotated[str | None, Header(alias="x-octavo-sticky-key", max_length=200)]


def _may_review(caller: Caller) -> bool:
    return bool(caller.roles & PERMISSIONS["deployments.review"].roles)


def _asked(body: DeploymentRequestBody) -> Asked:
    plain = body.model_dump()
    traffic, objectives = plain.pop("traffic"), plain.pop("objectives")
    return Asked(**plain, traffic=TrafficPlan(**traffic), objectives=Objectives(**objectives))


def _invocation(body: InvocationBody, caller: Caller, key: str | None) -> Invocation:
    document: dict[str, Any] = {
        name: value for name, value in body.model_dump().items() if value is not None
    }
    if body.dataframe_split is not None:
        document["dataframe_split"].pop("index")
    sent = json.dumps(document, allow_nan=False).encode()
    return Invocation(body=sent, document=document, caller=caller.name, sticky_key=key)


def routes(deployments: DeploymentsService, router: Router, guard: Guard) -> APIRouter:
    """Return the area's routes."""
    api = area_router("deployments")
    _request_routes(api, deployments, guard)
    _one_request_routes(api, deployments, guard)
    _change_routes(api, deployments, guard)
    home = "/projects/{project}/deployments"

    @api.get(home)
    def list_deployments(
        project: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentList:
        """List a project's deployments."""
        items = [wire.deployment(view) for view in deployments.views(project)]
        return DeploymentList(items=items, next_cursor=None)

    @api.get(home + "/{name}")
    def read_deployment(
        project: str, name: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentDetail:
        """Read a deployment with its history."""
        history = deployments.history(project, name)
        return wire.detail(history, caller.name, _may_review(caller), deployments.now())

    @api.post(home + "/{name}/invocations")
    async def invoke_deployment(
        project: str,
        name: str,
        body: InvocationBody,
        x_octavo_sticky_key: StickyKey = None,
        caller: Caller = guard.needs("deployments.invoke"),
    ) -> InvocationAnswer:
        """Score rows with what is live; the same sticky key stays with the same version."""
        invocation = _invocation(body, caller, x_octavo_sticky_key)
        return wire.answered(await router.invoke(project, name, invocation))

    return api


def _request_routes(api: APIRouter, deployments: DeploymentsService, guard: Guard) -> None:
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
        found = deployments.requests(
            project, state=state, deployment=deployment, limit=limit + 1, offset=offset
        )
        now, may = deployments.now(), _may_review(caller)
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
        made = deployments.request(caller, project, _asked(body))
        return wire.request(made, caller.name, _may_review(caller), deployments.now())


def _one_request_routes(api: APIRouter, deployments: DeploymentsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/requests"

    @api.get(home + "/{request_id}")
    def read_deployment_request(
        project: str, request_id: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentRequest:
        """Read one request."""
        found = deployments.get_request(project, request_id)
        return wire.request(found, caller.name, _may_review(caller), deployments.now())

    @api.post(home + "/{request_id}/review")
    def review_deployment_request(
        project: str,
        request_id: str,
        body: ReviewBody,
        caller: Caller = guard.needs("deployments.review"),
    ) -> DeploymentRequest:
        """Approve or reject a request; never one's own."""
        decided = deployments.review(
            caller,
            project,
            request_id,
            approve=body.decision == "approve",
            reason=body.reason,
            digest=body.digest,
        )
        return wire.request(decided, caller.name, _may_review(caller), deployments.now())


def _change_routes(api: APIRouter, deployments: DeploymentsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/{name}"

    @api.post(home + "/promote")
    def promote_canary(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.promote"),
    ) -> DeploymentRecord:
        """Give all traffic to the canary."""
        return wire.deployment(deployments.promote(caller, project, name, body.reason))

    @api.post(home + "/rollback")
    def roll_back_deployment(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.rollback"),
    ) -> DeploymentRecord:
        """Move one step back at once."""
        return wire.deployment(deployments.roll_back(caller, project, name, body.reason))
