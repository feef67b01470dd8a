"""The worker's side of a job: window by window, each committed once; goes on after a kill."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import OctavoError, Unavailable
from octavo_server.execution import WorkerBook
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.materialization import rules, store
from octavo_server.features.materialization.domain import Job, Reached, Staged, State
from octavo_server.features.materialization.ports import Engine, OnlineWriter, Prices
from octavo_server.features.materialization.pushed_rows import PushedRows
from octavo_server.features.places import Places
from octavo_server.identity import service_caller
from octavo_server.ledger import Ledger
from octavo_server.stopping import Stop

log = logging.getLogger("octavo.worker")

MICRO = 1_000_000


class _Moved(Exception):
    """Another snapshot became current: what was computed with the one before is not written."""


class Materializations:
    """Executes jobs, one a calling thread and one a project at a time."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        engine: Engine,
        online: OnlineWriter,
        pushed: PushedRows,
        ledger: Ledger,
        prices: Prices,
        places: Places,
        workers: WorkerBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._engine = engine
        self._online = online
        self._pushed = pushed
        self._ledger = ledger
        self._prices = prices
        self._places = places
        self._workers = workers
        self._clock = clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End what is under way; it goes on when a worker is there again."""
        self._stopping.set()

    def waiting(self) -> list[tuple[str, str]]:
        """Return job id and a key for each job that needs this worker: its project's first one.

        The key is the same for as long as the need is.
        """
        with self._database.read() as rows:
            every = store.unfinished(rows)
        found, now = [], self._clock()
        busy = {one.project for one in every if one.state is State.RUNNING}
        for job in every:
            if job.state is State.RUNNING and self._left_behind(job):
                found.append((job.id, f"recover-{job.id}-{job.attempts}-{self._workers.own_id}"))
            elif job.state is State.QUEUED and job.project not in busy:
                busy.add(job.project)
                if rules.retry_at(job) <= now:
                    found.append((job.id, f"materialization-{job.id}-{job.attempts + 1}"))
        return found

    def run(self, identifier: str) -> None:
        """Bring one job as far as it goes; returns at once if another has it in hand."""
        with self._database.read() as rows:
            job = store.job(rows, identifier)
        if job is not None and job.state is State.RUNNING and self._left_behind(job):
            self._lose(job, "Its worker died.")
        elif job is not None and job.state is State.QUEUED and not self._stopping.is_set():
            begun = self._begin(job)
            if begun is not None:
                self._attempt(begun)

    def _left_behind(self, job: Job) -> bool:
        if job.worker is None:
            return True
        return job.worker != self._workers.own_id and not self._workers.lives(job.worker)

    def _attempt(self, job: Job) -> None:
        try:
            self._pushed.flush(job.project, self._clock(), at_once=True)
            while not self._windows(job.id):
                log.info("materialisation %s begins anew on another snapshot", job.id)
            self._finish(job)
        except Unavailable as error:
            self._lose(job, f"{error.message} {error.remedy}".strip())
        except OctavoError as error:
            self._end(job, State.FAILED, f"{error.message} {error.remedy}".strip())
        except Exception:
            # Whatever it was, the job must not stay as if somebody were at work on it.
            log.exception("materialisation %s: the worker failed", job.id)
            self._lose(job, "The worker failed on it; its log has the details.")

    # ---- windows

    def _windows(self, identifier: str) -> bool:
        """Commit the windows that are left; False when the snapshot changed under them."""
        job = self._read(identifier)
        left = rules.windows(job.views, job.since, job.until, job.window_s)[job.windows_done :]
        if not left:
            return True
        features = self._places.snapshots(job.project)
        stop = Stop(lambda: self._cancelled(identifier), self._stopping)
        try:
            with self._engine.staging(features, left, stop) as staged:
                for one in staged:
                    if stop():
                        break
                    self._commit(identifier, one)
        except _Moved:
            return False
        return True

    def _commit(self, identifier: str, staged: Staged) -> None:
        """Show one window to readers, then note it; a kill between both shows it once more."""
        job = self._read(identifier)
        features = self._places.snapshots(job.project)
        if self._online.snapshot(features) != staged.snapshot:
            raise _Moved
        window = staged.window
        self._online.merge(features, job.project, window.view, staged.file)
        cost = self._booked(job)
        price = self._prices.eur_per_hour()
        with self._database.write() as rows:
            rows.lock(f"materialization:{identifier}")
            now = store.job(rows, identifier) or job
            store.save_job(
                rows,
                replace(
                    now,
                    windows_done=now.windows_done + 1,
                    rows=now.rows + staged.rows,
                    seconds=now.seconds + staged.seconds,
                    snapshot=staged.snapshot,
                    cost_eur=cost,
                    message=f"{window.view} is online up to {window.until:%Y-%m-%d %H:%M} UTC.",
                ),
            )
            at = self._clock()
            store.add_reached(
                rows,
                Reached(
                    project=job.project,
                    view=window.view,
                    until=window.until,
                    job=job.id,
                    at=at,
                    seconds=staged.seconds,
                    rows=staged.rows,
                ),
            )
            self._catalog.note_freshness(
                rows,
                job.project,
                window.view,
                materialized_until=window.until,
                newest_event_at=staged.newest_event_at,
            )
            micro = round(rules.cost_eur(staged.seconds, price) * MICRO)
            self._catalog.book_cost(rows, job.project, window.view, at, staged.seconds, micro)

    def _booked(self, job: Job) -> float:
        """Book what this attempt consumed until now; return what the job cost so far, in euro."""
        began = job.attempt_at or self._clock()
        cost = self._ledger.book(
            attempt=f"{job.id}.{job.attempts}",
            person=job.requested_by,
            project=job.project,
            pipeline=rules.pipeline_name(job.target),
            profile=self._prices.profile,
            since=began,
            until=self._clock(),
        )
        return round(job.cost_before + cost, 6)

    # ---- moves

    def _begin(self, job: Job) -> Job | None:
        """Take the job in hand; None if it isn't there for us any more, or its project is busy."""
        with self._change("features.materialization_begin", job) as change:
            change.rows.lock(f"materializations:{job.project}")
            now = store.job(change.rows, job.id)
            if now is None or now.state is not State.QUEUED:
                return None
            others = store.unfinished(change.rows, job.project)
            if any(one.state is State.RUNNING for one in others):
                return None
            begun = rules.moved(
                now,
                State.RUNNING,
                message="The feature engine starts.",
                attempts=now.attempts + 1,
                attempt_at=change.at,
                started_at=now.started_at or change.at,
                worker=self._workers.own_id,
                cost_before=now.cost_eur or 0.0,
            )
            store.save_job(change.rows, begun)
            change.note(attempt=begun.attempts, state=begun.state.value)
        return begun

    def _finish(self, job: Job) -> None:
        """End a job whose windows are done, or whose person or worker wanted it to stop."""
        now = self._read(job.id)
        if now.windows_done >= now.windows:
            self._end(now, State.SUCCEEDED, rules.done_message(now))
        elif now.cancel_requested_by:
            self._end(now, State.CANCELLED, f"{now.cancel_requested_by} cancelled it.")
        else:
            self._lose(now, "The worker was stopped.", counts=False)

    def _end(self, job: Job, to: State, message: str) -> None:
        cost = self._booked(self._read(job.id))
        with self._change("features.materialization_end", job) as change:
            now = store.job(change.rows, job.id)
            if now is None or now.state is not State.RUNNING or now.attempts != job.attempts:
                return
            ended = rules.moved(now, to, message=message, ended_at=change.at, cost_eur=cost)
            store.save_job(change.rows, ended)
            change.note(
                state=to.value,
                windows_done=ended.windows_done,
                rows=ended.rows,
                snapshot=ended.snapshot,
                message=message,
            )

    def _lose(self, job: Job, why: str, *, counts: bool = True) -> None:
        """Put a job back whose attempt came to nothing; what it committed stays."""
        with self._change("features.materialization_lost", job) as change:
            now = store.job(change.rows, job.id)
            if now is None or now.state is not State.RUNNING or now.attempts != job.attempts:
                return
            to, message = rules.after_loss(now, why)
            ended_at = change.at if to is not State.QUEUED else None
            back = rules.moved(now, to, message=message, ended_at=ended_at, worker=None)
            if not counts:
                back = replace(back, state=State.QUEUED, ended_at=None)
            store.save_job(change.rows, back)
            change.note(attempt=job.attempts, state=back.state.value, reason=why)

    def _cancelled(self, identifier: str) -> bool:
        with self._database.read() as rows:
            found = store.job(rows, identifier)
        return found is None or found.cancel_requested_by is not None

    def _read(self, identifier: str) -> Job:
        with self._database.read() as rows:
            found = store.job(rows, identifier)
        assert found is not None  # noqa: S101 - jobs are never removed
        return found

    @contextmanager
    def _change(self, action: str, job: Job) -> Iterator[Change]:
        """Open a governed write on a job that nobody else writes meanwhile."""
        caller = service_caller("worker", job.project)
        subject = f"materialization:{job.project}/{job.id}"
        with self._audit.change(caller, action, subject, job.project) as change:
            change.rows.lock(f"materialization:{job.id}")
            yield change
