"""Books what is consumed, per UTC day, and reads it back as budgets and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Invalid, NotFound
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces import rules, store
from octavo_server.workspaces.domain import MICRO, Budget, Profile, Session, Usage

CENT = MICRO // 100
LONGEST_REPORT_DAYS = 400


@dataclass(frozen=True, kw_only=True)
class Report:
    """The usage of a span of days."""

    project: str | None
    """The project; None for all."""
    since: date
    """First day, included."""
    until: date
    """Last day, included."""
    today: date
    """The current UTC day."""
    usage: tuple[Usage, ...]
    """One record a subject and day."""
    budget: Budget | None
    """The project's budget of this month; None for all projects."""


class Accounting:
    """The books of all projects."""

    def __init__(
        self, database: Database, projects: ProjectsService, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._projects = projects
        self._clock = clock

    def budget(self, project: str) -> Budget:
        """Return a project's budget of the current month. Raises NotFound."""
        limit = self._projects.get(project).monthly_budget_cents * CENT
        with self._database.read() as rows:
            return self.budget_in(rows, project, limit)

    def budget_in(self, rows: Rows, project: str, limit_micro_eur: int) -> Budget:
        """Return the same inside a transaction that is open already."""
        now = self._clock()
        usage = store.usage_between(rows, rules.first_of_month(now), now.date(), project)
        spent = sum(one.cost_micro_eur for one in usage)
        return Budget(limit_micro_eur=limit_micro_eur, spent_micro_eur=spent)

    def book_session(self, rows: Rows, session: Session) -> None:
        """Book a session up to where it is metered."""
        found = store.profile_version(rows, session.profile, session.profile_version)
        if found is None:
            raise NotFound(f"{session.profile} has no version {session.profile_version}.")
        self.book(
            rows,
            "session",
            session.id,
            person=session.person,
            project=session.project,
            profile=found.profile,
            since=session.started_at,
            until=session.metered_until,
        )

    def book(
        self,
        rows: Rows,
        kind: str,
        subject: str,
        *,
        person: str,
        project: str,
        profile: Profile,
        since: datetime,
        until: datetime,
    ) -> None:
        """Book usage between two moments; the same again, or less, changes nothing."""
        last = store.last_booked(rows, kind, subject)
        if last is not None:
            # Days before the last booked one are complete: only it and later ones can grow.
            since = max(since, datetime.combine(last.day, time(), UTC))
        for usage in rules.usage_by_day(
            kind, subject, person=person, project=project, profile=profile, since=since, until=until
        ):
            grows = last is None or usage.day > last.day or usage.seconds > last.seconds
            if grows:
                store.book(rows, usage)

    def report(self, project: str | None, since: date | None, until: date | None) -> Report:
        """Return what was consumed; by default in the current month. Raises Invalid."""
        today = self._clock().astimezone(UTC).date()
        last = until or today
        first = since or last.replace(day=1)
        if not 0 <= (last - first).days <= LONGEST_REPORT_DAYS:
            raise Invalid(
                f"since: {first} to until: {last} is {(last - first).days} days; 0 to "
                f"{LONGEST_REPORT_DAYS} are allowed.",
                "Choose a shorter span that doesn't end before it begins.",
            )
        with self._database.read() as rows:
            usage = store.usage_between(rows, first, last, project)
        budget = self.budget(project) if project is not None else None
        return Report(
            project=project, since=first, until=last, today=today, usage=tuple(usage), budget=budget
        )
