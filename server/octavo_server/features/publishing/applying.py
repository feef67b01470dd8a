"""Applies approved changes, one after the other; a periodic task of the worker.

Three steps, each safe to be done again: build (nobody sees it), record (one transaction with its
audit entry makes the snapshot current and is the point of no return), point readers to it. A
worker that dies leaves the change `applying`; the next one finds out how far it came and goes on.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import NotFound, OctavoError
from octavo_server.execution import WorkerBook
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing import rules, store
from octavo_server.features.publishing.domain import (
    ChangeState,
    FeatureChange,
    Order,
    Publication,
)
from octavo_server.features.publishing.ports import BuildStopped, FeatureEngine, Prices, Snapshots
from octavo_server.features.publishing.service import PublishingService
from octavo_server.identity import service_caller
from octavo_server.ledger import Ledger

log = logging.getLogger("octavo.worker")

STEPS = 7
"""The engine's five, and then: recorded, current."""
BOOKED_AS = "publish features"
"""Under which name the loading of online values is booked among the pipelines."""
_STEP = re.compile(r"\[(\d+)/\d+\] (.*?)(?:\s{2,}[\d.]+ s)?\s*")


class ChangeEnded(Exception):
    """There is nothing to apply any more: somebody stopped it meanwhile."""


class Applier:
    """Brings approved changes into force."""

    def __init__(
        self,
        *,
        database: Database,
        audit: AuditService,
        catalog: CatalogService,
        publishing: PublishingService,
        engine: FeatureEngine,
        snapshots: Snapshots,
        places: Places,
        workers: WorkerBook,
        ledger: Ledger,
        prices: Prices,
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._publishing = publishing
        self._engine = engine
        self._snapshots = snapshots
        self._places = places
        self._workers = workers
        self._ledger = ledger
        self._prices = prices
        self._stopping = threading.Event()
        self._waiting: set[str] = set()

    def stop(self) -> None:
        """End the build under way; it starts over at the worker's next start."""
        self._stopping.set()

    def step(self) -> None:
        """Apply what was approved, oldest approval first."""
        with self._database.read() as rows:
            waiting = [one for one in store.unfinished(rows) if self._is_ours(one)]
        for one in waiting:
            if not self._stopping.is_set():
                self.apply(one)

    def _is_ours(self, change: FeatureChange) -> bool:
        """Say whether nobody else applies it: no living worker but this one, which has a step."""
        if change.state is ChangeState.APPROVED or change.worker is None:
            return True
        return change.worker == self._workers.own_id or not self._workers.lives(change.worker)

    def apply(self, found: FeatureChange) -> None:
        """Apply one change to its end; while another process builds there, later."""
        with self._snapshots.alone(self._places.snapshots(found.project)) as alone:
            if not alone:
                return
            try:
                self._apply(found)
            except ChangeEnded:
                return
            except BuildStopped:
                if not self._stopping.is_set():
                    self._end(found, ChangeState.CANCELLED, "")
            except OctavoError as error:
                self._end(found, ChangeState.FAILED, f"{error.message} {error.remedy}".strip())
            except Exception:
                log.exception("the change %s of features failed in the worker", found.id)
                said = "The worker failed; its log has details."
                self._end(found, ChangeState.FAILED, said)

    def _apply(self, found: FeatureChange) -> None:
        again = found.snapshot is not None and found.worker == self._workers.own_id
        change = found if again else self._claimed(found)
        if change.snapshot is None:
            self._publishing.sweep(change.project)
            built = self._built(change)
            change = self._recorded(change, built)
        if self._pointed(change):
            self._book(change)
            self._end(change, ChangeState.APPLIED, "")

    def _pointed(self, change: FeatureChange) -> bool:
        """Point readers to what is recorded as current; False where the next step tries again.

        It can't fail any more: who reads the catalog sees it already.
        """
        try:
            self._snapshots.point_to(self._places.snapshots(change.project), str(change.snapshot))
        except Exception:
            if change.id not in self._waiting:
                self._waiting.add(change.id)
                log.exception("readers can't be pointed to %s yet", change.snapshot)
                self._note(change, "readers can't be pointed to it yet; trying again", STEPS - 1)
            return False
        self._waiting.discard(change.id)
        return True

    def _claimed(self, found: FeatureChange) -> FeatureChange:
        """Return the change once it is this worker's to apply. Raises ChangeEnded."""
        with self._change("features.apply", found) as change:
            change.rows.lock(f"features:{found.project}")
            now = _there(store.change(change.rows, found.id))
            if now.state not in {ChangeState.APPROVED, ChangeState.APPLYING}:
                raise ChangeEnded
            claimed = replace(
                now,
                state=ChangeState.APPLYING,
                worker=self._workers.own_id,
                started_at=now.started_at or change.at,
                step="starts the feature engine",
                done=0,
                steps=STEPS,
            )
            store.save(change.rows, claimed)
            change.note(change=now.id, digest=now.digest)
        return claimed

    def _built(self, change: FeatureChange) -> Publication:
        with self._database.read() as rows:
            declaration = store.declaration_of(rows, change.id)
        if declaration is None:
            raise NotFound(f"What the change {change.id} declares is gone.", "Propose it again.")
        digest = rules.digest_of(declaration, change.base_snapshot)
        rules.check_seen(change, digest)  # what was approved is what is built
        current = self._catalog.current(change.project)
        rules.check_base(change.base_snapshot, current.id if current else None)
        order = Order(
            project=change.project,
            lake=self._places.lake(change.project),
            features=self._places.snapshots(change.project),
            declaration=declaration,
        )
        built = self._engine.build(order, self._noting(change), lambda: self._stops(change))
        rules.check_publishable(built.views)
        return built

    def _noting(self, change: FeatureChange) -> Callable[[str], None]:
        def note(line: str) -> None:
            said = _STEP.fullmatch(line)
            if said is not None:
                self._note(change, said.group(2), int(said.group(1)))

        return note

    def _note(self, change: FeatureChange, step: str, done: int) -> None:
        with self._database.write() as rows:
            store.note_step(
                rows, change.id, self._workers.own_id, step=step[:200], done=done, steps=STEPS
            )

    def _stops(self, change: FeatureChange) -> bool:
        """Say whether the build is to end: the worker stops, or somebody asked."""
        if self._stopping.is_set():
            return True
        with self._database.read() as rows:
            now = store.change(rows, change.id)
        return now is None or now.cancelled_by is not None

    def _recorded(self, change: FeatureChange, built: Publication) -> FeatureChange:
        """Make the snapshot current; from here on there is no way back."""
        features, price = self._places.snapshots(change.project), self._prices.eur_per_hour()
        try:
            subject = f"feature_snapshot:{change.project}/{built.snapshot}"
            caller = service_caller("worker", change.project)
            with self._audit.change(caller, "features.publish", subject, change.project) as entry:
                entry.rows.lock(f"features:{change.project}")
                now = _there(store.change(entry.rows, change.id))
                if now.cancelled_by is not None or self._stopping.is_set():
                    raise BuildStopped
                current = self._catalog.current_in(entry, change.project)
                rules.check_base(now.base_snapshot, current.id if current else None)
                plan = store.plan_of(entry.rows, change.id)
                self._publishing.make_current(
                    entry,
                    built,
                    by=now.author,
                    reason=now.reason,
                    reached=plan.impact if plan else (),
                )
                recorded = replace(
                    now, snapshot=built.snapshot, step="recorded as current", done=STEPS - 1
                )
                store.save(entry.rows, recorded)
                for view, seconds, micro in rules.loads(built, price):
                    self._catalog.book_cost(
                        entry.rows, change.project, view, entry.at, seconds, micro
                    )
                entry.note(change=now.id, author=now.author, reviewer=now.reviewer)
        except Exception:
            self._snapshots.discard(features, built.snapshot)
            raise
        return recorded

    def _book(self, change: FeatureChange) -> None:
        """Book on the author what loading the online values took; safe to be done again."""
        with self._database.read() as rows:
            build = store.build(rows, change.project, str(change.snapshot))
        if build is not None and build.load_seconds:
            self._ledger.book(
                attempt=change.id,
                person=change.author,
                project=change.project,
                pipeline=BOOKED_AS,
                profile=self._prices.profile,
                since=build.at - timedelta(seconds=build.load_seconds),
                until=build.at,
            )

    def _end(self, found: FeatureChange, state: ChangeState, message: str) -> None:
        with self._change(f"features.{state}", found) as change:
            change.rows.lock(f"features:{found.project}")
            now = _there(store.change(change.rows, found.id))
            rules.check_move(now, state)
            if state is ChangeState.CANCELLED:
                message = f"{now.cancelled_by} stopped it."
            ended = replace(
                now,
                state=state,
                message=message,
                ended_at=change.at,
                step="current" if state is ChangeState.APPLIED else now.step,
                done=STEPS if state is ChangeState.APPLIED else now.done,
            )
            store.save(change.rows, ended)
            change.note(change=now.id, snapshot=now.snapshot, message=message)

    def _change(self, action: str, found: FeatureChange) -> AbstractContextManager[Change]:
        caller = service_caller("worker", found.project)
        subject = f"feature_change:{found.project}/{found.id}"
        return self._audit.change(caller, action, subject, found.project)


def _there(change: FeatureChange | None) -> FeatureChange:
    if change is None:
        raise NotFound("The change is gone.", "Propose it again.")
    return change
