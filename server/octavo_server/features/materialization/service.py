"""Materialisation jobs as people see them: planned, started, looked at, cancelled."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from octavo.records.materialization import (
    Materialization,
    MaterializationList,
    MaterializationPlan,
    MaterializationRequest,
)
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.errors import Conflict, NotFound
from octavo_server.features.catalog.service import CatalogService, View
from octavo_server.features.materialization import rules, store, targets, wire
from octavo_server.features.materialization.domain import Job, Reason, State, Target
from octavo_server.features.materialization.ports import Prices
from octavo_server.identity import Caller, new_id
from octavo_server.ledger import Ledger

MOST_UNFINISHED = 20
"""Jobs of a project that may wait at the same time, besides those of its schedules."""
WAITS = "It waits for its turn: one materialisation a project runs at a time."


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A job that isn't kept yet, and what it would cost."""

    job: Job
    """The job."""
    plan: MaterializationPlan
    """What it would do and cost."""


class MaterializationService:
    """What the room offers to handlers and to its other parts about jobs."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        ledger: Ledger,
        prices: Prices,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._ledger = ledger
        self._prices = prices
        self._clock = clock

    def plan(self, project: str, wanted: MaterializationRequest) -> MaterializationPlan:
        """Return what a job would do and cost; nothing is kept. Raises NotFound, Invalid."""
        return self._drawn(project, wanted, "").plan

    def start(
        self, caller: Caller, project: str, wanted: MaterializationRequest
    ) -> Materialization:
        """Ask for a job; the worker does it. Raises NotFound, Invalid, Conflict."""
        drawn = self._drawn(project, wanted, caller.name)
        rules.check_budget(project, self._ledger.budget_left_cents(project))
        subject = f"materialization:{project}/{drawn.job.id}"
        with self._audit.change(caller, "features.materialize", subject, project) as change:
            change.rows.lock(f"materializations:{project}")
            if store.count_unfinished(change.rows, project) >= MOST_UNFINISHED:
                raise Conflict(
                    f"{MOST_UNFINISHED} materialisations of {project} wait or run already.",
                    "Wait for them, or cancel some.",
                )
            made = replace(drawn.job, created_at=change.at)
            self.add(change, made)
        return wire.job(made)

    def _drawn(self, project: str, wanted: MaterializationRequest, person: str) -> Drawn:
        now = self._clock()
        target = Target(kind=wanted.kind, name=wanted.name)
        views = targets.covered(self._catalog, project, target)
        until = wanted.until or now
        with self._database.read() as rows:
            ends = targets.ends(rows, project, views)
        since = wanted.since or rules.next_since(ends, until, timedelta(0))
        rules.check_span(since, until, now)
        length = rules.window_length(since, until, wanted.window_hours, len(views))
        reason = Reason.MANUAL if wanted.since is None else Reason.BACKFILL
        job = self.new(
            project, target, views, since, until, length, reason, requested_by=person, at=now
        )
        return Drawn(job=job, plan=self._planned(job, views))

    def new(
        self,
        project: str,
        target: Target,
        views: list[View],
        since: datetime,
        until: datetime,
        length: timedelta,
        reason: Reason,
        *,
        requested_by: str,
        at: datetime,
        **more: Any,
    ) -> Job:
        """Return a job that waits; it isn't kept yet."""
        names = tuple(sorted(one.name for one in views))
        length_s = length.total_seconds()
        return Job(
            id=new_id(),
            project=project,
            kind=target.kind,
            name=target.name,
            views=names,
            reason=reason,
            since=since,
            until=until,
            window_s=length_s,
            windows=len(rules.windows(names, since, until, length_s)),
            requested_by=requested_by,
            created_at=at,
            **({"state": State.QUEUED, "message": WAITS} | more),
        )

    def add(self, change: Change, job: Job) -> None:
        """Keep a new job. Raises RowExists for a tick that has its job."""
        store.add_job(change.rows, job)
        change.subject = f"materialization:{job.project}/{job.id}"
        change.note(
            target=f"{job.kind}:{job.name}",
            views=list(job.views),
            reason=job.reason.value,
            since=job.since.isoformat(),
            until=job.until.isoformat(),
            windows=job.windows,
            state=job.state.value,
        )

    def _planned(self, job: Job, views: list[View]) -> MaterializationPlan:
        with self._database.read() as rows:
            known = store.measured(rows, job.project, job.views)
        price = self._prices.eur_per_hour()
        expected = _most_rows(views, job.since)
        seconds, basis = rules.estimate(job.windows, known, expected)
        return MaterializationPlan(
            kind=job.kind,
            name=job.name,
            views=list(job.views),
            since=job.since,
            until=job.until,
            windows=job.windows,
            window_hours=job.window_s / 3600,
            rows=expected,
            seconds=round(seconds, 1),
            cost_eur=rules.cost_eur(seconds, price),
            profile=self._prices.profile,
            price_eur_per_hour=price,
            basis=basis,
            refusal=self._refusal(job.project),
        )

    def _refusal(self, project: str) -> str | None:
        try:
            rules.check_budget(project, self._ledger.budget_left_cents(project))
        except Conflict as refusal:
            return f"{refusal.message} {refusal.remedy}"
        return None

    # ---- looking at jobs

    def jobs(
        self,
        project: str,
        *,
        name: str | None,
        state: State | None,
        limit: int,
        offset: int,
    ) -> MaterializationList:
        """Return a page of jobs, the newest first; of one target's name where it is given."""
        where: list[Where] = [("project", "=", project)]
        where += [("name", "=", name)] if name else []
        where += [("state", "=", state.value)] if state else []
        with self._database.read() as rows:
            found = store.jobs(rows, *where, limit=limit + 1, offset=offset)
        return MaterializationList(
            items=[wire.job(one) for one in found[:limit]],
            next_cursor=str(offset + limit) if len(found) > limit else None,
        )

    def job(self, project: str, identifier: str) -> Materialization:
        """Return one job. Raises NotFound."""
        with self._database.read() as rows:
            return wire.job(_found(rows, project, identifier))

    def cancel(self, caller: Caller, project: str, identifier: str) -> Materialization:
        """Cancel a job: at once if it waits, within seconds if it is under way.

        Windows that are committed stay. Raises NotFound; IllegalMove for one that is over.
        """
        subject = f"materialization:{project}/{identifier[:64]}"
        with self._audit.change(
            caller, "features.materialization_cancel", subject, project
        ) as change:
            change.rows.lock(f"materialization:{identifier}")
            job = _found(change.rows, project, identifier)
            rules.check_cancel(job)
            asked = replace(job, cancel_requested_by=job.cancel_requested_by or caller.name)
            if job.state is State.QUEUED:
                asked = rules.moved(
                    asked,
                    State.CANCELLED,
                    message=f"{caller.name} cancelled it.",
                    ended_at=change.at,
                )
            store.save_job(change.rows, asked)
            change.note(state=asked.state.value, windows_done=asked.windows_done)
        return wire.job(asked)


def _found(rows: Rows, project: str, identifier: str) -> Job:
    found = store.job(rows, identifier, project)
    if found is None:
        raise NotFound(
            f"There is no materialisation {identifier[:64]!r} in {project}.",
            "Look at the list of materialisations.",
        )
    return found


def _most_rows(views: list[View], since: datetime) -> int | None:
    """Return how many rows there are at most; a view without events since then has none."""
    total = 0
    for view in views:
        newest = view.freshness.newest_event_at
        if view.source.rows is None:
            return None
        total += view.source.rows if newest is not None and newest >= since else 0
    return total
