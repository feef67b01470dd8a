"""The clean-room replay: two executions in fresh processes, compared cell by cell."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import Any

from octavo.records.notebooks import CellError, SubmissionState
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import OctavoError
from octavo_server.execution import (
    WORKER_STOPS,
    Blobs,
    Ending,
    Execution,
    Happening,
    Inputs,
    Order,
    Profiles,
    RunEnvironment,
    Runner,
    WorkerBook,
)
from octavo_server.identity import service_caller
from octavo_server.notebooks import comparison, parameters, rules, store
from octavo_server.notebooks.domain import ReplayProgress, Submission

log = logging.getLogger("octavo.worker")

PASSES = 2
NOTE_EVERY_S = 0.2


class ReplayFailed(Exception):
    """The replay can't be compared; carries what a person needs to know."""

    def __init__(self, error: CellError) -> None:
        super().__init__(error.evalue)
        self.error = error


class ReplayStopped(Exception):
    """There is nothing for this worker to do, or no longer."""


class Replays:
    """Runs replays; called by the worker."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        runner: Runner,
        blobs: Blobs,
        profiles: Profiles,
        inputs: Inputs,
        environment: RunEnvironment,
        workers: WorkerBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._runner = runner
        self._blobs = blobs
        self._profiles = profiles
        self._inputs = inputs
        self._environment = environment
        self._workers = workers
        self._clock = clock
        self._stopping = threading.Event()

    def stop(self) -> None:
        """End the replays under way; they start over at the worker's next start."""
        self._stopping.set()

    def waiting(self) -> list[tuple[str, str]]:
        """Return submission id and a key for each that needs this worker.

        The key is the same for as long as the need is.
        """
        with self._database.read() as rows:
            found = []
            for identifier, state in store.unfinished(rows):
                if state is SubmissionState.QUEUED:
                    found.append((identifier, f"replay-{identifier}"))
                elif self._left_behind(store.progress_of(rows, identifier)):
                    found.append((identifier, f"replay-{identifier}-{self._workers.own_id}"))
        return found

    def run(self, identifier: str) -> None:
        """Replay one submission; one that a killed worker left behind starts over."""
        try:
            submission = self._claimed(identifier)
        except ReplayStopped:
            return
        if submission is None:
            return
        for number in range(1, PASSES + 1):
            if not self._runner.outlives(_execution_id(submission, number)):
                self._runner.sweep(_execution_id(submission, number))
        try:
            self._finish(self._replayed(submission))
            self._forget(submission)
        except ReplayStopped:
            return
        except ReplayFailed as failed:
            self._fail(submission, failed.error)
        except OctavoError as error:
            self._fail(submission, _error(error.code, f"{error.message} {error.remedy}".strip()))
        except Exception:
            log.exception("the replay of %s failed in the worker", identifier)
            self._fail(submission, _error("Internal", "The worker failed; its log has details."))

    def _claimed(self, identifier: str) -> Submission | None:
        """Return the submission once it is this worker's to replay; None if it isn't."""
        with self._database.read() as rows:
            known = store.by_id(rows, identifier)
        if known is None:
            return None
        with self._change("notebooks.replay", known) as change:
            change.rows.lock(f"submission:{identifier}")
            now = store.by_id(change.rows, identifier)
            if now is None or self._stopping.is_set():
                raise ReplayStopped
            if now.state is SubmissionState.QUEUED:
                now = rules.moved(now, SubmissionState.REPLAYING)
            elif now.state is not SubmissionState.REPLAYING or not self._left_behind(
                store.progress_of(change.rows, identifier)
            ):
                raise ReplayStopped
            store.save(change.rows, now)
            first = ReplayProgress(
                submission=identifier,
                worker=self._workers.own_id,
                pass_number=1,
                cell=0,
                cells=0,
                step="waits for an account to run under",
                started_at=change.at,
            )
            store.note_progress(change.rows, first)
            change.note(name=now.name, notebook=now.notebook_digest)
        return now

    def _left_behind(self, progress: ReplayProgress | None) -> bool:
        if progress is None:
            return True
        return progress.worker != self._workers.own_id and not self._workers.lives(progress.worker)

    def _replayed(self, submission: Submission) -> Submission:
        """Return the submission with everything that the replay found out."""
        inputs = tuple(
            self._inputs.pin(
                submission.project,
                data_of(submission),
                parameters.models_of(submission.replay_parameters),
            )
        )
        submission = replace(submission, inputs=inputs)
        first, second = (self._execute(submission, number) for number in range(1, PASSES + 1))
        again = self._inputs.pin(
            submission.project,
            data_of(submission),
            parameters.models_of(submission.replay_parameters),
        )
        changed = comparison.changed_inputs(inputs, again)
        if changed:
            raise ReplayFailed(
                _error("InputsChanged", f"While it ran, {', '.join(changed)} changed.")
            )
        base, other = results_of(first), results_of(second)
        verdict = comparison.compare(
            base["cells"], other["cells"], submission.tolerance, base["files"], other["files"]
        )
        return replace(
            submission,
            verdict=verdict.model_copy(update={"reason": "the second execution against the first"}),
            environment=rules.environment(second.python or "", second.packages or {}),
            replay_seconds=second.seconds,
            results_digest=self._blobs.put(json.dumps(base, sort_keys=True).encode()),
        )

    def _execute(self, submission: Submission, number: int) -> Execution:
        profile = self._profiles.run_profile(submission.profile)
        identifier = _execution_id(submission, number)
        order = Order(
            id=identifier,
            notebook=self._blobs.get(submission.notebook_digest),
            parameters=parameters.injections(submission.parameters, submission.replay_parameters),
            environment=self._environment.variables(
                execution=identifier,
                project=submission.project,
                profile=submission.profile,
                life_s=profile.limits.wall_s,
                inputs=submission.inputs,
            ),
            limits=profile.limits,
            profile=profile.id,
            record_environment=True,
        )
        note = _Notes(
            self._database,
            ReplayProgress(
                submission=submission.id,
                worker=self._workers.own_id,
                pass_number=number,
                cell=0,
                cells=0,
                step="starts a fresh kernel",
                started_at=self._clock(),
            ),
        )

        def stop() -> str | None:
            note.keep()
            return WORKER_STOPS if self._stopping.is_set() else None

        done = self._runner.execute(order, happened=note.happened, stop=stop)
        if done.ending in (Ending.STOPPED, Ending.LEFT):
            raise ReplayStopped
        if done.ending is not Ending.SUCCEEDED:
            raise ReplayFailed(failure_of(done))
        return done

    def _finish(self, replayed: Submission) -> None:
        ready = replace(replayed, bundle_digest=rules.digest_of(rules.bundle(replayed)))
        self._move(ready, "notebooks.replayed", SubmissionState.REVIEWABLE)

    def _forget(self, submission: Submission) -> None:
        for number in range(1, PASSES + 1):
            self._runner.sweep(_execution_id(submission, number))

    def _fail(self, submission: Submission, error: CellError) -> None:
        self._forget(submission)
        failed = replace(submission, replay_error=error)
        self._move(failed, "notebooks.replay_failed", SubmissionState.FAILED)

    def _move(self, submission: Submission, action: str, to: SubmissionState) -> None:
        with self._change(action, submission) as change:
            moved = rules.moved(submission, to)
            store.save(change.rows, moved)
            change.note(name=moved.name, **_summary(moved))

    def _change(self, action: str, submission: Submission) -> AbstractContextManager[Change]:
        subject = f"submission:{submission.project}/{submission.id}"
        caller = service_caller("worker", submission.project)
        return self._audit.change(caller, action, subject, submission.project)


