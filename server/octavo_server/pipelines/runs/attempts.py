"""The worker's side of a run: verify, execute, commit one result; decide about lost attempts."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from octavo.records.notebooks import CellError, Verdict
from octavo.records.pipelines import Artifact, RunState
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.errors import Internal, OctavoError
from octavo_server.execution import (
    WORKER_STOPS,
    Blobs,
    Ending,
    Execution,
    Order,
    RunEnvironment,
    Runner,
    WorkerBook,
)
from octavo_server.identity import service_caller
from octavo_server.ledger import Ledger
from octavo_server.lineage.service import LineageService
from octavo_server.notebooks.service import NotebooksService, VerifiedRelease
from octavo_server.pipelines.runs import evidence, rules, store
from octavo_server.pipelines.runs.domain import ENDED, Attempt, AttemptState, Run
from octavo_server.pipelines.runs.following import Following
from octavo_server.pipelines.runs.ports import ProvenanceSigner
from octavo_server.pipelines.runs.service import RunsService
from octavo_server.pipelines.runs.usage import book
from octavo_server.pipelines.runs.work import Work, WorkBook

log = logging.getLogger("octavo.worker")

LOOK_EVERY_S = 0.5

_STATES: dict[Ending, tuple[RunState, AttemptState]] = {
    Ending.SUCCEEDED: (RunState.SUCCEEDED, "succeeded"),
    Ending.FAILED: (RunState.FAILED, "failed"),
    Ending.STOPPED: (RunState.CANCELLED, "cancelled"),
}


class Attempts:
    """Executes runs, one a calling thread."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        lineage: LineageService,
        notebooks: NotebooksService,
        runs: RunsService,
        book: WorkBook,
        runner: Runner,
        blobs: Blobs,
        environment: RunEnvironment,
        ledger: Ledger,
        signer: ProvenanceSigner,
        workers: WorkerBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._lineage = lineage
        self._notebooks = notebooks
        self._runs = runs
        self._book = book
        self._runner = runner
        self._blobs = blobs
        self._environment = environment
        self._ledger = ledger
        self._signer = signer
        self._workers = workers
        self._clock = clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End what is under way; each of those attempts counts as lost."""
        self._stopping.set()

    def waiting(self) -> list[tuple[str, str]]:
        """Return run id and a key for each run that needs this worker: left behind, or queued.

        The key is the same for as long as the need is.
        """
        return [*self.left_behind(), *self.queued()]

    def queued(self) -> list[tuple[str, str]]:
        """Return run id and a key for each run whose turn it is, by priority and age.

        A run whose pipeline has no place or whose time hasn't come isn't there.
        """
        places: dict[tuple[str, str], int] = {}
        with self._database.read() as rows:
            return [
                (run.id, f"run-{run.id}-{run.attempts + 1}")
                for run in store.runs_in(rows, RunState.QUEUED)
                if self._may_start(rows, run, places)
            ]

    def left_behind(self) -> list[tuple[str, str]]:
        """Return run id and a key for each run whose worker is gone."""
        with self._database.read() as rows:
            return [
                (run.id, f"recover-{run.id}-{run.attempts}-{self._workers.own_id}")
                for run in store.runs_in(rows, RunState.RUNNING)
                if self._left_behind(store.attempt(rows, run.id, run.attempts))
            ]

    def _may_start(self, rows: Rows, run: Run, places: dict[tuple[str, str], int]) -> bool:
        """Whether it is a queued run's turn; ``places`` counts what this look lets start."""
        if self._is_early(run):
            return False
        if not run.concurrency or run.step:
            return True
        pipeline = (run.project, run.pipeline)
        if pipeline not in places:
            places[pipeline] = run.concurrency - store.under_way(rows, run)
        places[pipeline] -= 1
        return places[pipeline] >= 0

    def run(self, identifier: str) -> None:
        """Bring one run as far as it goes; returns at once if another has it in hand."""
        try:
            self._bring(identifier)
        except Exception:
            # Whatever it was, the run must not stay as if somebody were at work on it.
            log.exception("run %s: the worker failed", identifier)
            self._rescue(identifier)

    def _bring(self, identifier: str) -> None:
        while not self._stopping.is_set():
            with self._database.read() as rows:
                run = store.run(rows, identifier)
                last = store.attempt(rows, identifier, run.attempts) if run else None
            if run is None:
                return
            if run.state is RunState.RUNNING and self._left_behind(last):
                self._take_over(run)
            elif run.state is not RunState.QUEUED or self._is_early(run) or not self._attempt(run):
                return

    def _take_over(self, run: Run) -> None:
        """Go on with an attempt that outlived its worker; else it is lost."""
        if not self._runner.outlives(_execution_id(run)):
            self._runner.sweep(_execution_id(run))
            self._lose(run, "Its worker died.")
            return
        try:
            work = self._book.of(run)
        except OctavoError as error:
            self._runner.sweep(_execution_id(run))
            self._lose(run, f"Its worker died, and {error.message}")
            return
        with self._change("pipelines.take_over", run) as change:
            now = store.run(change.rows, run.id)
            last = store.attempt(change.rows, run.id, run.attempts)
            if now is None or last is None or now.state is not RunState.RUNNING:
                return
            if now.attempts != run.attempts or not self._left_behind(last):
                return
            change.note(attempt=run.attempts, worker=last.worker)
            store.save_attempt(change.rows, replace(last, worker=self._workers.own_id))
        self._follow_through(now, work)

    def _rescue(self, identifier: str) -> None:
        with self._database.read() as rows:
            run = store.run(rows, identifier)
            last = store.attempt(rows, identifier, run.attempts) if run else None
        fault = Internal("The worker failed on this run.", "Its log has the details.")
        if run is not None and run.state is RunState.QUEUED:
            self._refuse(run, fault)
        elif run is not None and last is not None and last.worker == self._workers.own_id:
            self._lose(run, fault.message)

    def _left_behind(self, attempt: Attempt | None) -> bool:
        if attempt is None:
            return True
        return attempt.worker != self._workers.own_id and not self._workers.lives(attempt.worker)

    def _is_early(self, run: Run) -> bool:
        return run.not_before is not None and run.not_before > self._clock()

    def _attempt(self, run: Run) -> bool:
        """Try a run once; False: it isn't this worker's, or has no place now."""
        try:
            work = self._book.of(run)
        except OctavoError as error:
            self._refuse(run, error)
            return False
        begun = self._begin(run, work)
        if begun is None:
            return False
        self._follow_through(begun, work)
        return True

    def _follow_through(self, begun: Run, work: Work) -> None:
        """Execute an attempt to its end, and keep what came of it."""
        done = self._execute(begun, work)
        if done.ending is Ending.LEFT:
            return
        begun = replace(begun, cost=self._booked(begun))
        if done.ending is Ending.VANISHED or (
            done.ending is Ending.STOPPED and done.message == WORKER_STOPS
        ):
            self._lose(begun, done.message, done)
        else:
            self._commit(self._with_late_changes(begun), work.release, done)
        self._runner.sweep(_execution_id(begun))

    def _with_late_changes(self, run: Run) -> Run:
        """Return the run with the inputs that were changed under its hands."""
        try:
            now = self._book.read_now(run)
        except OctavoError as error:
            return replace(run, inputs_changed=(*run.inputs_changed, error.message))
        late = [f"{one} (while it ran)" for one in self._notebooks.changed_inputs(run.inputs, now)]
        return replace(run, inputs_changed=(*run.inputs_changed, *late))

    def _refuse(self, run: Run, error: OctavoError) -> None:
        message = f"{error.message} {error.remedy}".strip()
        with self._change("pipelines.refuse", run) as change:
            now = store.run(change.rows, run.id)
            if now is None or now.state is not RunState.QUEUED:
                return
            change.note(error=error.code, reason=message)
            self._runs.move(change, now, RunState.REFUSED, message, ended_at=change.at)

    def _begin(self, run: Run, work: Work) -> Run | None:
        """Move the run to running with a new attempt; None if it isn't there for us any more.

        A profile that was retired has led to another by now: that one is what the run uses.
        """
        with self._change("pipelines.begin", run) as change:
            now = store.run(change.rows, run.id)
            if now is None or now.state is not RunState.QUEUED:
                return None
            if now.concurrency and not now.step:
                change.rows.lock(f"places:{now.project}/{now.pipeline}")
                if not self._runs.has_place(change.rows, now):
                    return None
            number = now.attempts + 1
            attempt = Attempt(
                run=run.id,
                number=number,
                state="running",
                worker=self._workers.own_id,
                started_at=change.at,
            )
            store.save_attempt(change.rows, attempt)
            change.note(attempt=number)
            return self._runs.move(
                change,
                replace(
                    now, inputs=work.read, inputs_changed=work.changed, profile=work.profile.id
                ),
                RunState.RUNNING,
                f"It runs. {work.profile.said}".strip(),
                attempts=number,
                started_at=now.started_at or change.at,
                cell=0,
                cells=0,
                not_before=None,
            )

    def _execute(self, run: Run, work: Work) -> Execution:
        identifier = _execution_id(run)
        order = Order(
            id=identifier,
            notebook=work.notebook,
            parameters=work.parameters,
            environment=self._environment.variables(
                execution=run.id,
                project=run.project,
                profile=run.profile,
                life_s=work.profile.limits.wall_s,
                inputs=run.inputs,
            ),
            limits=rules.limits_of(run, work.profile.limits),
            profile=work.profile.id,
            files={one.path: one.digest for one in run.handed},
        )
        follow = Following(self._database, run)
        asked = _Stop(self._database, run, self._stopping)

        def stop() -> str | None:
            follow.keep()
            return asked()

        try:
            return self._runner.execute(order, happened=follow.happened, stop=stop)
        except OctavoError as error:
            # It never started, so nothing is unknown.
            return Execution(ending=Ending.FAILED, message=error.message, seconds=0.0)
        finally:
            follow.keep(at_once=True)

    def _commit(self, run: Run, release: VerifiedRelease | None, done: Execution) -> None:
        """Keep the one result of the run; a result that comes too late is dropped."""
        state, attempt_state = _STATES[done.ending]
        output = self._blobs.put(done.output) if done.output else None
        artifacts = tuple(
            Artifact(path=one.path, digest=one.digest, size=one.size) for one in done.files
        )
        proven = release if state is RunState.SUCCEEDED else None
        verdict = self._verdict(run, proven, done) if proven else None
        with self._change("pipelines.commit", run) as change:
            now = store.run(change.rows, run.id)
            if now is None or now.state is not RunState.RUNNING or now.attempts != run.attempts:
                log.warning("run %s: attempt %s came too late", run.id, run.attempts)
                return
            self._end_attempt(change, run, attempt_state, done.message, done)
            ended = replace(
                now,
                ended_at=change.at,
                cost=run.cost,
                output_digest=output,
                artifacts=artifacts,
                comparison=verdict,
                inputs_changed=run.inputs_changed,
                error=_error(done),
            )
            if proven:
                ended = replace(ended, provenance_digest=self._signed(ended, proven, verdict))
                evidence.link(self._lineage, change, ended)
            change.note(attempt=run.attempts, verdict=verdict.outcome if verdict else None)
            again = rules.retry_at(now, change.at) if state is RunState.FAILED else None
            if again is not None and self._book.may_repeat(now):
                waits = replace(now, not_before=again, cost=run.cost, error=_error(done))
                self._runs.move(change, waits, RunState.QUEUED, rules.retried(waits, done.message))
                return
            self._runs.move(change, ended, state, done.message)

    def _verdict(self, run: Run, release: VerifiedRelease, done: Execution) -> Verdict:
        files = {one.path: one.digest for one in done.files}
        if dict(run.parameters) == dict(release.replay_parameters):
            found = self._notebooks.compare(release, done.output, files)
            return found.model_copy(update={"reason": evidence.reason("the release's replay", run)})
        with self._database.read() as rows:
            first = store.first_success(rows, run)
        if first is None or first.output_digest is None:
            given = evidence.differing(run.parameters, release.replay_parameters)
            return Verdict(
                outcome="not_compared",
                reason=f"The replay ran with other values of {given}, and this is the first run "
                "with these.",
            )
        left = {one.path: one.digest for one in first.artifacts}
        base = self._notebooks.results(self._blobs.get(first.output_digest), left)
        found = self._notebooks.compare(release, done.output, files, base)
        against = f"run {first.id}, the first with these parameters"
        return found.model_copy(update={"reason": evidence.reason(against, run)})

    def _signed(self, run: Run, release: VerifiedRelease, verdict: Verdict | None) -> str:
        envelope = evidence.signed(self._signer, run, release, verdict)
        return self._blobs.put(json.dumps(envelope, sort_keys=True).encode())

    def _lose(self, run: Run, why: str, done: Execution | None = None) -> None:
        with self._change("pipelines.lose", run) as change:
            now = store.run(change.rows, run.id)
            if now is None or now.state is not RunState.RUNNING or now.attempts != run.attempts:
                return
            self._end_attempt(change, run, "lost", why, done)
            now = replace(now, cost=run.cost)
            to, message = rules.after_loss(now, idempotent=self._book.may_repeat(now), why=why)
            if now.cancel_requested_by and now.approved:
                to, message = RunState.UNKNOWN, f"{why} It was being cancelled."
            change.note(attempt=run.attempts, reason=why)
            ended_at = change.at if to in ENDED else None
            self._runs.move(change, now, to, message, ended_at=ended_at)

    def _end_attempt(
        self, change: Change, run: Run, state: AttemptState, message: str, done: Execution | None
    ) -> None:
        found = store.attempt(change.rows, run.id, run.attempts)
        if found is None:
            return
        ended = replace(found, state=state, message=message, ended_at=change.at)
        if done is not None:
            ended = replace(ended, account=done.account, peak_memory_mib=done.peak_memory_mib)
        store.save_attempt(change.rows, ended)

    def _booked(self, run: Run) -> float:
        """Book what all attempts consumed and return its cost; booking twice does no harm.

        When a lost attempt ended nobody knows: it counts until it was last seen.
        """
        with self._database.read() as rows:
            attempts = store.attempts(rows, run.id)
        cost = 0.0
        for one in attempts:
            until = one.started_at if one.state == "lost" else one.ended_at or self._clock()
            cost += book(self._ledger, run, one.number, one.started_at, until)
        return round(cost, 6)

    @contextmanager
    def _change(self, action: str, run: Run) -> Iterator[Change]:
        """Open a governed write on a run that nobody else writes meanwhile."""
        caller = service_caller("worker", run.project)
        subject = f"pipeline_run:{run.project}/{run.id}"
        with self._audit.change(caller, action, subject, run.project) as change:
            change.rows.lock(f"run:{run.id}")
            yield change


class _Stop:
    """Tells the runner whether to stop; looks into the database now and then."""

    def __init__(self, database: Database, run: Run, stopping: threading.Event) -> None:
        self._database = database
        self._run = run
        self._stopping = stopping
        self._next = 0.0

    def __call__(self) -> str | None:
        if self._stopping.is_set():
            return WORKER_STOPS
        if time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + LOOK_EVERY_S
        with self._database.read() as rows:
            run = store.run(rows, self._run.id)
        if run is None or run.cancel_requested_by is None:
            return None
        return f"{run.cancel_requested_by} cancelled it."


def _error(done: Execution) -> CellError | None:
    if done.ending is not Ending.FAILED:
        return None
    if done.failure is None:
        return CellError(cell=None, ename="Stopped", evalue=done.message)
    one = done.failure
    return CellError(
        cell=one.cell,
        source=one.source,
        ename=one.ename,
        evalue=one.evalue,
        traceback=one.traceback,
    )


def _execution_id(run: Run) -> str:
    return f"{run.id}-{run.attempts}"
