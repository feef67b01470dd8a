"""Routes of deployments and their rollouts."""

from __future__ import annotations

from fastapi import APIRouter

from octavo.records.deployments import Deployment as DeploymentRecord
from octavo.records.deployments import (
    DeploymentDetail,
    DeploymentList,
    RolloutChangeBody,
)
from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.requests.wire import requests_of
from octavo_server.deployments.rollouts import wire
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.guard import Guard, area_router
from octavo_server.identity import Caller


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

    _change_routes(api, rollouts, guard)
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
        """Give all traffic to the canary."""
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
