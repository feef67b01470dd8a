"""Publication of features: built by the engine, judged by the policy, recorded, pointed to."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import Conflict, Invalid, PolicyRefused
from octavo_server.features.catalog.service import CatalogService, Snapshot, View, view_node
from octavo_server.features.places import Places
from octavo_server.features.publishing import rules, store
from octavo_server.features.publishing.differences import differences
from octavo_server.features.publishing.domain import Build, Impact, Order, Publication
from octavo_server.features.publishing.planning import ACTION, facts_of
from octavo_server.features.publishing.ports import FeatureEngine, Snapshots
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService

SHOWN_LEAKS = 3
"""How many leaks a refusal quotes."""
WAIT_S = 300.0
"""Seconds to wait until another process has built."""
LOOK_EVERY_S = 0.2

REPOSITORY = "feature_repo"
"""Folder of the Feast repository inside a template."""


class PublishingService:
    """Makes declarations a project's current snapshot."""

    def __init__(
        self,
        *,
        database: Database,
        catalog: CatalogService,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        engine: FeatureEngine,
        snapshots: Snapshots,
        places: Places,
    ) -> None:
        self._database = database
        self._catalog = catalog
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._engine = engine
        self._snapshots = snapshots
        self._places = places

    # ---- reading

    def declaration(self, project: str) -> FeatureDeclaration | None:
        """Return what the current snapshot declares; None before the first publication."""
        return self.declared(project)[1]

    def declared(self, project: str) -> tuple[str | None, FeatureDeclaration | None]:
        """Return the current snapshot's id and what it declares."""
        current = self._catalog.current(project)
        if current is None:
            return None, None
        with self._database.read() as rows:
            build = store.build(rows, project, current.id)
        return current.id, build.declaration if build else None

    def of_template(self, project: str, template: str | None) -> FeatureDeclaration:
        """Return what the project's template declares. Raises Invalid without one."""
        return self._engine.declare(self._order(project, template))

    def tables(self, project: str) -> Sequence[Mapping[str, Any]]:
        """Return the lake's tables that a view can be made of."""
        lake = self._places.lake(project)
        return self._engine.tables(lake) if lake.is_dir() else []

    # ---- publishing

    def publish(
        self,
        caller: Caller,
        project: str,
        template: str | None,
        reason: str,
        progress: Callable[[str], None] | None = None,
    ) -> Snapshot:
        """Build what the project's template declares and make it current, at installation.

        The policy sees what the leak check found and what the change takes away. Raises Invalid
        for a repository that can't be published, PolicyRefused when the gate stays shut.
        """
        order = self._order(project, template)
        with self._alone(order):
            built = self._engine.build(order, progress or _silent, _never)
            rules.check_publishable(built.views)
            before = self._catalog.current(project)
            if before is not None and before.id == built.snapshot:
                self._keep(project, built)
                return before
            try:
                with self._audit.change(
                    caller, "features.publish", _subject(project, built), project
                ) as change:
                    made = self.make_current(change, built, by=caller.name, reason=reason)
            except Exception:
                self._snapshots.discard(order.features, built.snapshot)
                raise
            self._snapshots.point_to(order.features, made.id)
        return made

    def _order(self, project: str, template: str | None) -> Order:
        repository = self._places.templates / (template or "") / REPOSITORY
        if template is None or not repository.is_dir():
            raise Invalid(
                f"{project} comes from no template with features.",
                "Publish in a project that was made from such a template.",
            )
        lake, features = self._places.lake(project), self._places.snapshots(project)
        return Order(project=project, repository=repository, lake=lake, features=features)

    @contextmanager
    def _alone(self, order: Order) -> Iterator[None]:
        """Wait until this process alone builds, and begin without what a killed one left."""
        until = time.monotonic() + WAIT_S
        while True:
            with self._snapshots.alone(order.features) as alone:
                if alone:
                    self.sweep(order.project)
                    yield
                    return
            if time.monotonic() > until:
                raise Conflict(
                    f"The features of {order.project} are being published by another process.",
                    "Wait until that has ended.",
                )
            time.sleep(LOOK_EVERY_S)

    def sweep(self, project: str) -> None:
        """Finish and clear up after a process that was killed; the caller builds alone."""
        self.repair(project)
        with self._database.read() as rows:
            known = store.snapshots(rows, project)
        self._snapshots.sweep(self._places.snapshots(project), known)

    def _keep(self, project: str, built: Publication) -> None:
        """Take statistics and declaration of a snapshot that is current already."""
        self._catalog.replace(project, built.views)
        with self._database.write() as rows:
            if store.build(rows, project, built.snapshot) is None:
                store.add_build(rows, _build(project, built, self._catalog.snapshot(project)))
        self.repair(project)

    def make_current(
        self,
        change: Change,
        built: Publication,
        *,
        by: str,
        reason: str,
        reached: Sequence[Impact] = (),
    ) -> Snapshot:
        """Make what was built current, inside ``change``; the pointer is the caller's to move.

        Raises PolicyRefused when the gate stays shut.
        """
        project = _project(change)
        # Under the lock: of two publications at once each sees what the other made current.
        change.rows.lock(f"features:{project}")
        names = sorted(view.name for view in built.views)
        before = self._catalog.current_in(change, project)
        known = store.build(change.rows, project, before.id) if before else None
        found = differences(known.declaration if known else None, built.declaration)
        removed = rules.removed(before.views if before else (), names)
        facts = facts_of(found, reached, built.leaks, own=False)
        self._gate(change, project, {**facts, "views_removed": len(removed)}, built.leaks)
        made = Snapshot(
            project=project,
            id=built.snapshot,
            published_at=change.at,
            published_by=by,
            reason=reason,
            views=tuple(names),
            services=tuple(sorted({name for view in built.views for name in view.services})),
            previous=before.id if before else None,
        )
        self._catalog.record(change, made, built.views)
        store.add_build(change.rows, _build(project, built, made))
        self._link(change, made, built.views)
        change.note(reason=reason, views=names, removed=removed, previous=made.previous)
        return made

    def _gate(
        self, change: Change, project: str, facts: Mapping[str, Any], leaks: Sequence[str]
    ) -> None:
        """Ask the policy; its refusal quotes the rows that leak."""
        try:
            self._policy.require(change, ACTION, change.caller, project=project, facts=facts)
        except PolicyRefused as refusal:
            if not leaks:
                raise
            shown = "; ".join(leaks[:SHOWN_LEAKS])
            raise PolicyRefused(
                f"{refusal.message} {shown}.",
                "Count an outcome only from the time at which it was known, and publish again.",
            ) from refusal

    def _link(self, change: Change, made: Snapshot, views: Sequence[View]) -> None:
        project = made.project
        snapshot = f"feature_snapshot:{project}/{made.id}"
        for view in views:
            node = view_node(project, view.name)
            source = f"source:{project}/{view.source.path}"
            self._edge(change, source, node, "feeds")
            self._edge(change, node, snapshot, "published in")
            for service in view.services:
                self._edge(change, node, f"feature_service:{project}/{service}", "part of")

    def _edge(self, change: Change, source: str, target: str, relation: str) -> None:
        project = source.partition(":")[2].partition("/")[0]
        self._lineage.link(change, source=source, target=target, relation=relation, project=project)

    # ---- keeping right

    def repair(self, project: str) -> None:
        """Point new readers to the current snapshot, should a crash have kept them elsewhere."""
        made = self._catalog.current(project)
        folder = self._places.snapshots(project)
        if made is None or self._snapshots.pointed_to(folder) == made.id:
            return
        if self._snapshots.holds(folder, made.id):
            self._snapshots.point_to(folder, made.id)


def _project(change: Change) -> str:
    return change.subject.partition(":")[2].partition("/")[0]


def _subject(project: str, built: Publication) -> str:
    return f"feature_snapshot:{project}/{built.snapshot}"


def _build(project: str, built: Publication, made: Snapshot) -> Build:
    return Build(
        project=project,
        snapshot=built.snapshot,
        declaration=built.declaration,
        loaded_rows=built.loaded_rows,
        load_seconds=built.load_seconds,
        at=made.published_at,
    )


def _silent(line: str) -> None:
    """Take a line of progress and tell nobody."""
    del line


def _never() -> bool:
    """Let a build go on to its end."""
    return False
