"""Pipelines, schedules and runs as people and other areas see them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from octavo.records.notebooks import Parameter, ParameterValue
from octavo.records.notebooks import Release as ReleaseRecord
from octavo.records.pipelines import (
    Pipeline,
    PipelineList,
    PipelineRequest,
    PipelineRun,
    PipelineRunEvent,
    PipelineRunList,
    PipelineRunSummary,
    Provenance,
    RunState,
    Schedule,
    ScheduleList,
    ScheduleRequest,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Conflict, IllegalMove, Invalid, NotFound, OctavoError
from octavo_server.execution import Blobs
from octavo_server.identity import Caller, new_id
from octavo_server.ledger import Ledger
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import NotebooksService, next_cursor, offset_of
from octavo_server.pipelines import domain, rules, store, views
from octavo_server.pipelines.domain import ENDED, Event, Run, Trigger
from octavo_server.pipelines.ports import ProvenanceSigner
from octavo_server.policy.service import PolicyService

MOST_SCHEDULES = 50


class PipelinesService:
    """What the area offers to handlers and to other areas."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        notebooks: NotebooksService,
        blobs: Blobs,
        ledger: Ledger,
        signer: ProvenanceSigner,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._notebooks = notebooks
        self._blobs = blobs
        self._ledger = ledger
        self._signer = signer
        self._clock = clock

    # ---- pipelines

    def create(self, caller: Caller, project: str, wanted: PipelineRequest) -> Pipeline:
        """Make a pipeline of a verified release, or give an existing one another release.

        Raises NotFound, ReleaseRefused, Invalid; Conflict when a schedule's parameters don't fit.
        """
        release = self._notebooks.verified_release(project, wanted.release)
        values = self._notebooks.accept(release.parameters, wanted.parameters)
        subject = f"pipeline:{project}/{wanted.name}"
        with self._audit.change(caller, "pipelines.create", subject, project) as change:
            known = store.pipeline(change.rows, project, wanted.name)
            made = domain.Pipeline(
                project=project,
                name=wanted.name,
                title=wanted.title,
                release=wanted.release,
                parameters=values,
                created_by=known.created_by if known else caller.name,
                created_at=known.created_at if known else change.at,
            )
            self._refuse_unfit_schedules(change.rows, made, release.parameters)
            store.save_pipeline(change.rows, made)
            change.note(release=wanted.release, before=known.release if known else None)
            self._lineage.link(
                change,
                source=f"release:{project}/{release.name}/{release.number}",
                target=f"pipeline:{project}/{wanted.name}",
                relation="runs in",
                project=project,
            )
        return self.pipeline(project, wanted.name)

    def _refuse_unfit_schedules(
        self, rows: Rows, made: domain.Pipeline, declared: Sequence[Parameter]
    ) -> None:
        for one in store.schedules(rows, made.project, made.name):
            try:
                self._notebooks.accept(declared, one.parameters)
            except Invalid as error:
                raise Conflict(
                    f"The schedule {one.cron!r} of {made.name!r} doesn't fit this release: "
                    f"{error.message}",
                    "Remove that schedule first, and make it again afterwards.",
                ) from error

    def pipelines(self, project: str, *, limit: int, cursor: str | None) -> PipelineList:
        """Return a page of pipelines by name. Raises Invalid for a bad cursor."""
        offset = offset_of(cursor)
        with self._database.read() as rows:
            found = store.all_pipelines(rows, project, limit + 1, offset)
        items = [self._shown(one) for one in found[:limit]]
        return PipelineList(items=items, next_cursor=next_cursor(found, limit, offset))

    def pipeline(self, project: str, name: str) -> Pipeline:
        """Return a pipeline. Raises NotFound."""
        return self._shown(self._pipeline(project, name))

    def _shown(self, one: domain.Pipeline) -> Pipeline:
        release = self._notebooks.release(one.project, one.release)
        where: list[Where] = [("project", "=", one.project), ("pipeline", "=", one.name)]
        with self._database.read() as rows:
            schedules = store.schedules(rows, one.project, one.name)
            last = next(iter(store.runs(rows, *where, limit=1)), None)
        return views.pipeline(
            one, release, _with_defaults(release, one), schedules, last, self._clock()
        )

    # ---- schedules

    def schedules(self, project: str, name: str) -> ScheduleList:
        """Return a pipeline's schedules. Raises NotFound."""
        one = self._pipeline(project, name)
        with self._database.read() as rows:
            found = store.schedules(rows, one.project, one.name)
        return ScheduleList(items=[views.schedule(each, self._clock()) for each in found])

    def schedule(
        self, caller: Caller, project: str, name: str, wanted: ScheduleRequest
    ) -> Schedule:
        """Run a pipeline by the clock. Raises NotFound, Invalid."""
        rules.check_cron(wanted.cron, wanted.time_zone)
        pipeline = self._pipeline(project, name)
        declared = self._notebooks.release(project, pipeline.release).parameters
        checked = self._notebooks.accept(declared, wanted.parameters)
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.schedule", subject, project) as change:
            if len(store.schedules(change.rows, project, name)) >= MOST_SCHEDULES:
                raise Conflict(
                    f"{name!r} has {MOST_SCHEDULES} schedules already.", "Remove one first."
                )
            first = rules.ticks_after(wanted.cron, wanted.time_zone, change.at, 1)
            made = domain.Schedule(
                id=new_id(),
                project=project,
                pipeline=name,
                cron=wanted.cron,
                time_zone=wanted.time_zone,
                parameters={each: checked[each] for each in wanted.parameters},
                created_by=caller.name,
                created_at=change.at,
                next_at=first[0] if first else None,
            )
            store.add_schedule(change.rows, made)
            change.note(schedule=made.id, cron=made.cron, time_zone=made.time_zone)
        return views.schedule(made, self._clock())

    def unschedule(self, caller: Caller, project: str, name: str, identifier: str) -> None:
        """Remove a schedule; its runs stay. Raises NotFound."""
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.unschedule", subject, project) as change:
            found = store.schedule(change.rows, identifier)
            if found is None or (found.project, found.pipeline) != (project, name):
                raise NotFound(
                    f"{name!r} has no schedule {identifier[:64]!r}.", "Look at its schedules."
                )
            store.delete_schedule(change.rows, identifier)
            change.note(schedule=identifier, cron=found.cron)

    # ---- runs

    def start(
        self, caller: Caller, project: str, name: str, given: Mapping[str, ParameterValue]
    ) -> PipelineRun:
        """Ask for a run now; the worker executes it.

        Raises NotFound, Invalid, ReleaseRefused for a release whose bytes were changed,
        PolicyRefused.
        """
        pipeline = self._pipeline(project, name)
        release = self._notebooks.verified_release(project, pipeline.release)
        chosen = {**pipeline.parameters, **given}
        values = self._notebooks.accept(release.parameters, chosen)
        with self._audit.change(caller, "pipelines.run", "pipeline_run:new", project) as change:
            self._policy.require(
                change, "RunRelease", caller, project=project, facts=self.facts(project)
            )
            run = Run(
                id=new_id(),
                project=project,
                pipeline=name,
                release=pipeline.release,
                state=RunState.QUEUED,
                trigger=Trigger.MANUAL,
                schedule=None,
                tick=None,
                requested_by=caller.name,
                parameters=values,
                profile=release.profile,
                message="It waits for a free place.",
                created_at=change.at,
                expected_s=release.replay_seconds,
            )
            self.add_run(change, run)
        return self.run(project, run.id)

    def facts(self, project: str) -> dict[str, Any]:
        """Return the facts of a run of a verified release, for the policy."""
        left = self.budget_left_cents(project)
        return {"verified": True, "environment": "prod", "budget_left_cents": left}

    def budget_left_cents(self, project: str) -> int:
        """Return what is left of the project's month, in euro cents."""
        return self._ledger.budget_left_cents(project)

    def add_run(self, change: Change, run: Run) -> None:
        """Keep a new run with its first event and its place in the graph."""
        store.add_run(change.rows, run)
        event = Event(kind="state", at=change.at, state=run.state.value, message=run.message)
        store.add_event(change.rows, run.id, event)
        change.subject = f"pipeline_run:{run.project}/{run.id}"
        if not run.approved:
            change.note(notebook=run.notebook_digest, path=run.notebook, session=run.session)
            return
        change.note(pipeline=run.pipeline, release=run.release, parameters=dict(run.parameters))
        self._lineage.link(
            change,
            source=f"pipeline:{run.project}/{run.pipeline}",
            target=f"pipeline_run:{run.project}/{run.id}",
            relation="started",
            project=run.project,
        )

    def runs(
        self,
        project: str,
        *,
        pipeline: str | None,
        state: RunState | None,
        limit: int,
        cursor: str | None,
        seen_by: str | None = None,
    ) -> PipelineRunList:
        """Return a page of runs, the newest first. Raises Invalid for a bad cursor.

        ``seen_by`` leaves out what is private to others than that person.
        """
        offset = offset_of(cursor)
        where: list[Where] = [("project", "=", project)]
        where += [("private_to", "in", ["", seen_by])] if seen_by is not None else []
        where += [("pipeline", "=", pipeline)] if pipeline else []
        where += [("state", "=", state.value)] if state else []
        with self._database.read() as rows:
            found = store.runs(rows, *where, limit=limit + 1, offset=offset)
        now = self._clock()
        items: list[PipelineRunSummary] = [views.summary(one, now) for one in found[:limit]]
        return PipelineRunList(items=items, next_cursor=next_cursor(found, limit, offset))

    def run(self, project: str, identifier: str) -> PipelineRun:
        """Return a run with its evidence. Raises NotFound."""
        one = self._run(project, identifier)
        with self._database.read() as rows:
            attempts = store.attempts(rows, identifier)
        return views.run(one, attempts, self._clock())

    def events(self, project: str, identifier: str, after: int) -> list[PipelineRunEvent]:
        """Return a run's events after a number, in order. Raises NotFound."""
        self._run(project, identifier)
        with self._database.read() as rows:
            return [views.event(one) for one in store.events(rows, identifier, after)]

    def has_ended(self, project: str, identifier: str) -> bool:
        """Return whether nothing more will happen in a run. Raises NotFound."""
        return self._run(project, identifier).state in ENDED | {RunState.UNKNOWN}

    def require_visible(self, caller: Caller, project: str, identifier: str) -> None:
        """Raise NotFound for a run that isn't there for this caller."""
        if not self._run(project, identifier).visible_to(caller):
            raise _no_run(identifier)

    def cancel(self, caller: Caller, project: str, identifier: str) -> PipelineRun:
        """Cancel a run: at once if it waits, within seconds if it is under way.

        Raises NotFound; IllegalMove for one that is over.
        """
        subject = f"pipeline_run:{project}/{identifier}"
        with self._audit.change(caller, "pipelines.cancel", subject, project) as change:
            change.rows.lock(f"run:{identifier}")
            one = store.run(change.rows, identifier, project)
            if one is None or not one.visible_to(caller):
                raise _no_run(identifier)
            if one.state not in (RunState.QUEUED, RunState.RUNNING):
                raise IllegalMove(
                    f"Run {identifier} is {one.state.value}; only a queued or running one can be "
                    "cancelled.",
                    "Nothing is left to cancel.",
                )
            asked = replace(one, cancel_requested_by=one.cancel_requested_by or caller.name)
            if one.state is RunState.QUEUED:
                self.move(
                    change, asked, RunState.CANCELLED, f"{caller.name} cancelled it.",
                    ended_at=change.at,
                )  # fmt: skip
            else:
                store.save_run(change.rows, asked)
        return self.run(project, identifier)

    def resolve(
        self,
        caller: Caller,
        project: str,
        identifier: str,
        decision: Literal["retry", "give_up"],
        reason: str,
    ) -> PipelineRun:
        """Decide about a run whose outcome nobody knows. Raises NotFound, IllegalMove."""
        subject = f"pipeline_run:{project}/{identifier}"
        with self._audit.change(caller, "pipelines.resolve", subject, project) as change:
            change.rows.lock(f"run:{identifier}")
            one = store.run(change.rows, identifier, project)
            if one is None:
                raise _no_run(identifier)
            if one.state is not RunState.UNKNOWN:
                raise IllegalMove(
                    f"Run {identifier} is {one.state.value}; only an unknown one needs a decision."
                )
            message = f"{caller.name} decided: {reason}"
            change.note(decision=decision, reason=reason)
            if decision == "retry":
                self.move(change, one, RunState.QUEUED, message)
            else:
                self.move(change, one, RunState.FAILED, message, ended_at=change.at)
        return self.run(project, identifier)

    def move(self, change: Change, run: Run, to: RunState, message: str, **values: Any) -> Run:
        """Move a run in the table of allowed moves, and tell those who watch it."""
        moved = rules.moved(run, to, message=message, **values)
        store.save_run(change.rows, moved)
        event = Event(
            kind="state",
            at=change.at,
            attempt=moved.attempts,
            state=to.value,
            message=message,
        )
        store.add_event(change.rows, run.id, event)
        change.note(state=to.value)
        return moved

    # ---- evidence

    def output(self, project: str, identifier: str) -> bytes:
        """Return a run's output notebook. Raises NotFound before there is one."""
        digest = self._run(project, identifier).output_digest
        if digest is None:
            raise NotFound(f"Run {identifier} has no output notebook.", "Look at its state.")
        return self._blobs.get(digest)

    def artifact(self, project: str, identifier: str, path: str) -> bytes:
        """Return the bytes of a file that a run committed. Raises NotFound."""
        one = self._run(project, identifier)
        for artifact in one.artifacts:
            if artifact.path == path:
                return self._blobs.get(artifact.digest)
        raise NotFound(f"Run {identifier} committed no file {path[:200]!r}.", "Look at its list.")

    def provenance(self, project: str, identifier: str) -> Provenance:
        """Return the signed statement about a run, verified now. Raises NotFound."""
        digest = self._run(project, identifier).provenance_digest
        if digest is None:
            raise NotFound(
                f"Run {identifier} has no provenance.",
                "Only a successful run of an approved release has one.",
            )
        envelope = json.loads(self._blobs.get(digest))
        try:
            statement = self._signer.verify(envelope, predicate_type=rules.PROVENANCE)
        except OctavoError:
            return Provenance(
                envelope=envelope, statement={}, verified=False, key_id=self._signer.key_id
            )
        return Provenance(
            envelope=envelope, statement=statement, verified=True, key_id=self._signer.key_id
        )

    def _pipeline(self, project: str, name: str) -> domain.Pipeline:
        with self._database.read() as rows:
            found = store.pipeline(rows, project, name)
        if found is None:
            raise NotFound(
                f"There is no pipeline {name[:63]!r} in this project.", "Look at the pipelines."
            )
        return found

    def _run(self, project: str, identifier: str) -> Run:
        with self._database.read() as rows:
            found = store.run(rows, identifier, project)
        if found is None:
            raise _no_run(identifier)
        return found


def _with_defaults(release: ReleaseRecord, pipeline: domain.Pipeline) -> list[Parameter]:
    return [
        one.model_copy(update={"default": pipeline.parameters.get(one.name, one.default)})
        for one in release.parameters
    ]


def _no_run(identifier: str) -> NotFound:
    return NotFound(f"There is no run {identifier[:64]!r} in this project.", "Look at the runs.")
