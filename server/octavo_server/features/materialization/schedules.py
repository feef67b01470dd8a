"""Schedules of materialisation, and their ticks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from octavo.records.materialization import (
    MaterializationSchedule,
    MaterializationScheduleList,
    MaterializationScheduleRequest,
)
from octavo_server import cron
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists, Rows
from octavo_server.errors import Conflict, NotFound, OctavoError
from octavo_server.features.catalog.service import CatalogService, View
from octavo_server.features.materialization import rules, store, targets, wire
from octavo_server.features.materialization.domain import Job, Reason, Schedule, State, Target
from octavo_server.features.materialization.service import MaterializationService
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.ledger import Ledger

MOST_SCHEDULES = 200
"""Schedules of one project."""


class Schedules:
    """Makes and removes schedules; the worker calls :meth:`tick` every second."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        jobs: MaterializationService,
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._jobs = jobs
        self._ledger = ledger
        self._clock = clock

    def all(self, project: str) -> MaterializationScheduleList:
        """Return a project's schedules, by name."""
        with self._database.read() as rows:
            found = store.schedules(rows, project)
        now = self._clock()
        return MaterializationScheduleList(items=[wire.schedule(one, now) for one in found])

    def add(
        self, caller: Caller, project: str, wanted: MaterializationScheduleRequest
    ) -> MaterializationSchedule:
        """Materialise by the clock from now on. Raises NotFound, Invalid, Conflict."""
        cron.check_cron(wanted.cron, wanted.time_zone)
        target = Target(kind=wanted.kind, name=wanted.name)
        targets.covered(self._catalog, project, target)
        subject = f"feature_{target.kind}:{project}/{target.name}"
        with self._audit.change(caller, "features.schedule", subject, project) as change:
            change.rows.lock(f"materialization-schedules:{project}")
            known = store.schedules(change.rows, project)
            _check_room(project, known, target, wanted)
            first = cron.ticks_after(wanted.cron, wanted.time_zone, change.at, 1)
            made = Schedule(
                id=new_id(),
                project=project,
                kind=target.kind,
                name=target.name,
                cron=wanted.cron,
                time_zone=wanted.time_zone,
                overlap_minutes=wanted.overlap_minutes,
                created_by=caller.name,
                created_at=change.at,
                next_at=first[0] if first else None,
            )
            store.add_schedule(change.rows, made)
            change.note(schedule=made.id, cron=made.cron, time_zone=made.time_zone)
        return wire.schedule(made, self._clock())

    def remove(self, caller: Caller, project: str, identifier: str) -> None:
        """Remove a schedule; its jobs stay. Raises NotFound."""
        subject = f"materialization_schedule:{project}/{identifier[:64]}"
        with self._audit.change(caller, "features.unschedule", subject, project) as change:
            found = store.schedule(change.rows, identifier)
            if found is None or found.project != project:
                raise NotFound(
                    f"There is no schedule {identifier[:64]!r} of materialisation in {project}.",
                    "Look at the schedules.",
                )
            store.delete_schedule(change.rows, identifier)
            change.note(target=f"{found.kind}:{found.name}", cron=found.cron)

    # ---- ticks

    def tick(self) -> int:
        """Make the jobs of all ticks that have come; return how many. One query when none has."""
        with self._database.read() as rows:
            found = store.due_schedules(rows, self._clock())
        return sum(self._fire(one) for one in found)

    def _fire(self, due: Schedule) -> bool:
        """Make one job for the newest due tick; those missed before it are part of its span."""
        caller = service_caller("worker", due.project)
        subject = f"feature_{due.kind}:{due.project}/{due.name}"
        try:
            views: list[View] | OctavoError = targets.covered(
                self._catalog, due.project, due.target
            )
            rules.check_budget(due.project, self._ledger.budget_left_cents(due.project))
        except OctavoError as refusal:
            views = refusal
        try:
            with self._audit.change(caller, "features.tick", subject, due.project) as change:
                change.rows.lock(f"materialization-schedule:{due.id}")
                schedule = store.schedule(change.rows, due.id)
                if schedule is None or schedule.next_at is None or schedule.next_at > change.at:
                    return False
                tick, missed = cron.due(schedule, change.at)
                job = self._job(change.rows, schedule, tick, missed, views, change.at)
                self._jobs.add(change, job)
                _advance(change.rows, schedule, tick, job.id)
                change.note(schedule=schedule.id, tick=tick.isoformat(), missed=missed)
        except RowExists:
            self._skip(due)
            return False
        return True

    def _job(
        self,
        rows: Rows,
        schedule: Schedule,
        tick: datetime,
        missed: int,
        views: list[View] | OctavoError,
        now: datetime,
    ) -> Job:
        common = {"schedule": schedule.id, "tick": tick}
        message = "It waits for its turn."
        if missed:
            message = f"It covers {missed} earlier ticks too, missed while nothing ran."
        since, covers = tick - timedelta(minutes=max(1, schedule.overlap_minutes)), list[View]()
        refused = {}
        if isinstance(views, OctavoError):
            message = f"{views.message} {views.remedy}".strip()
            refused = {"state": State.REFUSED, "ended_at": now}
        else:
            covers = views
            ends = targets.ends(rows, schedule.project, views)
            overlap = timedelta(minutes=schedule.overlap_minutes)
            since = rules.next_since(ends, tick, overlap)
        return self._jobs.new(
            schedule.project,
            schedule.target,
            covers,
            since,
            tick,
            tick - since,
            Reason.SCHEDULE,
            requested_by=schedule.created_by,
            at=now,
            message=message,
            **common,
            **refused,
        )

    def _skip(self, due: Schedule) -> None:
        """The tick has its job already: only the next one is missing."""
        with self._database.write() as rows:
            schedule = store.schedule(rows, due.id)
            if schedule is not None and schedule.next_at == due.next_at:
                _advance(rows, schedule, self._clock(), schedule.last_job)


def _advance(rows: Rows, schedule: Schedule, after: datetime, job: str | None) -> None:
    following = cron.ticks_after(schedule.cron, schedule.time_zone, after, 1)
    store.advance_schedule(rows, schedule.id, following[0] if following else None, job)


def _check_room(
    project: str, known: list[Schedule], target: Target, wanted: MaterializationScheduleRequest
) -> None:
    if len(known) >= MOST_SCHEDULES:
        raise Conflict(
            f"{project} has {MOST_SCHEDULES} schedules of materialisation already.",
            "Remove one first.",
        )
    for one in known:
        if (one.target, one.cron, one.time_zone) == (target, wanted.cron, wanted.time_zone):
            raise Conflict(
                f"{str(target).capitalize()} is materialised at {one.cron!r} {one.time_zone} "
                "already.",
                "Remove that schedule first, or choose other times.",
            )
