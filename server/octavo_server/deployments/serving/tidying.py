"""Removes figures and logged rows that are too old; a periodic task of the worker."""

from __future__ import annotations

from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.deployments.serving.service import ServingService


class Tidying:
    """One step looks at every deployment once."""

    def __init__(self, rollouts: RolloutsService, serving: ServingService) -> None:
        self._rollouts = rollouts
        self._serving = serving

    def step(self) -> None:
        """Remove what no deployment keeps any more."""
        views = self._rollouts.views()
        places = [(view.deployment.project, view.deployment.name) for view in views]
        self._serving.tidy(self._rollouts.now(), places)
