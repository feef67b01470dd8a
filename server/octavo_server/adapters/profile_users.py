"""Who uses a spawner profile, gathered from the areas that know it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from octavo.records.pipelines import Pipeline
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.identity import service_caller
from octavo_server.pipelines.definitions.service import DefinitionsService
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.ports import User
from octavo_server.workspaces.sessions.service import SessionsService
from octavo_server.workspaces.usage.service import UsageService

PAGE = 200


@dataclass(frozen=True, kw_only=True)
class ProfileUserBook:
    """The areas whose things name profiles."""

    projects: ProjectsService
    sessions: SessionsService
    pipelines: DefinitionsService
    rollouts: RolloutsService
    usage: UsageService

    def open_sessions(self) -> Mapping[str, int]:
        """Return how many workspaces, queued ones included, use each profile now."""
        return Counter(one.profile for one in self.sessions.open_now())

    def users(self, profile: str) -> list[User]:
        """Return all that use the profile now, besides redirects."""
        return [
            *self._sessions(profile),
            *self._pipelines(profile),
            *self._deployments(profile),
        ]

    def since(self, profile: str, moment: datetime) -> tuple[int, float]:
        """Return how many people used the profile since a moment, and for how many hours."""
        return self.usage.of_profile(profile, moment)

    def _sessions(self, profile: str) -> Iterator[User]:
        for one in self.sessions.open_now():
            if one.profile == profile:
                yield User(
                    kind="session",
                    profile=profile,
                    name=f"workspace of {one.person}",
                    project=one.project,
                    person=one.person,
                )

    def _pipelines(self, profile: str) -> Iterator[User]:
        for project, _ in self.projects.mine(service_caller("octavo")):
            for one in self._of_project(project.name):
                if all(used.profile != profile for used in one.releases):
                    continue
                yield User(
                    kind="pipeline",
                    profile=profile,
                    name=one.name,
                    project=one.project,
                    person=one.created_by,
                )
                for schedule in one.schedules:
                    yield User(
                        kind="schedule",
                        profile=profile,
                        name=f"{one.name} at {schedule.cron} {schedule.time_zone}",
                        project=one.project,
                        person=schedule.created_by,
                    )

    def _of_project(self, project: str) -> Iterator[Pipeline]:
        cursor: str | None = None
        while True:
            page = self.pipelines.pipelines(project, limit=PAGE, cursor=cursor)
            yield from page.items
            cursor = page.next_cursor
            if cursor is None:
                return

    def _deployments(self, profile: str) -> Iterator[User]:
        for view in self.rollouts.views():
            if view.deployment.profile == profile:
                yield User(
                    kind="deployment",
                    profile=profile,
                    name=view.deployment.name,
                    project=view.deployment.project,
                    person="",
                )
