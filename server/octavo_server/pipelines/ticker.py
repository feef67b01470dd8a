"""Turns schedules into runs: one look at the due table, one run row a tick."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from octavo.records.pipelines import RunState
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists, Rows
from octavo_server.errors import Invalid, NotFound
from octavo_server.identity import new_id, service_caller
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines import rules, store
from octavo_server.pipelines.domain import Run, Schedule, Trigger
from octavo_server.pipelines.service import PipelinesService


class Ticker:
    """Called by the worker every second; ten thousand schedules cost it one query."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        notebooks: NotebooksService,
        pipelines: PipelinesService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._notebooks = notebooks
        self._pipelines = pipelines
        self._clock = clock

    def tick(self) -> int:
        """Make the runs of all ticks that have come; return how many."""
        with self._database.read() as rows:
            found = store.due_schedules(rows, self._clock())
        return sum(self._fire(one) for one in found)

    def _fire(self, due: Schedule) -> bool:
        """Make one run for the newest due tick; missed ones before it are counted, not run."""
        caller = service_caller("worker", due.project)
        subject = f"pipeline:{due.project}/{due.pipeline}"
        try:
            with self._audit.change(caller, "pipelines.tick", subject, due.project) as change:
                change.rows.lock(f"schedule:{due.id}")
                schedule = store.schedule(change.rows, due.id)
                if schedule is None or schedule.next_at is None or schedule.next_at > change.at:
                    return False
                tick, missed = rules.due(schedule, change.at)
                run = self._run(change.rows, schedule, tick, missed, change.at)
                following = rules.ticks_after(schedule.cron, schedule.time_zone, tick, 1)
                store.advance_schedule(
                    change.rows, schedule.id, following[0] if following else None, run.id
                )
                self._pipelines.add_run(change, run)
                change.note(schedule=schedule.id, tick=tick.isoformat(), missed=missed)
        except RowExists:
            self._skip(due)
            return False
        return True

    def _run(
        self, rows: Rows, schedule: Schedule, tick: datetime, missed: int, now: datetime
    ) -> Run:
        pipeline = store.pipeline(rows, schedule.project, schedule.pipeline)
        if pipeline is None:
            raise NotFound(f"The pipeline {schedule.pipeline!r} of a schedule is gone.")
        release = self._notebooks.release(schedule.project, pipeline.release)
        chosen = {**pipeline.parameters, **schedule.parameters}
        message = "It waits for a free place."
        if missed:
            message = f"It stands for {missed} earlier ticks too, missed while nothing ran."
        try:
            values = self._notebooks.accept(release.parameters, chosen)
        except Invalid as error:
            values, message = dict(chosen), f"Its parameters don't fit: {error.message}"
        return Run(
            id=new_id(),
            project=schedule.project,
            pipeline=schedule.pipeline,
            release=pipeline.release,
            state=RunState.QUEUED,
            trigger=Trigger.SCHEDULE,
            schedule=schedule.id,
            tick=tick,
            requested_by=schedule.created_by,
            parameters=values,
            profile=release.profile,
            message=message,
            created_at=now,
            expected_s=float(release.manifest["replay_seconds"]),
        )

    def _skip(self, due: Schedule) -> None:
        """The tick has its run already: only the next one is missing."""
        with self._database.write() as rows:
            schedule = store.schedule(rows, due.id)
            if schedule is not None and schedule.next_at == due.next_at:
                following = rules.ticks_after(due.cron, due.time_zone, self._clock(), 1)
                store.advance_schedule(
                    rows, due.id, following[0] if following else None, schedule.last_run
                )
