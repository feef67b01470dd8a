"""Pipelines as people and other areas see them, and the runs that they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from octavo.records.graphs import Graph
from octavo.records.notebooks import Parameter, ParameterValue, Release
from octavo.records.pipelines import (
    Pipeline,
    PipelineList,
    PipelineRun,
    RunState,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import IllegalMove, Invalid, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import NotebooksService, next_cursor, offset_of
from octavo_server.pipelines.definitions import domain, store, views
from octavo_server.pipelines.graphs.service import GraphsService
from octavo_server.pipelines.runs.service import Run, RunKind, RunsService, Trigger
from octavo_server.pipelines.schedules.service import ScheduleBook, Wanted
from octavo_server.policy.service import PolicyService

RESUMABLE = frozenset({RunState.FAILED, RunState.CANCELLED})


class DefinitionsService:
    """What the room offers to handlers, to other rooms and to other areas."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        notebooks: NotebooksService,
        runs: RunsService,
        schedules: ScheduleBook,
        graphs: GraphsService,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._notebooks = notebooks
        self._runs = runs
        self._schedules = schedules
        self._graphs = graphs
        self._clock = clock

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
        return views.pipeline(
            one,
            self._used(one),
            [
                each.model_copy(update={"default": one.parameters.get(each.name, each.default)})
                for each in self.declared(one)
            ],
            self._schedules.of(one.project, one.name),
            self._runs.last_of(one.project, one.name),
        )

    def declared(self, one: domain.Pipeline) -> tuple[Parameter, ...]:
        """Return what a run of a pipeline takes."""
        if one.graph is not None:
            return tuple(Graph.model_validate(one.graph).parameters)
        return tuple(self._notebooks.release(one.project, one.release).parameters)

    def _used(self, one: domain.Pipeline) -> list[Release]:
        digests = [one.release]
        if one.graph is not None:
            digests = [step["release"] for step in one.graph["steps"]]
        return [self._notebooks.release(one.project, digest) for digest in digests]

    def accept(
        self, project: str, name: str, given: Mapping[str, ParameterValue]
    ) -> Mapping[str, ParameterValue]:
        """Return the values that a pipeline takes. Raises NotFound, Invalid."""
        return self._notebooks.accept(self.declared(self._pipeline(project, name)), given)

    # ---- runs of it

    def start(
        self, caller: Caller, project: str, name: str, given: Mapping[str, ParameterValue]
    ) -> PipelineRun:
        """Ask for a run now; the worker executes it.

        Raises NotFound, Invalid, ReleaseRefused for a release whose bytes were changed,
        PolicyRefused.
        """
        pipeline = self._pipeline(project, name)
        for used in self._used(pipeline):
            self._notebooks.verified_release(project, used.digest)
        chosen = {**pipeline.parameters, **given}
        values = self._notebooks.accept(self.declared(pipeline), chosen)
        with self._audit.change(caller, "pipelines.run", "pipeline_run:new", project) as change:
            self._require(change, caller, project)
            run = self._run(pipeline, Trigger.MANUAL, caller.name, values, change)
            self._runs.add_run(change, run)
        return self._runs.run(project, run.id)

    def resume(self, caller: Caller, project: str, identifier: str) -> PipelineRun:
        """Go on with a graph's run that ended badly: what succeeded is kept, settings too.

        Raises NotFound; IllegalMove for a run that has no steps or didn't end badly; PolicyRefused.
        """
        old = self._runs.record(project, identifier)
        if old.graph is None or old.state not in RESUMABLE:
            raise IllegalMove(
                f"Run {identifier} is {old.state.value}"
                f"{'' if old.graph else ' and has no steps'}; only a run of several steps that "
                "failed or was cancelled can go on.",
                "Start a new run instead.",
            )
        with self._audit.change(caller, "pipelines.resume", "pipeline_run:new", project) as change:
            self._require(change, caller, project)
            change.note(resumes=old.id)
            run = replace(
                old,
                id=new_id(),
                state=RunState.QUEUED,
                trigger=Trigger.RESUME,
                schedule=None,
                tick=None,
                backfill=None,
                requested_by=caller.name,
                message="It waits for its place.",
                created_at=change.at,
                started_at=None,
                ended_at=None,
                cost=None,
                cancel_requested_by=None,
                resumes=old.id,
            )
            self._runs.add_run(change, run)
        return self._runs.run(project, run.id)

    def start_for(self, change: Change, wanted: Wanted) -> str:
        """Make the run that a tick, a trigger or a backfill asks for, and return its id.

        Values that don't fit any more are kept as they are: the run is refused, with words, when
        it is its turn. Raises NotFound, RowExists for what has its run.
        """
        pipeline = store.pipeline(change.rows, wanted.project, wanted.pipeline)
        if pipeline is None:
            raise NotFound(
                f"The pipeline {wanted.pipeline!r} is gone.", "Remove what would start it."
            )
        chosen = {**pipeline.parameters, **wanted.given}
        message = wanted.message
        try:
            values = self._notebooks.accept(self.declared(pipeline), chosen)
        except Invalid as error:
            values, message = dict(chosen), f"Its parameters don't fit: {error.message}"
        run = replace(
            self._run(pipeline, Trigger(wanted.trigger), wanted.requested_by, values, change),
            message=message,
            schedule=wanted.schedule,
            backfill=wanted.backfill,
            tick=wanted.tick,
        )
        if wanted.may_skip and pipeline.when_full == "skip":
            run = self._skipped_when_full(change, run)
        self._runs.add_run(change, run)
        return run.id

    def _skipped_when_full(self, change: Change, run: Run) -> Run:
        if self._runs.has_place(change.rows, run):
            return run
        return replace(
            run,
            state=RunState.SKIPPED,
            ended_at=change.at,
            message=f"Skipped: {run.concurrency} runs of its pipeline are under way.",
        )

    def _require(self, change: Change, caller: Caller, project: str) -> None:
        facts = self._runs.facts(project)
        self._policy.require(change, "RunRelease", caller, project=project, facts=facts)

    def _run(
        self,
        pipeline: domain.Pipeline,
        trigger: Trigger,
        requested_by: str,
        values: Mapping[str, ParameterValue],
        change: Change,
    ) -> Run:
        graph = None if pipeline.graph is None else Graph.model_validate(pipeline.graph)
        releases = self._used(pipeline)
        kind: RunKind = "graph" if graph else "release"
        expected = [float(one.manifest["replay_seconds"]) for one in releases]
        return Run(
            id=new_id(),
            project=pipeline.project,
            pipeline=pipeline.name,
            release=pipeline.release,
            state=RunState.QUEUED,
            trigger=trigger,
            schedule=None,
            tick=None,
            requested_by=requested_by,
            parameters=values,
            profile="" if graph else releases[0].profile,
            message="It waits for a free place.",
            created_at=change.at,
            expected_s=None if graph else expected[0],
            kind=kind,
            graph=None if graph is None else self._graphs.snapshot(graph),
            priority=pipeline.priority,
            concurrency=pipeline.concurrency,
        )

    def _pipeline(self, project: str, name: str) -> domain.Pipeline:
        with self._database.read() as rows:
            found = store.pipeline(rows, project, name)
        if found is None:
            raise NotFound(
                f"There is no pipeline {name[:63]!r} in this project.", "Look at the pipelines."
            )
        return found
