"""Sessions with what belongs to them: cost, budget, place in the queue, notices, ways out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime

from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import Profile, ProfileVersion
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.sessions import fit_rules, idleness, notice_rules
from octavo_server.workspaces.sessions.admission import Prospect
from octavo_server.workspaces.sessions.domain import OPEN, Activity, Session
from octavo_server.workspaces.sessions.fit_rules import Fit
from octavo_server.workspaces.sessions.notice_rules import Notice
from octavo_server.workspaces.sessions.queue import LACKS, StartQueue
from octavo_server.workspaces.usage.domain import Budget, QuotaLeft
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """A session with what belongs to it."""

    session: Session
    """The session."""
    version: ProfileVersion
    """The profile version it was started with."""
    template: str | None
    """Template the project was made from."""
    seconds: float
    """Metered seconds."""
    cost_micro_eur: int
    """Metered cost, in millionths of a euro."""
    budget: Budget
    """The project's budget of this month."""
    today: date
    """The current UTC day."""
    position: int | None
    """Place in the queue; None: not queued."""
    expected_wait_s: float | None
    """Expected wait, in seconds; None: not queued."""
    waits_for: str
    """What it waits for, in a sentence; empty: nothing."""
    activity: Activity
    """What keeps it from being idle."""
    idle_stop_at: datetime | None
    """When it stops if nothing happens (UTC)."""
    ends_at: datetime | None
    """When its longest life is over (UTC)."""
    extension_minutes_left: int
    """What the one extension still gives."""
    notices: tuple[Notice, ...] = ()
    """What its person should know, most pressing first."""
    quotas: tuple[QuotaLeft, ...] = ()
    """Quotas that apply, tightest first."""
    hand_off_to: tuple[Fit, ...] = ()
    """Profiles without the GPU it has, cheapest first."""


class Views:
    """Makes views: a short one for the hub, a full one for the person."""

    def __init__(
        self,
        projects: ProjectsService,
        profiles: ProfilesService,
        usage: UsageService,
        queue: StartQueue,
        clock: Callable[[], datetime],
    ) -> None:
        self._projects = projects
        self._profiles = profiles
        self._usage = usage
        self._queue = queue
        self._clock = clock

    def short(self, sessions: list[Session], prospects: dict[str, Prospect]) -> list[SessionView]:
        """Return views for the hub; what many share is read once."""
        budgets = {name: self._usage.budget(name) for name in {one.project for one in sessions}}
        templates = {name: self._projects.get(name).template for name in budgets}
        return [
            self._view(
                one,
                budgets[one.project],
                templates[one.project],
                prospects.get(one.id),
            )
            for one in sessions
        ]

    def one(self, session: Session, prospect: Prospect | None = None) -> SessionView:
        """Return the hub's view of one session."""
        prospects = {session.id: prospect} if prospect is not None else {}
        return self.short([session], prospects)[0]

    def full(self, session: Session, prospect: Prospect | None) -> SessionView:
        """Return the person's view: with notices, quotas and profiles to hand the work off to."""
        profile = self._queue.version(session).profile
        groups, project = session.groups, session.project
        limits = self._usage.limits(session.person, groups, project, profile)
        quotas = self._usage.quota_state(session.person, groups, project)
        now = self._clock()
        newest = self._profiles.newest().get(session.profile)
        to = fit_rules.takes_over(profile, self._profiles.offered(), groups, now.date())
        return SessionView(
            **{
                **vars(self.one(session, prospect)),
                "notices": notice_rules.notices(session, profile, newest, limits, now),
                "quotas": quotas.items,
                "hand_off_to": tuple(to),
            }
        )

    def _view(
        self, session: Session, budget: Budget, template: str | None, prospect: Prospect | None
    ) -> SessionView:
        now, version = self._clock(), self._queue.version(session)
        metered = session.started_at is not None
        seconds, cost = self._usage.total("session", session.id) if metered else (0.0, 0)
        idle = idleness.idle_stop(session, version.profile, now)
        return SessionView(
            session=session,
            version=version,
            template=template,
            seconds=seconds,
            cost_micro_eur=cost,
            budget=budget,
            today=now.astimezone(UTC).date(),
            position=prospect.position if prospect else None,
            expected_wait_s=prospect.wait.total_seconds() if prospect else None,
            waits_for=LACKS.get(prospect.lacks, "") if prospect else "",
            activity=idleness.activity_now(session, now),
            idle_stop_at=idle.at if idle else None,
            ends_at=idleness.life_ends(session, version.profile),
            extension_minutes_left=_extension(session, version.profile),
        )


def _extension(session: Session, profile: Profile) -> int:
    taken = session.extended_until is not None or session.stop_at is not None
    return 0 if taken or session.state not in OPEN else profile.extension_minutes