class _Notes:
    """Keeps how far a replay is, not more often than people look."""

    def __init__(self, database: Database, progress: ReplayProgress) -> None:
        self._database = database
        self._progress = progress
        self._kept: ReplayProgress | None = None
        self._next = 0.0
        self.keep()

    def happened(self, happening: Happening) -> None:
        """Take a happening in."""
        progress = replace(self._progress, cells=happening.cells or self._progress.cells)
        if happening.kind == "cell_started" and happening.cell is not None:
            progress = replace(progress, step=f"runs cell {happening.cell + 1}")
        elif happening.kind == "cell_finished" and happening.cell is not None:
            progress = replace(progress, cell=happening.cell + 1)
        elif happening.kind == "finished":
            progress = replace(progress, step="compares")
        self._progress = progress
        self.keep()

    def keep(self) -> None:
        """Write what is new, unless something was written just now."""
        if self._kept == self._progress or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + NOTE_EVERY_S
        with self._database.write() as rows:
            store.note_progress(rows, self._progress)
        self._kept = self._progress


def data_of(submission: Submission) -> list[str]:
    """Return the lake paths that the submission named."""
    return [one.name for one in submission.inputs if one.kind == "data"]


def results_of(done: Execution) -> dict[str, Any]:
    """Return what is kept of an execution to compare others with."""
    output = json.loads(done.output or b"{}")
    return {
        "cells": comparison.results(output),
        "files": {one.path: one.digest for one in done.files},
    }


def failure_of(done: Execution) -> CellError:
    """Return what made an execution fail, for a person."""
    if done.failure is None:
        return _error(done.ending.value, done.message)
    one = done.failure
    return CellError(
        cell=one.cell,
        source=one.source,
        ename=one.ename,
        evalue=one.evalue,
        traceback=one.traceback,
    )


def _error(name: str, message: str) -> CellError:
    return CellError(cell=None, ename=name, evalue=message)


def _execution_id(submission: Submission, number: int) -> str:
    return f"replay-{submission.id}-{number}"


def _summary(submission: Submission) -> dict[str, Any]:
    if submission.replay_error:
        return {"error": submission.replay_error.ename, "cell": submission.replay_error.cell}
    if submission.verdict is None:
        return {"notebook": submission.notebook_digest}
    return {"verdict": submission.verdict.outcome, "bundle": submission.bundle_digest}
