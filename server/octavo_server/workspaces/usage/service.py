"""Books what is consumed, and reads it back as budgets and reports."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Literal

from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Invalid
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.domain import MICRO
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.usage import rules, store
from octavo_server.workspaces.usage.domain import Budget, Metered, Usage

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


class UsageService:
    """The books of all projects."""

    def __init__(
        self,
        database: Database,
        projects: ProjectsService,
        profiles: ProfilesService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._projects = projects
        self._profiles = profiles
        self._clock = clock

    def record(
        self,
        kind: Literal["run", "deployment"],
        subject: str,
        *,
        person: str,
        project: str,
        profile: str,
        since: datetime,
        until: datetime,
    ) -> None:
        """Book what a run or a deployment consumed so far, at its profile's price of then.

        ``subject`` is the run's or deployment's id, ``since`` its start. It may be called as often
        as one likes with a later ``until``; the same or an earlier one changes nothing.
        Raises NotFound for a profile that never was.
        """
        version = self._profiles.at(profile, since)
        with self._database.write() as rows:
            self.book(
                rows,
                Metered(
                    kind=kind,
                    subject=subject,
                    person=person,
                    project=project,
                    version=version,
                    since=since,
                    until=until,
                ),
            )

    def book(self, rows: Rows, metered: Metered) -> None:
        """Book usage between two moments; the same again, or less, changes nothing."""
        last = store.last_booked(rows, metered.kind, metered.subject)
        if last is not None:
            # Days before the last booked one are complete: only it and later ones can grow.
            since = max(metered.since, datetime.combine(last.day, time(), UTC))
            metered = replace(metered, since=since)
        for usage in rules.usage_by_day(metered):
            grows = last is None or usage.day > last.day or usage.seconds > last.seconds
            if grows:
                store.book(rows, usage)

    def total(self, kind: str, subject: str) -> tuple[float, int]:
        """Return the metered seconds and the cost, in millionths of a euro, of one subject."""
        with self._database.read() as rows:
            usage = store.usage_of(rows, kind, subject)
        return sum(one.seconds for one in usage), sum(one.cost_micro_eur for one in usage)

    def budget(self, project: str) -> Budget:
        """Return a project's budget of the current month. Raises NotFound."""
        limit = self._projects.get(project).monthly_budget_cents * CENT
        now = self._clock()
        with self._database.read() as rows:
            usage = store.usage_between(rows, rules.first_of_month(now), now.date(), project)
        spent = sum(one.cost_micro_eur for one in usage)
        return Budget(limit_micro_eur=limit, spent_micro_eur=spent)

    def budget_left_cents(self, project: str) -> int:
        """Return what is left of it in euro cents, rounded down, as policies count."""
        return self.budget(project).left_micro_eur // CENT

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
