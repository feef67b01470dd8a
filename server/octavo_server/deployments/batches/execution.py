"""The worker's side of a batch: partition by partition, each committed once; goes on after a kill.

A partition is *staged* before it shows: its output lies durably beside its place, and its digest is
in the row. A worker that dies then leaves enough for the next one to commit without scoring again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.deployments.batches import rules, store
from octavo_server.deployments.batches.domain import Batch, Partition, PartitionState, State
from octavo_server.deployments.batches.outcome import Outcome, Signed
from octavo_server.deployments.batches.ports import (
    Bench,
    Desk,
    Lake,
    Models,
    PartitionFailed,
    Stopped,
)
from octavo_server.errors import Conflict, NotFound, OctavoError, Unavailable
from octavo_server.execution import WorkerBook
from octavo_server.identity import service_caller
from octavo_server.ledger import Ledger
from octavo_server.stopping import Stop

log = logging.getLogger("octavo.worker")

BOOK_EVERY_S = 30.0


class Batches:
    """Executes batches, one a calling thread and one a project at a time."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        models: Models,
        lake: Lake,
        bench: Bench,
        ledger: Ledger,
        outcome: Outcome,
        workers: WorkerBook,
        clock: Callable[[], datetime],
        at_once: int = 1,
    ) -> None:
        """``at_once`` batches of the installation are under way together, of one project one."""
        self._database = database
        self._audit = audit
        self._models = models
        self._lake = lake
        self._bench = bench
        self._ledger = ledger
        self._outcome = outcome
        self._workers = workers
        self._clock = clock
        self._at_once = at_once
        self._stopping = threading.Event()
        self._booked_at: dict[str, float] = {}

    def stop(self) -> None:
        """End what is under way; it goes on when a worker is there again."""
        self._stopping.set()

    def waiting(self) -> list[tuple[str, str]]:
        """Return batch id and a key for each that needs this worker; the key stays the same."""
        with self._database.read() as rows:
            every = store.unfinished(rows)
        found, now = [], self._clock()
        running = [one for one in every if one.state is State.RUNNING]
        busy = {one.project for one in running}
        free = self._at_once - len(running)
        for batch in every:
            if batch.state is State.RUNNING and self._left_behind(batch):
                found.append((batch.id, f"recover-{batch.id}-{batch.attempts}-{self._own}"))
            elif batch.state is State.QUEUED and batch.project not in busy and free > 0:
                busy.add(batch.project)
                if rules.retry_at(batch) <= now:
                    free -= 1
                    found.append((batch.id, f"batch-{batch.id}-{batch.attempts + 1}"))
        return found

    def run(self, identifier: str) -> None:
        """Bring one batch as far as it goes; returns at once if another has it in hand."""
        with self._database.read() as rows:
            batch = store.batch(rows, identifier)
        if batch is not None and batch.state is State.RUNNING and self._left_behind(batch):
            self._lose(batch, "Its worker died.")
        elif batch is not None and batch.state is State.QUEUED and not self._stopping.is_set():
            begun = self._begin(batch)
            if begun is not None:
                self._attempt(begun)

    @property
    def _own(self) -> str:
        return self._workers.own_id

    def _left_behind(self, batch: Batch) -> bool:
        if batch.worker is None:
            return True
        return batch.worker != self._own and not self._workers.lives(batch.worker)

    def _attempt(self, batch: Batch) -> None:
        try:
            self._check_model(batch)
            self._partitions(batch)
            self._finish(batch)
        except Stopped:
            self._finish(batch)
        except Unavailable as error:
            self._lose(batch, f"{error.message} {error.remedy}".strip())
        except OctavoError as error:
            self._end(batch, State.FAILED, f"{error.message} {error.remedy}".strip())
        except Exception:
            # Whatever it was, the batch must not stay as if somebody were at work on it.
            log.exception("batch %s: the worker failed", batch.id)
            self._lose(batch, "The worker failed on it; its log has the details.")

    def _check_model(self, batch: Batch) -> None:
        """Raise unless the version is still what was chosen, and its signature holds."""
        found = self._models.model(batch.project, batch.model, batch.version)
        if found.digest != batch.digest:
            raise Conflict(
                f"v{batch.version} of {batch.model} has the digest {found.digest[:12]}, chosen was "
                f"{batch.digest[:12]}.",
                "Start another batch.",
            )
        rules.check_model(batch.model, found, (), batch.environment)

    # ---- partitions

    def _partitions(self, batch: Batch) -> None:
        with self._database.read() as rows:
            staged = store.partitions(rows, batch.id, [PartitionState.STAGED])
        for one in staged:
            self._commit(batch, one)
        with self._database.read() as rows:
            left = store.partitions(rows, batch.id, [PartitionState.WAITING])
        if not left:
            return
        stop = Stop(lambda: self._cancelled(batch.id), self._stopping)
        with self._bench.desk(batch) as desk:
            for one in left:
                if stop() or rules.over(self._read(batch.id)):
                    return
                self._score(batch, one, desk, stop)

    def _score(self, batch: Batch, one: Partition, desk: Desk, stop: Callable[[], bool]) -> None:
        tried = replace(one, tries=one.tries + 1)
        try:
            scored = desk.score(tried, stop)
            digest, size = self._lake.stage(batch, tried, scored.file)
        except PartitionFailed as error:
            self._fail(batch, tried, error)
            return
        staged = replace(
            tried,
            state=PartitionState.STAGED,
            digest=digest,
            size=size,
            rows=scored.rows,
            seconds=scored.seconds,
            engine=scored.engine,
            input_digest=scored.input_digest,
            message="",
            remedy="",
        )
        with self._database.write() as rows:
            store.save_partition(rows, staged)
        self._commit(batch, staged)

    def _commit(self, batch: Batch, one: Partition) -> None:
        """Show a staged output and note it; what is gone meanwhile is scored again."""
        try:
            shown = self._lake.publish(batch, one)
        except PartitionFailed as error:
            self._fail(batch, one, error)
            return
        if not shown:
            with self._database.write() as rows:
                back = replace(one, state=PartitionState.WAITING, digest=None)
                store.save_partition(rows, back)
            return
        at = self._clock()
        self._note(
            batch,
            replace(one, state=PartitionState.DONE, committed_at=at),
            done=1,
            rows=one.rows,
            seconds=one.seconds,
        )

    def _fail(self, batch: Batch, one: Partition, error: PartitionFailed) -> None:
        failed = replace(
            one,
            state=PartitionState.FAILED,
            digest=None,
            message=error.message[:2_000],
            remedy=error.remedy[:2_000],
        )
        self._note(batch, failed, failed=1)

    def _note(self, batch: Batch, one: Partition, **grown: float) -> None:
        """Keep a partition's end and the batch's sums together."""
        cost = self._booked_now_and_then(batch)
        with self._database.write() as rows:
            rows.lock(f"batch:{batch.id}")
            now = store.batch(rows, batch.id) or batch
            sums: dict[str, Any] = {name: getattr(now, name) + by for name, by in grown.items()}
            moved = replace(now, lost=0, **sums)
            if cost is not None:
                moved = replace(moved, cost_eur=cost)
            store.save_partition(rows, one)
            store.save(rows, replace(moved, message=f"{rules.progress(moved)}."))

    def _booked_now_and_then(self, batch: Batch) -> float | None:
        last = self._booked_at.get(batch.id)
        if last is not None and time.monotonic() - last < BOOK_EVERY_S:
            return None
        self._booked_at[batch.id] = time.monotonic()
        return self._booked(batch)

    def _booked(self, batch: Batch) -> float:
        """Book what this attempt consumed until now; return what the batch cost, in euro."""
        cost = self._ledger.book(
            attempt=f"{batch.id}.{batch.attempts}",
            person=batch.requested_by,
            project=batch.project,
            pipeline=rules.cost_name(batch.model),
            profile=batch.profile,
            since=batch.attempt_at or self._clock(),
            until=self._clock(),
        )
        return round(batch.cost_before + cost, 6)

    # ---- moves

    def _begin(self, batch: Batch) -> Batch | None:
        """Take the batch in hand; None if it isn't there for us any more, or no turn is free."""
        with self._change("deployments.batch_begin", batch) as change:
            change.rows.lock("batches:turns")
            now = store.batch(change.rows, batch.id)
            if now is None or now.state is not State.QUEUED:
                return None
            running = [one for one in store.unfinished(change.rows) if one.state is State.RUNNING]
            if len(running) >= self._at_once or batch.project in {one.project for one in running}:
                return None
            begun = rules.moved(
                now,
                State.RUNNING,
                message="The model is being loaded.",
                attempts=now.attempts + 1,
                attempt_at=change.at,
                started_at=now.started_at or change.at,
                worker=self._own,
                cost_before=now.cost_eur or 0.0,
            )
            store.save(change.rows, begun)
            change.note(attempt=begun.attempts, done=begun.done)
        return begun

    def _finish(self, batch: Batch) -> None:
        """End a batch that is through, or whose person or worker wanted it to stop."""
        now = self._read(batch.id)
        with self._database.read() as rows:
            left = store.partitions(
                rows, batch.id, [PartitionState.WAITING, PartitionState.STAGED], limit=1
            )
        if not left or rules.over(now):
            self._end(now, *rules.ending(now))
        elif now.cancel_requested_by:
            said = f"{now.cancel_requested_by} cancelled it; {rules.progress(now)}."
            self._end(now, State.CANCELLED, said)
        elif self._stopping.is_set():
            self._lose(now, "The worker was stopped.", counts=False)
        else:
            self._lose(now, "A scored output was gone before it was committed.")

    def _end(self, batch: Batch, to: State, message: str) -> None:
        self._booked_at.pop(batch.id, None)
        cost = self._booked(self._read(batch.id))
        signed = self._signed(batch)
        with self._change("deployments.batch_end", batch) as change:
            now = store.batch(change.rows, batch.id)
            if now is None or now.state is not State.RUNNING or now.attempts != batch.attempts:
                return
            ended = rules.moved(now, to, message=message[:2_000], ended_at=change.at, cost_eur=cost)
            if signed is not None:
                ended = replace(ended, manifest_digest=signed.digest, envelope=signed.envelope)
                self._outcome.link(change, ended, signed)
            store.save(change.rows, ended)
            change.note(
                state=to.value,
                done=ended.done,
                failed=ended.failed,
                rows=ended.rows,
                manifest=ended.manifest_digest,
                message=message[:500],
            )

    def _signed(self, batch: Batch) -> Signed | None:
        """Sign what there is; outputs without a manifest are worth more than a batch in limbo."""
        try:
            return self._outcome.signed(self._read(batch.id))
        except (OctavoError, OSError):
            log.exception("batch %s: its outputs can't be signed", batch.id)
            return None

    def _lose(self, batch: Batch, why: str, *, counts: bool = True) -> None:
        """Put a batch back whose attempt broke off; what it committed stays."""
        with self._change("deployments.batch_lost", batch) as change:
            now = store.batch(change.rows, batch.id)
            if now is None or now.state is not State.RUNNING or now.attempts != batch.attempts:
                return
            to, message = rules.after_loss(now, why)
            if not counts and to is State.FAILED:
                to = State.QUEUED
            ended_at = change.at if to is not State.QUEUED else None
            back = rules.moved(now, to, message=message[:2_000], ended_at=ended_at, worker=None)
            store.save(change.rows, replace(back, lost=now.lost + counts))
            change.note(attempt=batch.attempts, state=back.state.value, reason=why[:500])

    def _cancelled(self, identifier: str) -> bool:
        with self._database.read() as rows:
            found = store.batch(rows, identifier)
        return found is None or found.cancel_requested_by is not None

    def _read(self, identifier: str) -> Batch:
        with self._database.read() as rows:
            found = store.batch(rows, identifier)
        if found is None:
            raise NotFound(f"Batch {identifier} is gone.", "Start another one.")
        return found

    @contextmanager
    def _change(self, action: str, batch: Batch) -> Iterator[Change]:
        """Open a governed write on a batch that nobody else writes meanwhile."""
        caller = service_caller("worker", batch.project)
        subject = f"batch:{batch.project}/{batch.id}"
        with self._audit.change(caller, action, subject, batch.project) as change:
            change.rows.lock(f"batch:{batch.id}")
            yield change
