"""Books what running attempts consume, minute by minute; a periodic task of the worker."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from octavo.records.pipelines import RunState
from octavo_server.database.rows import Database
from octavo_server.execution import WorkerBook
from octavo_server.ledger import Ledger
from octavo_server.pipelines.runs import store
from octavo_server.pipelines.runs.domain import Run


class RunUsage:
    """Tells the books how long the attempts of this worker have been running.

    So a budget sees a long run while it runs, and of an attempt whose worker died what it
    consumed until it was last seen, not until somebody noticed.
    """

    def __init__(
        self,
        database: Database,
        ledger: Ledger,
        workers: WorkerBook,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._workers = workers
        self._clock = clock

    def step(self) -> None:
        """Book every attempt that this worker has in hand until now."""
        with self._database.read() as rows:
            running = store.runs_in(rows, RunState.RUNNING)
            attempts = [(run, store.attempt(rows, run.id, run.attempts)) for run in running]
        for run, attempt in attempts:
            if attempt and attempt.state == "running" and attempt.worker == self._workers.own_id:
                book(self._ledger, run, attempt.number, attempt.started_at, self._clock())


def book(ledger: Ledger, run: Run, number: int, since: datetime, until: datetime) -> float:
    """Book an attempt of a run until a moment; return what it cost so far, in euro."""
    return ledger.book(
        attempt=f"{run.id}.{number}",
        person=run.requested_by,
        project=run.project,
        pipeline=run.pipeline,
        profile=run.profile,
        since=since,
        until=until,
    )
