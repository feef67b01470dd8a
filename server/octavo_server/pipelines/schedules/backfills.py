"""Backfills: a pipeline is run once for each day of a range, a few at a time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from octavo.records.pipelines import BackfillList, BackfillRequest, PipelineBackfill, RunState
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database, RowExists, Rows
from octavo_server.errors import IllegalMove, NotFound, OctavoError
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.pipelines.schedules import rules, store
from octavo_server.pipelines.schedules.domain import Backfill
from octavo_server.pipelines.schedules.ports import Pipelines, Wanted

log = logging.getLogger("octavo.worker")

OVER = frozenset({"succeeded", "failed", "cancelled", "refused", "skipped", "unknown"})


class RunsOfBackfills(Protocol):
    """What backfills know of their runs."""

    def of_backfill(self, rows: Rows, backfill: str) -> Mapping[datetime, tuple[str, RunState]]:
        """Return day (UTC midnight) -> id and state of its run."""

    def cancel_for(self, caller: Caller, project: str, run: str) -> None:
        """Cancel a run that isn't over; one that is stays as it is."""


class BackfillsService:
    """What people do with backfills, and what the worker does about them."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        pipelines: Pipelines,
        runs: RunsOfBackfills,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._pipelines = pipelines
        self._runs = runs
        self._clock = clock

    def backfills(self, project: str, name: str) -> BackfillList:
        """Return a pipeline's backfills, the newest first. Raises NotFound."""
        self._pipelines.accept(project, name, {})
        with self._database.read() as rows:
            found = store.backfills(rows, project, name)
            return BackfillList(items=[self._shown(rows, one) for one in found])

    def start(
        self, caller: Caller, project: str, name: str, wanted: BackfillRequest
    ) -> PipelineBackfill:
        """Run a pipeline for each day of a range. Raises NotFound, Invalid."""
        days = rules.days_between(wanted.first, wanted.last, newest_first=wanted.newest_first)
        given = {**wanted.parameters, wanted.parameter: days[0]}
        checked = self._pipelines.accept(project, name, given)
        self._pipelines.accept(project, name, {**wanted.parameters, wanted.parameter: days[-1]})
        subject = f"pipeline:{project}/{name}"
        with self._audit.change(caller, "pipelines.backfill", subject, project) as change:
            made = Backfill(
                id=new_id(),
                project=project,
                pipeline=name,
                parameter=wanted.parameter,
                days=days,
                parameters={one: checked[one] for one in wanted.parameters},
                at_a_time=wanted.at_a_time,
                state="running",
                created_by=caller.name,
                created_at=change.at,
            )
            store.add_backfill(change.rows, made)
            change.note(backfill=made.id, first=days[0], last=days[-1], days=len(days))
            return self._shown(change.rows, made)

    def cancel(self, caller: Caller, project: str, identifier: str) -> PipelineBackfill:
        """Start no further day, and cancel the runs under way. Raises NotFound, IllegalMove."""
        with self._database.read() as rows:
            known = store.backfill(rows, identifier)
        if known is None or known.project != project:
            raise NotFound(
                f"There is no backfill {identifier[:64]!r} in this project.",
                "Look at the pipeline's backfills.",
            )
        subject = f"pipeline:{project}/{known.pipeline}"
        with self._audit.change(caller, "pipelines.cancel_backfill", subject, project) as change:
            change.rows.lock(f"backfill:{identifier}")
            found = store.backfill(change.rows, identifier)
            if found is None or found.state != "running":
                raise IllegalMove(
                    f"Backfill {identifier} is over; only one that goes on can be cancelled.",
                    "Nothing is left to cancel.",
                )
            change.note(backfill=identifier)
            store.save_backfill(change.rows, replace(found, cancel_requested_by=caller.name))
            runs = self._runs.of_backfill(change.rows, identifier)
        for run, state in runs.values():
            if state.value not in OVER:
                self._runs.cancel_for(caller, project, run)
        self._bring(found)
        with self._database.read() as rows:
            now = store.backfill(rows, identifier)
            return self._shown(rows, now or found)

    def step(self) -> int:
        """Bring every backfill on; return how many runs were started. For the worker."""
        with self._database.read() as rows:
            found = store.open_backfills(rows)
        return sum(self._bring(one) for one in found)

    def _bring(self, backfill: Backfill) -> int:
        caller = service_caller("worker", backfill.project)
        subject = f"pipeline:{backfill.project}/{backfill.pipeline}"
        with self._database.read() as rows:
            now = store.backfill(rows, backfill.id)
            runs = self._runs.of_backfill(rows, backfill.id)
        if now is None or now.state != "running" or not _moves(now, runs):
            return 0
        try:
            with self._audit.change(
                caller, "pipelines.advance_backfill", subject, backfill.project
            ) as change:
                change.rows.lock(f"backfill:{backfill.id}")
                now = store.backfill(change.rows, backfill.id) or now
                runs = self._runs.of_backfill(change.rows, backfill.id)
                due = _due(now, runs)
                for day in due:
                    self._pipelines.start_for(change, _wanted(now, day))
                change.subject = subject
                change.note(backfill=backfill.id, days=due)
                if not due and _is_over(now, runs):
                    state = "cancelled" if now.cancel_requested_by else "done"
                    change.note(state=state)
                    store.save_backfill(change.rows, replace(
                        now, ended_at=change.at,
                        state="cancelled" if now.cancel_requested_by else "done",
                    ))  # fmt: skip
                return len(due)
        except RowExists:
            return 0
        except OctavoError as error:
            log.warning("backfill %s: %s", backfill.id, error.message)
            return 0

    def _shown(self, rows: Rows, one: Backfill) -> PipelineBackfill:
        states = [state.value for _, state in self._runs.of_backfill(rows, one.id).values()]
        return PipelineBackfill(
            id=one.id,
            pipeline=one.pipeline,
            parameter=one.parameter,
            first=min(one.days),
            last=max(one.days),
            days=len(one.days),
            at_a_time=one.at_a_time,
            state=one.state,
            started=len(states),
            succeeded=states.count("succeeded"),
            ended=sum(1 for state in states if state in OVER),
            created_by=one.created_by,
            created_at=one.created_at,
            ended_at=one.ended_at,
            cancel_requested_by=one.cancel_requested_by,
        )


Runs = Mapping[datetime, tuple[str, RunState]]


def _due(backfill: Backfill, runs: Runs) -> list[str]:
    """Return the days whose run is to be made now."""
    if backfill.cancel_requested_by:
        return []
    under_way = sum(1 for _, state in runs.values() if state.value not in OVER)
    left = [day for day in backfill.days if _midnight(day) not in runs]
    return left[: max(0, backfill.at_a_time - under_way)]


def _is_over(backfill: Backfill, runs: Runs) -> bool:
    all_made = bool(backfill.cancel_requested_by) or len(runs) == len(backfill.days)
    return all_made and all(state.value in OVER for _, state in runs.values())


def _moves(backfill: Backfill, runs: Runs) -> bool:
    return bool(_due(backfill, runs)) or _is_over(backfill, runs)


def _midnight(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _wanted(backfill: Backfill, day: str) -> Wanted:
    return Wanted(
        project=backfill.project,
        pipeline=backfill.pipeline,
        trigger="backfill",
        requested_by=backfill.created_by,
        given={**backfill.parameters, backfill.parameter: day},
        message="It waits for a free place.",
        backfill=backfill.id,
        tick=_midnight(day),
    )
