"""Registrations as long work: asked for, watched, cancelled, and never silently lost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, IllegalMove, NotFound, OctavoError, Unavailable
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.registry.registration import store
from octavo_server.registry.registration.domain import MOVES, UNFINISHED, Job, Order, State, Step
from octavo_server.registry.registration.service import RegistrationService
from octavo_server.registry.registration.watch import Cancelled
from octavo_server.registry.versions.service import ModelVersion

log = logging.getLogger("octavo.registration")

AT_ONCE: Final = 2
"""Registrations of one process that are under way together; each takes a core and a copy."""
MOST_WAITING: Final = 50
BEAT_S: Final = 0.5
"""Seconds between two looks at whether somebody cancelled."""
LOST_S: Final = 60
"""Seconds without a word after which a registration's process counts as dead."""
SHOWN: Final = 50
LOST = "The service ended while the model was being registered."


class Spawn(Protocol):
    """Starts work beside what goes on."""

    def __call__(self, work: Callable[[], None]) -> object:
        """Start it and return at once."""


def in_thread(work: Callable[[], None]) -> None:
    """Start work in a thread that keeps no process alive."""
    threading.Thread(target=work, name="registration", daemon=True).start()


class RegistrationJobs:
    """Starts registrations and tells how far they are."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        registration: RegistrationService,
        clock: Callable[[], datetime],
        spawn: Spawn = in_thread,
    ) -> None:
        self._database = database
        self._audit = audit
        self._registration = registration
        self._clock = clock
        self._spawn = spawn
        self._turns = threading.BoundedSemaphore(AT_ONCE)

    def start(self, caller: Caller, order: Order) -> Job:
        """Begin a registration; returns before it is done.

        Raises what :meth:`RegistrationService.prepare` does, Conflict while the same model is
        being registered, and Unavailable while too many wait.
        """
        job = self._begun(caller, order)

        def work() -> None:
            with suppress(OctavoError):
                self._run(caller, job)

        self._spawn(work)
        return job

    def register(self, caller: Caller, order: Order) -> ModelVersion:
        """Register and wait for the end, which is kept and audited like any other.

        Raises what :meth:`start` and :meth:`RegistrationService.register` do.
        """
        return self._run(caller, self._begun(caller, order))

    def _begun(self, caller: Caller, order: Order) -> Job:
        _, model = self._registration.prepare(order)
        subject = f"model:{order.project}/{order.name}"
        action = "registry.registration.start"
        with self._audit.change(caller, action, subject, order.project) as change:
            waiting = store.unfinished(change.rows)
            self._check_room(waiting, order, model.model_id)
            job = Job(
                id=new_id(),
                project=order.project,
                name=order.name,
                run_id=order.run_id,
                model_id=model.model_id,
                card=order.card,
                owner=order.owner or caller.name,
                convert=order.convert,
                state=State.QUEUED,
                step=Step.QUEUED,
                requested_by=caller.name,
                created_at=change.at,
                seen_at=change.at,
            )
            store.add(change.rows, job)
            change.note(registration=job.id, run=job.run_id, model=job.model_id)
        return job

    def get(self, project: str, identifier: str) -> Job:
        """Return a registration of a project. Raises NotFound."""
        with self._database.read() as rows:
            return _of(store.get(rows, identifier), project, identifier)

    def newest(self, project: str, name: str | None) -> list[Job]:
        """Return a project's registrations, the newest first."""
        with self._database.read() as rows:
            return store.newest(rows, project, name, SHOWN)

    def cancel(self, caller: Caller, project: str, identifier: str) -> Job:
        """Ask for the end of a registration. Raises NotFound, or IllegalMove when it has ended."""
        subject = f"registration:{project}/{identifier}"
        action = "registry.registration.cancel"
        with self._audit.change(caller, action, subject, project) as change:
            job = _of(store.get(change.rows, identifier), project, identifier)
            if job.state not in UNFINISHED:
                raise IllegalMove(
                    f"This registration is {job.state.value} already.", "Nothing is to be done."
                )
            store.cancel(change.rows, job.id, caller.name)
            change.note(model=job.name)
        return replace(job, cancel_requested_by=caller.name)

    def end_lost(self) -> int:
        """End registrations whose process has died, and return how many those were."""
        with self._database.read() as rows:
            found = store.silent(rows, self._clock() - timedelta(seconds=LOST_S))
        for job in found:
            self._end(service_caller("worker"), job, State.FAILED, Unavailable(LOST, _AGAIN))
        return len(found)

    def _check_room(self, waiting: list[Job], order: Order, model_id: str) -> None:
        if len(waiting) >= MOST_WAITING:
            raise Unavailable(
                f"{len(waiting)} registrations are under way or waiting; {MOST_WAITING} may.",
                "Try again in a few minutes.",
            )
        same = (order.project, order.name, model_id)
        if any((one.project, one.name, one.model_id) == same for one in waiting):
            raise Conflict(
                f"This logged model is being registered as a version of {order.name} already.",
                "Wait for that registration, or cancel it.",
            )

    def _run(self, caller: Caller, job: Job) -> ModelVersion:
        """Carry a registration out; however it ends is kept. Raises OctavoError."""
        watch = _JobWatch(self._database, self._clock, job)
        try:
            while not self._turns.acquire(timeout=BEAT_S):
                watch.beat()
            try:
                watch.begin()
                return self._registration.register(caller, job.order, watch)
            finally:
                self._turns.release()
        except Cancelled as error:
            self._end(caller, watch.job, State.CANCELLED, error)
            raise
        except OctavoError as error:
            self._end(caller, watch.job, State.FAILED, error)
            raise
        except Exception as error:
            # The thread's last chance to say so: nobody else would ever learn of it.
            log.exception("registration %s failed", job.id)
            fault = Unavailable(_FAULT, _AGAIN)
            self._end(caller, watch.job, State.FAILED, fault)
            raise fault from error

    def _end(self, caller: Caller, job: Job, to: State, error: OctavoError) -> None:
        subject = f"model:{job.project}/{job.name}"
        action = "registry.registration.end"
        with self._audit.change(caller, action, subject, job.project) as change:
            present = store.get(change.rows, job.id) or job
            if to not in MOVES[present.state]:
                return
            ended = replace(
                present, state=to, message=error.message, remedy=error.remedy, ended_at=change.at
            )
            store.save(change.rows, ended)
            change.note(
                registration=job.id, outcome=to.value, code=error.code, why=error.message[:500]
            )


