"""Books what running scorers consume, at their profile's price; a periodic task of the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.rollouts.domain import Scorer, ScorerState
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.workspaces.usage.service import UsageService


class ScorerUsage:
    """Tells the books since when each scorer has been answering."""

    def __init__(
        self,
        rollouts: RolloutsService,
        requests: RequestsService,
        usage: UsageService,
        clock: Callable[[], datetime],
    ) -> None:
        self._rollouts = rollouts
        self._requests = requests
        self._usage = usage
        self._clock = clock
        self._begun = False

    def step(self) -> None:
        """Book every answering scorer until now, on who asked for its version.

        The first call books nothing: what the table says then was written by an earlier worker,
        whose scorers ended with it.
        """
        if not self._begun:
            self._begun = True
            return
        for view in self._rollouts.views():
            for scorer in view.scorers.values():
                if scorer.state is ScorerState.READY and scorer.ready_at is not None:
                    self._book(view.deployment.profile, scorer, scorer.ready_at)

    def _book(self, profile: str, scorer: Scorer, since: datetime) -> None:
        # A restart begins a new entry: the time between was not consumed.
        entry = f"{scorer.deployment}/v{scorer.version}/{scorer.id}/{int(since.timestamp())}"
        person = self._requests.requester(scorer.project, scorer.deployment, scorer.version)
        self._usage.record(
            "deployment",
            entry,
            person=person,
            project=scorer.project,
            profile=profile,
            since=since,
            until=self._clock(),
            part=scorer.deployment,
        )
