"""Books what is consumed, and reads it back as budgets, quotas, limits and reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, Where
from octavo_server.errors import NotFound, Unavailable
from octavo_server.identity import Caller
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import Profile
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.usage import cost_rules, focus, quota_rules, store
from octavo_server.workspaces.usage.books import Books
from octavo_server.workspaces.usage.budgets import CENT, Budgets
from octavo_server.workspaces.usage.cost import Report
from octavo_server.workspaces.usage.domain import Budget, Limits, Member, QuotaState, Side, Terms
from octavo_server.workspaces.usage.metering import UsageHour
from octavo_server.workspaces.usage.quotas import Quotas
from octavo_server.workspaces.usage.rules import first_of_month


class UsageService(Books):
    """The books of all projects, and what follows from them.

    ``budgets`` and ``quotas`` change what is allowed; the methods here are what others ask.
    """

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        projects: ProjectsService,
        profiles: ProfilesService,
        clock: Callable[[], datetime],
        terms: Terms | None = None,
    ) -> None:
        self.terms = terms or Terms()
        super().__init__(database, projects, profiles, self.terms, clock)
        self.budgets = Budgets(database, audit, projects, clock)
        self.quotas = Quotas(database, audit, projects, self.terms, clock)

    def budget(self, project: str) -> Budget:
        """Return a project's budget of the current month. Raises NotFound."""
        return self.budgets.budget(project)

    def budget_left_cents(self, project: str) -> int:
        """Return what is left until nothing new starts, in euro cents, as policies count."""
        return self.budget(project).startable_micro_eur // CENT

    def quota_state(self, person: str, groups: Collection[str], project: str) -> QuotaState:
        """Return what the quotas leave to a person in a project."""
        return self.quotas.state(person, groups, project)

    def quota_status(self, caller: Caller, project: str) -> QuotaState:
        """Return what the quotas leave to the caller. Raises Unavailable while nobody knows."""
        state = self.quota_state(caller.name, caller.groups, project)
        if not state.known:
            raise Unavailable(f"{quota_rules.UNREADABLE}.", "Try again in a minute.")
        return state

    def limits(
        self, person: str, groups: Collection[str], project: str, profile: Profile
    ) -> Limits:
        """Return where a running workspace stands against its budget and quotas.

        What can't be read stops nothing that runs.
        """
        member = Member(person=person, groups=frozenset(groups), project=project)
        return self.limits_of([(member, profile)])[0]

    def limits_of(self, every: Sequence[tuple[Member, Profile]]) -> list[Limits]:
        """Return where each running workspace stands, with few queries for many."""
        members = [member for member, _ in every]
        states = self.quotas.states(members)
        month = first_of_month(self._clock()).isoformat()[:7]
        budgets = {name: self.budget(name) for name in {one.project for one in members}}
        return [
            quota_rules.limits(
                member.project, budgets[member.project], state, profile, self.terms, month
            )
            for (member, profile), state in zip(every, states, strict=True)
        ]

    def report(
        self,
        project: str | None,
        since: date | None,
        until: date | None,
        by: Side | None = None,
    ) -> Report:
        """Return what was consumed; by default in the current month. Raises Invalid.

        ``by`` is what the days are stacked by; by default projects, or people of one project.
        """
        today = self._clock().astimezone(UTC).date()
        first, last = cost_rules.span(since, until, today)
        where: list[Where] = [] if project is None else [("project", "=", project)]
        days: list[Where] = [("day", ">=", first.isoformat()), ("day", "<=", last.isoformat())]
        with self._database.read() as rows:
            cells = store.cube(rows, *where, *days)
            spent_today = store.charge(rows, project, f"{today}T00", f"{today}T23")
        return cost_rules.report(
            cells,
            project=project,
            since=first,
            until=last,
            today_micro_eur=spent_today,
            budget=self.budget(project) if project is not None else None,
            forecast=self.budgets.forecast(project),
            by=by or ("project" if project is None else "person"),
        )

    def hours(
        self, project: str | None, since: date | None, until: date | None
    ) -> Iterator[UsageHour]:
        """Give every metered hour of a span of days, oldest first. Raises Invalid at once.

        One day is read at a time, so that a long span doesn't fill the memory.
        """
        first, last = cost_rules.span(since, until, self._clock().astimezone(UTC).date())
        where: list[Where] = [] if project is None else [("project", "=", project)]

        def read() -> Iterator[UsageHour]:
            for number in range((last - first).days + 1):
                day = (first + timedelta(days=number)).isoformat()
                with self._database.read() as rows:
                    found = store.hours_of_day(rows, day, *where)
                yield from found

        return read()

    def focus(self, project: str | None, since: date | None, until: date | None) -> Iterator[str]:
        """Give the same as a CSV file in the columns of FOCUS, piece by piece. Raises Invalid."""
        known: dict[tuple[str, int], Mapping[str, str]] = {("", 0): {}}

        def labels(profile: str, version: int) -> Mapping[str, str]:
            if (profile, version) not in known:
                known[profile, version] = self._labels(profile, version)
            return known[profile, version]

        return focus.lines(self.hours(project, since, until), labels)

    def _labels(self, profile: str, version: int) -> Mapping[str, str]:
        try:
            return self._profiles.version(profile, version).profile.labels
        except NotFound:
            return {}  # booked before versions were written down

    def of_profile(self, profile: str, since: datetime) -> tuple[int, float]:
        """Return how many people used a profile since the day of a moment, and its hours."""
        day = since.astimezone(UTC).date().isoformat()
        with self._database.read() as rows:
            seconds = store.seconds_by_person(rows, profile, day)
        return len([person for person in seconds if person]), sum(seconds.values()) / 3600
