"""Schedules as people and other rooms see them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from octavo.records.notebooks import ParameterValue
from octavo.records.pipelines import Schedule, ScheduleDefinition, ScheduleList, ScheduleRequest
from octavo_server.audit.service import AuditService, Change
from octavo_server.cron import check_cron, ticks_after
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Conflict, Invalid, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.pipelines.schedules import domain, store, views
from octavo_server.pipelines.schedules.ports import Pipelines, Wanted
from octavo_server.pipelines.schedules.triggers import TriggerBook

__all__ = ["ScheduleBook", "SchedulesService", "TriggerBook", "Wanted"]

MOST_SCHEDULES = 50


class ScheduleBook:
    """What is on file about schedules, for the pipelines that they belong to."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def of(self, project: str, pipeline: str) -> list[Schedule]:
        """Return a pipeline's schedules, the oldest first."""
        with self._database.read() as rows:
            found = store.schedules(rows, project, pipeline)
        return [views.schedule(each, self._clock()) for each in found]

    def definitions(self, rows: Rows, project: str, pipeline: str) -> list[ScheduleDefinition]:
        """Return a pipeline's schedules as a definition has them."""
        return [
            ScheduleDefinition(
                cron=one.cron,
                time_zone=one.time_zone,
                parameters=dict(one.parameters),
                catch_up=one.catch_up,
                max_age_hours=one.max_age_hours,
            )
            for one in store.schedules(rows, project, pipeline)
        ]

    def replace(
        self,
        change: Change,
        project: str,
        pipeline: str,
        wanted: Sequence[ScheduleDefinition],
        by: str,
    ) -> None:
        """Make these a pipeline's schedules; one that stays the same keeps its ticks and runs.

        Raises Invalid for a cron line that means nothing.
        """
        left = [one.model_copy() for one in wanted]
        for known, kept in zip(
            store.schedules(change.rows, project, pipeline),
            self.definitions(change.rows, project, pipeline),
            strict=True,
        ):
            if kept in left:
                left.remove(kept)
            else:
                store.delete_schedule(change.rows, known.id)
        for one in left:
            store.add_schedule(change.rows, made(change, project, pipeline, one, by))

    def require_fit(
        self,
        rows: Rows,
        project: str,
        pipeline: str,
        accept: Callable[[Mapping[str, ParameterValue]], object],
    ) -> None:
        """Raise Conflict when a schedule gives values that ``accept`` refuses as Invalid."""
        for one in store.schedules(rows, project, pipeline):
            try:
                accept(one.parameters)
            except Invalid as error:
                raise Conflict(
                    f"The schedule {one.cron!r} of {pipeline!r} doesn't fit this release: "
                    f"{error.message}",
                    "Remove that schedule first, and make it again afterwards.",
                ) from error


class SchedulesService:
    """What the room offers to handlers."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        book: ScheduleBook,
        pipelines: Pipelines,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._book = book
        self._pipelines = pipelines
        self._clock = clock

    def schedules(self, project: str, name: str) -> ScheduleList:
        """Return a pipeline's schedules. Raises NotFound."""
        self._pipelines.accept(project, name, {})
        return ScheduleList(items=self._book.of(project, name))

    def schedule(
        self, caller: Caller, project: str, name: str, wanted: ScheduleRequest
    ) -> Schedule:
        """Run a pipeline by the clock. Raises NotFound, Invalid."""
        check_cron(wanted.cron, wanted.time_zone)
        checked = self._pipelines.accept(project, name, wanted.parameters)
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.schedule", subject, project) as change:
            if len(store.schedules(change.rows, project, name)) >= MOST_SCHEDULES:
                raise Conflict(
                    f"{name!r} has {MOST_SCHEDULES} schedules already.", "Remove one first."
                )
            given = {each: checked[each] for each in wanted.parameters}
            one = made(
                change, project, name, wanted.model_copy(update={"parameters": given}), caller.name
            )
            store.add_schedule(change.rows, one)
            change.note(schedule=one.id, cron=one.cron, time_zone=one.time_zone)
        return views.schedule(one, self._clock())

    def pause(
        self, caller: Caller, project: str, name: str, identifier: str, *, paused: bool
    ) -> Schedule:
        """Let a schedule's ticks pass by, or count again from now on. Raises NotFound."""
        action = "pipelines.pause_schedule" if paused else "pipelines.resume_schedule"
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, action, subject, project) as change:
            found = _of(store.schedule(change.rows, identifier), project, name, identifier)
            first = ticks_after(found.cron, found.time_zone, change.at, 1)
            after = None if paused or not first else first[0]
            store.pause_schedule(change.rows, identifier, paused=paused, next_at=after)
            change.note(schedule=identifier, cron=found.cron)
        return views.schedule(
            dataclasses.replace(found, paused=paused, next_at=after), self._clock()
        )

    def unschedule(self, caller: Caller, project: str, name: str, identifier: str) -> None:
        """Remove a schedule; its runs stay. Raises NotFound."""
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.unschedule", subject, project) as change:
            found = _of(store.schedule(change.rows, identifier), project, name, identifier)
            store.delete_schedule(change.rows, identifier)
            change.note(schedule=identifier, cron=found.cron)


def made(
    change: Change, project: str, pipeline: str, wanted: ScheduleRequest, by: str
) -> domain.Schedule:
    """Return a new schedule. Raises Invalid for a cron line that means nothing."""
    check_cron(wanted.cron, wanted.time_zone)
    first = ticks_after(wanted.cron, wanted.time_zone, change.at, 1)
    return domain.Schedule(
        id=new_id(),
        project=project,
        pipeline=pipeline,
        cron=wanted.cron,
        time_zone=wanted.time_zone,
        parameters=dict(wanted.parameters),
        created_by=by,
        created_at=change.at,
        next_at=first[0] if first else None,
        catch_up=wanted.catch_up,
        max_age_hours=wanted.max_age_hours,
    )


def _of(found: domain.Schedule | None, project: str, name: str, identifier: str) -> domain.Schedule:
    if found is None or (found.project, found.pipeline) != (project, name):
        raise NotFound(f"{name!r} has no schedule {identifier[:64]!r}.", "Look at its schedules.")
    return found
