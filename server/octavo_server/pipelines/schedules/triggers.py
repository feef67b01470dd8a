"""Triggers: a pipeline starts when data of the lake has changed, or another pipeline has run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from octavo.records.pipelines import PipelineTrigger, TriggerKind, TriggerList, TriggerRequest
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Conflict, NotFound, OctavoError
from octavo_server.execution import Inputs
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.pipelines.schedules import rules, store
from octavo_server.pipelines.schedules.domain import Trigger
from octavo_server.pipelines.schedules.ports import Pipelines, Wanted

log = logging.getLogger("octavo.worker")

MOST_TRIGGERS = 20


class RunsOfPipelines(Protocol):
    """What triggers know of other pipelines' runs."""

    def ended_since(
        self, project: str, pipeline: str, moment: datetime, ended: str
    ) -> tuple[str, datetime] | None:
        """Return the first run that ended so after a moment, and when (UTC); None: none did."""


class TriggerBook:
    """What is on file about triggers, for the pipelines that they belong to."""

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs

    def definitions(self, rows: Rows, project: str, pipeline: str) -> list[TriggerRequest]:
        """Return a pipeline's triggers as a definition has them."""
        return [
            TriggerRequest.model_validate(
                {
                    "on": one.on,
                    "source": one.source,
                    "settle_s": one.settle_s,
                    "ended": one.ended,
                    "parameters": dict(one.parameters),
                }
            )
            for one in store.triggers(rows, project, pipeline)
        ]

    def replace(
        self,
        change: Change,
        project: str,
        pipeline: str,
        wanted: Sequence[TriggerRequest],
        present: Mapping[str, str],
        by: str,
    ) -> None:
        """Make these a pipeline's triggers; one that stays the same keeps what it has seen.

        ``present`` is what :meth:`digests` said of them before the change was begun.
        """
        left = list(wanted)
        for known, kept in zip(
            store.triggers(change.rows, project, pipeline),
            self.definitions(change.rows, project, pipeline),
            strict=True,
        ):
            if kept in left:
                left.remove(kept)
            else:
                store.delete_trigger(change.rows, known.id)
        for one in left:
            store.add_trigger(change.rows, self.made(change, project, pipeline, one, present, by))

    def made(
        self,
        change: Change,
        project: str,
        pipeline: str,
        wanted: TriggerRequest,
        present: Mapping[str, str],
        by: str,
    ) -> Trigger:
        """Return a new trigger; what is there now isn't new."""
        seen = change.at.isoformat()
        if wanted.on is TriggerKind.DATA:
            seen = present[wanted.source]
        return Trigger(
            id=new_id(),
            project=project,
            pipeline=pipeline,
            on=wanted.on,
            source=wanted.source,
            settle_s=wanted.settle_s,
            ended=wanted.ended,
            parameters=dict(wanted.parameters),
            created_by=by,
            created_at=change.at,
            seen=seen,
        )

    def digests(self, project: str, wanted: Sequence[TriggerRequest]) -> dict[str, str]:
        """Return what names the data that triggers wait for now. Raises Invalid for unknown data.

        It reads files, so it is asked for before a transaction and not in one.
        """
        sources = {one.source for one in wanted if one.on is TriggerKind.DATA}
        return {source: self.digest(project, source) for source in sorted(sources)}

    def digest(self, project: str, source: str) -> str:
        """Return what names the data at a path of the lake. Raises Invalid when it isn't there."""
        (found,) = [one for one in self._inputs.pin(project, [source], []) if one.kind == "data"]
        return found.digest

    def require_no_circle(
        self, rows: Rows, project: str, pipeline: str, wanted: Sequence[TriggerRequest]
    ) -> None:
        """Raise Invalid when these triggers would let pipelines start each other for ever."""
        starts: dict[str, set[str]] = {}
        for one in store.triggers(rows, project):
            if one.on is TriggerKind.PIPELINE and one.pipeline != pipeline:
                starts.setdefault(one.pipeline, set()).add(one.source)
        starts[pipeline] = {one.source for one in wanted if one.on is TriggerKind.PIPELINE}
        rules.require_no_circle(starts, pipeline)


