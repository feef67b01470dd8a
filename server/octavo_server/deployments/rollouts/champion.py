"""Lets the alias ``champion`` follow what is live in prod; a periodic task of the worker."""

from __future__ import annotations

from octavo_server.deployments.rollouts.domain import Deployment
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.identity import service_caller
from octavo_server.registry.versions.service import VersionsService

ALIAS = "champion"


class Champion:
    """Points each model's champion to the version that took all traffic in prod.

    What a person set after the traffic last moved stays: only a newer move of the traffic
    outweighs it.
    """

    def __init__(self, rollouts: RolloutsService, versions: VersionsService) -> None:
        self._rollouts = rollouts
        self._versions = versions

    def step(self) -> None:
        """Move the aliases that lag behind the traffic."""
        for view in self._rollouts.views():
            deployment = view.deployment
            if deployment.environment == "prod" and deployment.canary_version is None:
                self._follow(deployment)

    def _follow(self, deployment: Deployment) -> None:
        project, model, live = deployment.project, deployment.model, deployment.stable_version
        if live is None:
            return
        moves = self._versions.alias_moves(project, model)
        last = next((move for move in moves if move.alias == ALIAS), None)
        if last and (last.version == live or last.moved_at >= deployment.updated_at):
            return
        self._versions.move_alias(
            service_caller("worker", project),
            project,
            model,
            ALIAS,
            version=live,
            reason=f"v{live} answers all requests of {deployment.name} in prod.",
        )
