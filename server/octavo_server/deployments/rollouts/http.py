"""Routes of deployments and their rollouts."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from octavo.records.deployments import Deployment as DeploymentRecord
from octavo.records.deployments import (
    DeploymentDetail,
    DeploymentList,
)
from octavo.records.rollouts import RolloutChangeBody, RolloutEventList
from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.requests.wire import requests_of
from octavo_server.deployments.rollouts import wire
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller

PAGE = 50
Cursor = Annotated[str | None, Query(max_length=9, pattern=r"^[0-9]+$")]
Limit = Annotated[int, Query(ge=1, le=200)]


def routes(rollouts: RolloutsService, requests: RequestsService, guard: Guard) -> APIRouter:
    """Return the room's routes."""
    api = area_router("deployments")
    home = "/projects/{project}/deployments"

    @api.get(home)
    def list_deployments(
        project: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentList:
        """List a project's deployments."""
        items = [wire.deployment(view) for view in rollouts.views(project)]
        return DeploymentList(items=items, next_cursor=None)

    @api.get(home + "/{name}")
    def read_deployment(
        project: str, name: str, caller: Caller = guard.needs("deployments.read")
    ) -> DeploymentDetail:
        """Read a deployment with its history."""
        history = rollouts.history(project, name)
        return wire.detail(history, requests_of(requests, caller, project, name))

    @api.get(home + "/{name}/history")
    def read_rollout_history(
        project: str,
        name: str,
        limit: Limit = PAGE,
        cursor: Cursor = None,
        caller: Caller = guard.needs("deployments.read"),
    ) -> RolloutEventList:
        """Read what happened to a deployment's traffic, newest first."""
        offset = int(cursor or 0)
        found = rollouts.events(project, name, limit + 1, offset)
        following = str(offset + limit) if len(found) > limit else None
        items = [wire.event(one) for one in found[:limit]]
        return RolloutEventList(items=items, next_cursor=following)

    _change_routes(api, rollouts, guard)
    _hold_routes(api, rollouts, guard)
    return api


def _change_routes(api: APIRouter, rollouts: RolloutsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/{name}"

    @api.post(home + "/promote")
    def promote_canary(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.promote"),
    ) -> DeploymentRecord:
        """Give all traffic to the canary, or to the shadow."""
        return wire.deployment(rollouts.promote(caller, project, name, body.reason))

    @api.post(home + "/rollback")
    def roll_back_deployment(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.rollback"),
    ) -> DeploymentRecord:
        """Move one step back at once."""
        return wire.deployment(rollouts.roll_back(caller, project, name, body.reason))


def _hold_routes(api: APIRouter, rollouts: RolloutsService, guard: Guard) -> None:
    home = "/projects/{project}/deployments/{name}"

    @api.post(home + "/pause")
    def pause_rollout(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.pause"),
    ) -> DeploymentRecord:
        """Hold the rollout under way where it is; a missed objective still rolls it back."""
        return wire.deployment(rollouts.hold(caller, project, name, body.reason, held=True))

    @api.post(home + "/resume")
    def resume_rollout(
        project: str,
        name: str,
        body: RolloutChangeBody,
        caller: Caller = guard.needs("deployments.pause"),
    ) -> DeploymentRecord:
        """Let a paused rollout go on."""
        return wire.deployment(rollouts.hold(caller, project, name, body.reason, held=False))
