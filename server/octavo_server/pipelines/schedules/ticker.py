"""Turns schedules into runs: one look at the due table, one run row a tick."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.cron import ticks_after
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import NotFound
from octavo_server.identity import service_caller
from octavo_server.pipelines.schedules import rules, store
from octavo_server.pipelines.schedules.domain import Schedule
from octavo_server.pipelines.schedules.ports import Pipelines, Wanted

log = logging.getLogger("octavo.worker")


class NothingDue(Exception):
    """Another worker was faster, or the schedule is gone; nothing was changed."""


class Ticker:
    """Called by the worker again and again; ten thousand schedules cost it one query."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        pipelines: Pipelines,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._pipelines = pipelines
        self._clock = clock

    def tick(self) -> int:
        """Make the runs of all ticks that have come; return how many."""
        with self._database.read() as rows:
            found = store.due_schedules(rows, self._clock())
        return sum(self._fire(one) for one in found)

    def next_at(self) -> datetime | None:
        """Return when the next tick comes (UTC); None: there is none."""
        with self._database.read() as rows:
            return store.next_tick(rows)

    def _fire(self, found: Schedule) -> int:
        """Make the runs of one schedule's due ticks, as its policy has it; return how many."""
        caller = service_caller("worker", found.project)
        subject = f"pipeline:{found.project}/{found.pipeline}"
        try:
            with self._audit.change(caller, "pipelines.tick", subject, found.project) as change:
                change.rows.lock(f"schedule:{found.id}")
                schedule = store.schedule(change.rows, found.id)
                if schedule is None or schedule.next_at is None or schedule.next_at > change.at:
                    raise NothingDue
                return self._made(change, schedule, subject)
        except NothingDue:
            return 0
        except RowExists:
            self._skip(found)
            return 0
        except NotFound as error:
            self._forget(found, error)
            return 0

    def _made(self, change: Change, schedule: Schedule, subject: str) -> int:
        due = rules.ticks(schedule, change.at)
        last = schedule.last_run
        for tick in due.run:
            last = self._pipelines.start_for(
                change,
                Wanted(
                    project=schedule.project,
                    pipeline=schedule.pipeline,
                    trigger="schedule",
                    requested_by=schedule.created_by,
                    given=schedule.parameters,
                    message=rules.message(due),
                    schedule=schedule.id,
                    tick=tick,
                    may_skip=True,
                ),
            )
        store.advance_schedule(change.rows, schedule.id, due.following, last)
        if len(due.run) != 1:
            change.subject = subject
        change.note(
            schedule=schedule.id, ticks=[tick.isoformat() for tick in due.run], missed=due.missed
        )
        return len(due.run)

    def _skip(self, found: Schedule) -> None:
        """A tick has its run already: what is missing is only when the next one comes."""
        with self._database.write() as rows:
            schedule = store.schedule(rows, found.id)
            if schedule is not None and schedule.next_at == found.next_at:
                following = ticks_after(found.cron, found.time_zone, self._clock(), 1)
                store.advance_schedule(
                    rows, found.id, following[0] if following else None, schedule.last_run
                )

    def _forget(self, found: Schedule, error: NotFound) -> None:
        """Stop a schedule whose pipeline or release is gone: it would be due for ever."""
        log.warning("schedule %s: %s", found.id, error.message)
        with self._database.write() as rows:
            store.advance_schedule(rows, found.id, None, found.last_run)
