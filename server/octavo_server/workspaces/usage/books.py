"""The books: what has run, metered interval by interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from octavo_server.database.rows import Database, Rows
from octavo_server.projects.service import ProjectsService
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.usage import rules, store
from octavo_server.workspaces.usage.cost_rules import PLATFORM
from octavo_server.workspaces.usage.domain import Measured, Metered, Terms
from octavo_server.workspaces.usage.metering import UsageHour

UNSEEN = timedelta(minutes=15)
"""What hasn't been seen for so long isn't taken for running."""


class Books:
    """Books intervals and reads them back by subject."""

    def __init__(
        self,
        database: Database,
        projects: ProjectsService,
        profiles: ProfilesService,
        terms: Terms,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._projects = projects
        self._profiles = profiles
        self._terms = terms
        self._clock = clock

    def hold(self, rows: Rows, metered: Metered) -> None:
        """Keep quota for something that waits for its turn; it isn't metered yet.

        Call it again at least every 15 minutes while it waits.
        """
        subject = (metered.kind, metered.subject)
        known = store.meters(rows, [subject]).get(subject)
        now = self._clock()
        held = known or rules.opened(metered, now)
        store.save_meters(rows, [replace(held, seen_at=now, ended=metered.ended)])

    def book(self, rows: Rows, metered: Metered) -> None:
        """Book everything until a moment; the same moment again, or an earlier one, books nothing.

        Whom and what it is booked on is what the first call said.
        """
        self.book_all(rows, [metered])

    def book_all(self, rows: Rows, every: Sequence[Metered]) -> None:
        """Book many at once, each as :meth:`book` does."""
        now, hours = self._clock(), list[UsageHour]()
        known = store.meters(rows, {(one.kind, one.subject) for one in every})
        advanced = dict(known)
        for one in every:
            subject = (one.kind, one.subject)
            meter = advanced.get(subject) or rules.opened(one, now)
            advanced[subject], more = rules.advance(meter, one)
            hours += more
        store.add_hours(rows, hours)
        changed = [one for subject, one in advanced.items() if known.get(subject) != one]
        store.save_meters(rows, changed)

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
        part: str = "",
        used: Measured | None = None,
        ended: bool = False,
    ) -> None:
        """Book what a run or a deployment consumed so far, at its profile's price of then.

        ``subject`` is the run's or deployment's id, ``since`` its start, ``part`` the name of the
        pipeline or deployment. It is booked on the team of the person's newest workspace in the
        project. The same or an earlier ``until`` changes nothing. Raises NotFound for a profile
        that never was.
        """
        version = self._profiles.at(profile, since)
        with self._database.write() as rows:
            newest = store.newest_meter(rows, person, project)
            metered = Metered(
                kind=kind,
                subject=subject,
                person=person,
                project=project,
                team=newest.team if newest else "",
                version=version,
                since=since,
                until=until,
                part=part,
                used=used,
                ended=ended,
            )
            self.book(rows, metered)

    def total(self, kind: str, subject: str) -> tuple[float, int]:
        """Return the metered seconds and the charge, in millionths of a euro, of one subject."""
        with self._database.read() as rows:
            found = store.sums(
                rows,
                ["seconds", "charge_micro_eur"],
                ("kind", "=", kind),
                ("subject", "=", subject),
            )
        return found["seconds"], found["charge_micro_eur"]

    def team(self, groups: Iterable[str], project: str) -> str:
        """Return the group through which somebody belongs to a project, "" for none.

        Of several it is the first by name.
        """
        held = set(groups)
        members = self._projects.members(project)
        return min((one.name for one in members if one.kind == "group" and one.name in held),
                   default="")  # fmt: skip

    def book_platform(self) -> None:
        """Book what the platform itself cost since the last call; a periodic task.

        Time in which nobody called, because the worker was away, is not made up.
        """
        price, now = self._terms.shared_micro_eur_per_hour, self._clock()
        if not price:
            return
        with self._database.write() as rows:
            meter = store.meters(rows, [(PLATFORM, PLATFORM)]).get((PLATFORM, PLATFORM))
            away = meter is not None and now - meter.seen_at > UNSEEN
            if meter is not None and away:
                store.save_meters(rows, [replace(meter, until=now, seen_at=now)])
            metered = Metered(
                kind=PLATFORM,
                subject=PLATFORM,
                person="",
                project="",
                version=None,
                since=now,
                until=now,
                micro_eur_per_hour=price,
            )
            self.book(rows, metered)