class TriggersService:
    """What the room offers to handlers about triggers."""

    def __init__(
        self, database: Database, audit: AuditService, book: TriggerBook, pipelines: Pipelines
    ) -> None:
        self._database = database
        self._audit = audit
        self._book = book
        self._pipelines = pipelines

    def triggers(self, project: str, name: str) -> TriggerList:
        """Return a pipeline's triggers. Raises NotFound."""
        self._pipelines.accept(project, name, {})
        with self._database.read() as rows:
            return TriggerList(items=[_shown(one) for one in store.triggers(rows, project, name)])

    def add(
        self, caller: Caller, project: str, name: str, wanted: TriggerRequest
    ) -> PipelineTrigger:
        """Start a pipeline when something is new. Raises NotFound, Invalid, Conflict."""
        checked = self._pipelines.accept(project, name, wanted.parameters)
        if wanted.on is TriggerKind.PIPELINE:
            self._pipelines.accept(project, wanted.source, {})
        there = self._book.digests(project, [wanted])
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.add_trigger", subject, project) as change:
            known = store.triggers(change.rows, project, name)
            if len(known) >= MOST_TRIGGERS:
                raise Conflict(f"{name!r} has {MOST_TRIGGERS} triggers.", "Remove one first.")
            present = self._book.definitions(change.rows, project, name)
            self._book.require_no_circle(change.rows, project, name, [*present, wanted])
            given = {one: checked[one] for one in wanted.parameters}
            fit = wanted.model_copy(update={"parameters": given})
            made = self._book.made(change, project, name, fit, there, caller.name)
            store.add_trigger(change.rows, made)
            change.note(trigger=made.id, on=made.on.value, source=made.source)
        return _shown(made)

    def remove(self, caller: Caller, project: str, name: str, identifier: str) -> None:
        """Remove a trigger; its runs stay. Raises NotFound."""
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.remove_trigger", subject, project) as change:
            found = store.trigger(change.rows, identifier)
            if found is None or (found.project, found.pipeline) != (project, name):
                raise NotFound(
                    f"{name!r} has no trigger {identifier[:64]!r}.", "Look at its triggers."
                )
            store.delete_trigger(change.rows, identifier)
            change.note(trigger=identifier, source=found.source)


class Watch:
    """Called by the worker again and again: starts what triggers wait for."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        book: TriggerBook,
        pipelines: Pipelines,
        runs: RunsOfPipelines,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._book = book
        self._pipelines = pipelines
        self._runs = runs
        self._clock = clock

    def step(self) -> int:
        """Look at every trigger once; return how many runs were started."""
        with self._database.read() as rows:
            found = store.triggers(rows)
        return sum(self._look(one) for one in found)

    def _look(self, trigger: Trigger) -> bool:
        try:
            if trigger.on is TriggerKind.DATA:
                return self._look_at_data(trigger)
            return self._look_at_runs(trigger)
        except OctavoError as error:
            # Data that is gone for a while, or a pipeline that is: the others still count.
            log.warning("trigger %s: %s", trigger.id, error.message)
            return False

    def _look_at_data(self, trigger: Trigger) -> bool:
        now = self._clock()
        digest = self._book.digest(trigger.project, trigger.source)
        if digest == trigger.seen:
            return False
        if digest != trigger.settling or trigger.settling_since is None:
            with self._database.write() as rows:
                store.save_trigger(rows, replace(trigger, settling=digest, settling_since=now))
            return False
        if (now - trigger.settling_since).total_seconds() < trigger.settle_s:
            return False
        after = replace(trigger, seen=digest, settling="", settling_since=None)
        return self._start(trigger, after, f"New data in {trigger.source}.")

    def _look_at_runs(self, trigger: Trigger) -> bool:
        since = datetime.fromisoformat(trigger.seen)
        found = self._runs.ended_since(trigger.project, trigger.source, since, trigger.ended)
        if found is None:
            return False
        run, ended_at = found
        after = replace(trigger, seen=ended_at.astimezone(UTC).isoformat())
        return self._start(trigger, after, f"Run {run} of {trigger.source} ended.")

    def _start(self, trigger: Trigger, after: Trigger, why: str) -> bool:
        """Start a run, unless another worker did; what was seen is kept in the same transaction."""
        caller = service_caller("worker", trigger.project)
        subject = f"pipeline:{trigger.project}/{trigger.pipeline}"
        with self._database.read() as rows:
            now = store.trigger(rows, trigger.id)
        if now is None or now.seen != trigger.seen:
            return False
        with self._audit.change(caller, "pipelines.trigger", subject, trigger.project) as change:
            change.rows.lock(f"trigger:{trigger.id}")
            now = store.trigger(change.rows, trigger.id)
            if now is None or now.seen != trigger.seen:
                change.note(trigger=trigger.id, outcome="another worker was faster")
                return False
            run = self._pipelines.start_for(
                change,
                Wanted(
                    project=trigger.project,
                    pipeline=trigger.pipeline,
                    trigger="data" if trigger.on is TriggerKind.DATA else "pipeline",
                    requested_by=trigger.created_by,
                    given=trigger.parameters,
                    message=f"{why} It waits for a free place.",
                    may_skip=True,
                ),
            )
            store.save_trigger(change.rows, replace(after, last_run=run))
            change.note(trigger=trigger.id, source=trigger.source, why=why)
        return True


def _shown(one: Trigger) -> PipelineTrigger:
    return PipelineTrigger(
        id=one.id,
        on=one.on,
        source=one.source,
        settle_s=one.settle_s,
        ended=one.ended,
        parameters=dict(one.parameters),
        created_by=one.created_by,
        created_at=one.created_at,
        last_run=one.last_run,
    )
