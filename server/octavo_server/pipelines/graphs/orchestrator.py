"""Brings the runs of graphs on: makes the runs of steps whose time has come, and ends the whole.

All it knows is in the rows, so any worker may do it at any moment; what two do at once, one did.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from octavo.records.graphs import Graph, Step
from octavo.records.notebooks import Release
from octavo.records.pipelines import RunState
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, RowExists
from octavo_server.errors import Invalid, OctavoError
from octavo_server.execution import Inputs
from octavo_server.identity import new_id, service_caller
from octavo_server.notebooks.service import NotebooksService
from octavo_server.pipelines.graphs import rules
from octavo_server.pipelines.graphs.rules import Due
from octavo_server.pipelines.runs.service import ENDED, Run, RunsService, Trigger

log = logging.getLogger("octavo.worker")

UNDER_WAY = frozenset({RunState.QUEUED, RunState.RUNNING})


@dataclass(frozen=True, kw_only=True)
class _Family:
    """A graph's run, the runs of its steps, and those of the run that it goes on with."""

    run: Run
    graph: Graph
    children: tuple[Run, ...]
    before: tuple[Run, ...]


class Orchestrator:
    """Called by the worker again and again; a graph that waits costs two reads."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        notebooks: NotebooksService,
        runs: RunsService,
        inputs: Inputs,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._notebooks = notebooks
        self._runs = runs
        self._inputs = inputs
        self._clock = clock

    def step(self) -> int:
        """Bring every graph on as far as it goes now; return how many moved."""
        return sum(self._bring(one) for one in self._runs.graphs_under_way())

    def _bring(self, run: Run) -> bool:
        try:
            return self._advance(run)
        except OctavoError as error:
            log.warning("graph %s: %s", run.id, error.message)
        except Exception:
            # One broken graph must not keep the others waiting.
            log.exception("graph %s: the worker failed", run.id)
        return False

    def _advance(self, run: Run) -> bool:
        family = self._family(run)
        if family is None:
            return False
        if family.run.cancel_requested_by:
            return self._cancel(family)
        if family.run.state is RunState.QUEUED:
            return self._begin(family.run)
        found = rules.following(family.graph, family.run.parameters, family.children)
        if not (found.due or found.skipped or found.over):
            return False
        made = [self._child(family, due) for due in found.due]
        made += [_skipped(family.run, step, why, self._clock()) for step, why in found.skipped]
        return self._apply(family, made, found.over)

    def _family(self, run: Run) -> _Family | None:
        with self._database.read() as rows:
            now, children = self._runs.family(rows, run.id)
            before = self._runs.family(rows, run.resumes)[1] if run.resumes else []
        if now is None or now.graph is None or now.state not in UNDER_WAY:
            return None
        return _Family(
            run=now,
            graph=Graph.model_validate(now.graph["definition"]),
            children=tuple(children),
            before=tuple(before),
        )

    def _begin(self, run: Run) -> bool:
        with self._database.read() as rows:
            # Asked before a change is begun: waiting leaves no entry on the trail.
            if not self._runs.has_place(rows, run):
                return False
        with self._change("pipelines.begin", run) as change:
            now, _ = self._runs.family(change.rows, run.id)
            if now is None or now.state is not RunState.QUEUED:
                return False
            if not self._runs.has_place(change.rows, now):
                return False
            self._runs.move(change, now, RunState.RUNNING, "Its steps run.", started_at=change.at)
        return True

    def _apply(
        self, family: _Family, made: Sequence[Run], over: tuple[RunState, str] | None
    ) -> bool:
        try:
            with self._change("pipelines.advance", family.run) as change:
                now, children = self._runs.family(change.rows, family.run.id)
                if now is None or now.state is not RunState.RUNNING or now.cancel_requested_by:
                    return False
                if len(children) != len(family.children):
                    return False
                for child in made:
                    self._runs.add_run(change, child)
                change.subject = f"pipeline_run:{now.project}/{now.id}"
                change.note(steps=[f"{one.step}.{one.item} {one.state.value}" for one in made])
                if over is not None:
                    cost = round(sum(one.cost or 0.0 for one in children), 6)
                    state, message = over
                    ended = replace(now, cost=cost)
                    self._runs.move(change, ended, state, message, ended_at=change.at)
        except RowExists:
            return False
        return True

    def _cancel(self, family: _Family) -> bool:
        """Cancel what goes on; the whole is over when nothing does."""
        person = family.run.cancel_requested_by or ""
        waiting = [one for one in family.children if _can_be_cancelled(one)]
        if not waiting and any(one.state not in ENDED for one in family.children):
            return False
        with self._change("pipelines.advance", family.run) as change:
            now, children = self._runs.family(change.rows, family.run.id)
            if now is None or now.state not in UNDER_WAY:
                return False
            for child in children:
                if _can_be_cancelled(child):
                    change.rows.lock(f"run:{child.id}")
                    self._runs.request_cancel(change, child, person)
            _, left = self._runs.family(change.rows, family.run.id)
            if all(one.state in ENDED for one in left):
                cost = round(sum(one.cost or 0.0 for one in left), 6)
                self._runs.move(
                    change, replace(now, cost=cost), RunState.CANCELLED,
                    f"{person} cancelled it.", ended_at=change.at,
                )  # fmt: skip
        return True

    # ---- the run of a step

    def _child(self, family: _Family, due: Due) -> Run:
        """Return a step's run: queued, or over at once where it takes an earlier result."""
        again = self._resumed(family, due)
        if again is not None:
            return self._taken(family.run, due, again, "It succeeded before.")
        release = self._notebooks.release(family.run.project, due.step.release)
        made = self._queued(family.run, due, release)
        try:
            values = rules.values_of(due.step, due.item, family.run.parameters)
            accepted = self._notebooks.accept(release.parameters, values)
            handed = rules.handed_to(family.graph, due.step, family.children)
        except Invalid as error:
            message = f"{error.message} {error.remedy}".strip()
            return replace(made, state=RunState.REFUSED, message=message, ended_at=self._clock())
        made = replace(made, parameters=accepted, handed=handed)
        return made if due.step.cache is None else self._from_cache(family.run, due, release, made)

    def _from_cache(self, parent: Run, due: Due, release: Release, made: Run) -> Run:
        assert due.step.cache is not None  # noqa: S101 - asked before
        data = [one.name for one in release.inputs if one.kind == "data"]
        models = self._notebooks.models_of(made.parameters)
        read = self._inputs.pin(parent.project, data, models)
        key = rules.cache_key(release.digest, made.parameters, made.handed, read)
        with self._database.read() as rows:
            known = self._runs.cached(rows, parent.project, key)
        oldest = self._clock() - timedelta(hours=due.step.cache.max_age_hours)
        if known is None or known.ended_at is None or known.ended_at < oldest:
            return replace(made, cache_key=key)
        return self._taken(parent, due, replace(known, handed=made.handed), "Nothing had changed.")

    def _resumed(self, family: _Family, due: Due) -> Run | None:
        """Return the run of the same step that a resumed graph keeps; None: it runs again.

        A step after one that runs again runs again too.
        """
        fresh = {one.step for one in family.children if one.reuses is None}
        if fresh & set(rules.needs_of(due.step)):
            return None
        return next(
            (
                one
                for one in family.before
                if (one.step, one.item) == (due.step.name, due.item)
                and one.state is RunState.SUCCEEDED
            ),
            None,
        )

    def _queued(self, parent: Run, due: Due, release: Release) -> Run:
        step = due.step
        return Run(
            id=new_id(),
            project=parent.project,
            pipeline=parent.pipeline,
            release=release.digest,
            state=RunState.QUEUED,
            trigger=Trigger.STEP,
            schedule=None,
            tick=None,
            requested_by=parent.requested_by,
            parameters={},
            profile=release.profile,
            message="It waits for a free place.",
            created_at=self._clock(),
            expected_s=float(release.manifest["replay_seconds"]),
            parent=parent.id,
            step=step.name,
            item=due.item,
            priority=parent.priority,
            retry=None if step.retry is None else step.retry.model_dump(),
            timeout_s=None if step.timeout_minutes is None else step.timeout_minutes * 60.0,
        )

    def _taken(self, parent: Run, due: Due, known: Run, why: str) -> Run:
        first = known.reuses or known.id
        return replace(
            known,
            id=new_id(),
            trigger=Trigger.STEP,
            requested_by=parent.requested_by,
            message=f"It took the result of run {first}. {why}",
            created_at=self._clock(),
            started_at=None,
            ended_at=self._clock(),
            schedule=None,
            tick=None,
            attempts=0,
            cost=0.0,
            parent=parent.id,
            step=due.step.name,
            item=due.item,
            reuses=first,
            priority=parent.priority,
        )

    @contextmanager
    def _change(self, action: str, run: Run) -> Iterator[Change]:
        caller = service_caller("worker", run.project)
        subject = f"pipeline_run:{run.project}/{run.id}"
        with self._audit.change(caller, action, subject, run.project) as change:
            change.rows.lock(f"run:{run.id}")
            yield change


def _can_be_cancelled(run: Run) -> bool:
    return run.state in UNDER_WAY and not run.cancel_requested_by


def _skipped(parent: Run, step: Step, why: str, now: datetime) -> Run:
    return Run(
        id=new_id(),
        project=parent.project,
        pipeline=parent.pipeline,
        release=step.release,
        state=RunState.SKIPPED,
        trigger=Trigger.STEP,
        schedule=None,
        tick=None,
        requested_by=parent.requested_by,
        parameters={},
        profile="",
        message=why,
        created_at=now,
        ended_at=now,
        parent=parent.id,
        step=step.name,
        item=0,
    )
