"""Spawner profiles, budgets and cost for runs, as the area `workspaces` keeps them."""

from __future__ import annotations

import math
from datetime import datetime

from octavo_server.execution import Limits, RunProfile
from octavo_server.workspaces.domain import MICRO
from octavo_server.workspaces.service import WorkspacesService

SECONDS_PER_HOUR = 3600


class WorkspaceProfiles:
    """Profiles as runs see them."""

    def __init__(self, workspaces: WorkspacesService, wall_s: float) -> None:
        self._workspaces = workspaces
        self._wall_s = wall_s

    def run_profile(self, profile: str) -> RunProfile:
        """Return the profile that is offered now. Raises NotFound."""
        found = self._workspaces.profile(profile).profile
        limits = Limits(
            memory_mib=math.floor(found.memory_gib * 1024),
            wall_s=self._wall_s,
            threads=max(1, math.floor(found.cpu)),
        )
        return RunProfile(
            id=found.id,
            limits=limits,
            pipelines=found.pipelines,
            price_eur_per_hour=found.price_micro_eur / MICRO,
        )


class WorkspaceLedger:
    """Books runs where workspaces are booked."""

    def __init__(self, workspaces: WorkspacesService) -> None:
        self._workspaces = workspaces

    def budget_left_cents(self, project: str) -> int:
        """Return what is left of the project's month, in euro cents."""
        return self._workspaces.budget_left_cents(project)

    def book(
        self,
        *,
        attempt: str,
        person: str,
        project: str,
        profile: str,
        since: datetime,
        until: datetime,
    ) -> float:
        """Book what an attempt consumed and return its cost in euro; once is enough."""
        self._workspaces.record_usage(
            "run",
            attempt,
            person=person,
            project=project,
            profile=profile,
            since=since,
            until=until,
        )
        price = self._workspaces.profile(profile).profile.price_micro_eur
        return (until - since).total_seconds() / SECONDS_PER_HOUR * price / MICRO
