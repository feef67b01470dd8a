"""Spawner profiles, budgets and cost for runs, as the area `workspaces` keeps them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from octavo_server.execution import Limits, RunProfile
from octavo_server.workspaces.profiles.domain import MICRO
from octavo_server.workspaces.profiles.service import ProfilesService, Retired
from octavo_server.workspaces.usage.service import UsageService

HAND_OFFS = "(hand-offs)"
"""What runs without a pipeline are booked under: notebooks that their person handed off."""


class WorkspaceProfiles:
    """Profiles as runs see them."""

    def __init__(
        self, profiles: ProfilesService, wall_s: float, clock: Callable[[], datetime]
    ) -> None:
        self._profiles = profiles
        self._wall_s = wall_s
        self._clock = clock

    def run_profile(self, profile: str) -> RunProfile:
        """Return the profile that is offered now, or where its retirement leads.

        Raises NotFound for an unknown one, Retired for one that leads nowhere runs may go.
        """
        led = self._profiles.resolve(profile)
        found = led.version.profile
        if led.said and not found.pipelines:
            raise Retired(
                f"{led.said} Pipelines may not use {found.title}.",
                "Submit the notebook again with a profile that is offered to pipelines.",
            )
        limits = Limits(
            memory_mib=math.floor(found.memory_gib * 1024),
            wall_s=self._wall_s,
            threads=max(1, math.floor(found.cpu)),
        )
        return RunProfile(
            id=found.id,
            limits=limits,
            pipelines=found.pipelines,
            price_eur_per_hour=found.price_on(self._clock().date()) / MICRO,
            said=led.said,
        )


class WorkspaceLedger:
    """Books runs where workspaces are booked."""

    def __init__(self, usage: UsageService) -> None:
        self._usage = usage

    def budget_left_cents(self, project: str) -> int:
        """Return what is left of the project's month, in euro cents."""
        return self._usage.budget_left_cents(project)

    def book(
        self,
        *,
        attempt: str,
        person: str,
        project: str,
        pipeline: str,
        profile: str,
        since: datetime,
        until: datetime,
    ) -> float:
        """Book what an attempt consumed until a moment; return its cost so far, in euro."""
        self._usage.record(
            "run",
            attempt,
            person=person,
            project=project,
            profile=profile,
            since=since,
            until=until,
            part=pipeline or HAND_OFFS,
            ended=True,
        )
        return self._usage.total("run", attempt)[1] / MICRO