_AGAIN = "Register the model again."
_FAULT = "Octavo failed at this; the service's log says more."


class _JobWatch:
    """Keeps how far a registration is, and ends it when somebody cancelled."""

    def __init__(self, database: Database, clock: Callable[[], datetime], job: Job) -> None:
        self._database = database
        self._clock = clock
        self.job = job
        self._looked_at = time.monotonic()

    def begin(self) -> None:
        """Say that it is its turn."""
        self._save(state=State.RUNNING, started_at=self._clock())

    def step(self, step: Step) -> None:
        """Keep that a step begins."""
        if step is not self.job.step:
            self._save(step=step, step_at=self._clock())

    def copied(self, done: int, total: int) -> None:
        """Keep how much is copied, now and then."""
        self.job = replace(self.job, done=done, total=total)
        self.beat()

    def beat(self) -> None:
        """Say that it goes on, now and then."""
        if time.monotonic() - self._looked_at >= BEAT_S:
            self._save()

    def kept(self, change: Change, version: int) -> None:
        """Keep that it is done, in the version's own transaction."""
        self.job = replace(
            self.job,
            state=State.DONE,
            step=Step.DONE,
            version=version,
            ended_at=change.at,
            seen_at=change.at,
        )
        store.save(change.rows, self.job)

    def _save(self, **changed: Any) -> None:
        self._looked_at = time.monotonic()
        self.job = replace(self.job, seen_at=self._clock(), **changed)
        with self._database.write() as rows:
            present = store.get(rows, self.job.id)
            if present is None or present.state not in UNFINISHED:
                raise Cancelled("The registration was ended.", _AGAIN)
            if present.cancel_requested_by is not None:
                who = present.cancel_requested_by
                raise Cancelled(f"{who} cancelled the registration.", "Nothing was registered.")
            store.save(rows, self.job)


def _of(job: Job | None, project: str, identifier: str) -> Job:
    if job is None or job.project != project:
        raise NotFound(
            f"Project {project} has no registration {identifier[:64]!r}.",
            "See the project's list of registrations.",
        )
    return job
