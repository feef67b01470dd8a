"""Runs as people and other areas see them."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from octavo.records.pipelines import (
    PipelineRun,
    PipelineRunEvent,
    PipelineRunList,
    PipelineRunSummary,
    Provenance,
    RunState,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import IllegalMove, NotFound, OctavoError
from octavo_server.execution import Blobs
from octavo_server.identity import Caller
from octavo_server.ledger import Ledger
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import next_cursor, offset_of
from octavo_server.pipelines.runs import rules, store, views
from octavo_server.pipelines.runs.domain import ENDED, Event, Handed, Run, RunKind, Trigger
from octavo_server.pipelines.runs.filters import RunFilter
from octavo_server.pipelines.runs.ports import ProvenanceSigner

__all__ = ["ENDED", "Handed", "Run", "RunKind", "RunsService", "Trigger"]


class RunsService:
    """What the room offers to handlers, to other rooms and to other areas."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        lineage: LineageService,
        blobs: Blobs,
        ledger: Ledger,
        signer: ProvenanceSigner,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._lineage = lineage
        self._blobs = blobs
        self._ledger = ledger
        self._signer = signer
        self._clock = clock

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
        pipeline: str | None = None,
        state: RunState | None = None,
        asked: RunFilter | None = None,
        limit: int,
        cursor: str | None,
        seen_by: str | None = None,
    ) -> PipelineRunList:
        """Return a page of runs, the newest first. Raises Invalid for a bad cursor or filter.

        ``asked`` stands for ``pipeline`` and ``state``; ``seen_by`` leaves out what is private to
        others than that person.
        """
        offset = offset_of(cursor)
        where: list[Where] = [("project", "=", project)]
        where += [("private_to", "in", ["", seen_by])] if seen_by is not None else []
        where += (asked or RunFilter(pipeline=pipeline, state=state)).where()
        with self._database.read() as rows:
            found = store.runs(rows, *where, limit=limit + 1, offset=offset)
        now = self._clock()
        items: list[PipelineRunSummary] = [views.summary(one, now) for one in found[:limit]]
        return PipelineRunList(items=items, next_cursor=next_cursor(found, limit, offset))

    def last_of(self, project: str, pipeline: str) -> PipelineRunSummary | None:
        """Return a pipeline's newest run; None before the first."""
        where: list[Where] = [("project", "=", project), *RunFilter(pipeline=pipeline).where()]
        with self._database.read() as rows:
            last = next(iter(store.runs(rows, *where, limit=1)), None)
        return None if last is None else views.summary(last, self._clock())

    def run(self, project: str, identifier: str) -> PipelineRun:
        """Return a run with its evidence. Raises NotFound."""
        one = self._run(project, identifier)
        with self._database.read() as rows:
            attempts = store.attempts(rows, identifier)
            children = store.children(rows, identifier) if one.kind == "graph" else []
        return views.run(one, attempts, self._clock(), views.graph_steps(one, children))

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
            self.request_cancel(change, one, caller.name)
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

    # ---- for graphs

    def graphs_under_way(self) -> list[Run]:
        """Return the runs of graphs that wait or go on."""
        with self._database.read() as rows:
            return store.unfinished_runs(rows, "graph")

    def family(self, rows: Rows, graph: str) -> tuple[Run | None, list[Run]]:
        """Return a graph's run and the runs of its steps, as they are in this transaction."""
        return store.run(rows, graph), store.children(rows, graph)

    def record(self, project: str, identifier: str) -> Run:
        """Return a run as it is kept. Raises NotFound."""
        return self._run(project, identifier)

    def cached(self, rows: Rows, project: str, key: str) -> Run | None:
        """Return a run whose result another one may take, or None."""
        return store.cached(rows, project, key)

    def has_place(self, rows: Rows, run: Run) -> bool:
        """Whether its pipeline may have one more run under way."""
        return not run.concurrency or store.under_way(rows, run) < run.concurrency

    def ended_since(
        self, project: str, pipeline: str, moment: datetime, ended: str
    ) -> tuple[str, datetime] | None:
        """Return a pipeline's first run that ended so after a moment, and when; None: none did."""
        states = [RunState.SUCCEEDED] if ended == "succeeded" else [RunState.FAILED]
        states = [RunState.SUCCEEDED, RunState.FAILED] if ended == "any" else states
        with self._database.read() as rows:
            run = store.ended_since(rows, project, pipeline, moment, states)
        return None if run is None or run.ended_at is None else (run.id, run.ended_at)

    def of_backfill(self, rows: Rows, backfill: str) -> dict[datetime, tuple[str, RunState]]:
        """Return day (UTC midnight) -> id and state of a backfill's runs."""
        return {
            run.tick: (run.id, run.state)
            for run in store.of_backfill(rows, backfill)
            if run.tick is not None
        }

    def cancel_for(self, caller: Caller, project: str, run: str) -> None:
        """Cancel a run that isn't over; one that is stays as it is."""
        with suppress(IllegalMove):
            self.cancel(caller, project, run)

    def request_cancel(self, change: Change, run: Run, person: str) -> None:
        """Cancel a run: at once if it waits, within seconds if it is under way."""
        asked = replace(run, cancel_requested_by=run.cancel_requested_by or person)
        if run.state is RunState.QUEUED:
            self.move(
                change, asked, RunState.CANCELLED, f"{person} cancelled it.", ended_at=change.at
            )
        elif run.state is RunState.RUNNING and not run.cancel_requested_by:
            store.save_run(change.rows, asked)

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

    def _run(self, project: str, identifier: str) -> Run:
        with self._database.read() as rows:
            found = store.run(rows, identifier, project)
        if found is None:
            raise _no_run(identifier)
        return found


def _no_run(identifier: str) -> NotFound:
    return NotFound(f"There is no run {identifier[:64]!r} in this project.", "Look at the runs.")
