"""What a person may hand a notebook off to, as the area `workspaces` keeps it."""

from __future__ import annotations

from octavo_server.identity import Caller
from octavo_server.pipelines.runs.domain import HandOffTarget
from octavo_server.workspaces.profiles.rules import in_audience
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions.service import SessionsService
from octavo_server.workspaces.usage.service import UsageService


class WorkspaceDesks:
    """People's profiles, quotas and sessions."""

    def __init__(
        self, profiles: ProfilesService, usage: UsageService, sessions: SessionsService
    ) -> None:
        self._profiles = profiles
        self._usage = usage
        self._sessions = sessions

    def target(self, caller: Caller, project: str, profile: str) -> HandOffTarget:
        """Return a profile as this person may use it. Raises NotFound for an unknown one."""
        found = self._profiles.profile(profile).profile
        refusals: tuple[str, ...] = ()
        if not in_audience(found, caller.groups):
            refusals = (f"{found.title} is for {' and '.join(found.audiences)}.",)
        quotas = self._usage.quota_state(caller.name, caller.groups, project)
        return HandOffTarget(
            profile=found.id,
            pipelines=found.pipelines,
            gpus=found.gpu,
            environments=found.environments,
            refusals=(*refusals, *quotas.reasons(found)),
        )

    def open_session(self, person: str) -> str | None:
        """Return the id of a person's open session, None when they have none."""
        mine = (one.id for one in self._sessions.open_now() if one.person == person)
        return next(mine, None)
