"""Publication of features: built by the engine, judged by the policy, recorded, pointed to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from octavo_server.audit.service import AuditService, Change
from octavo_server.errors import Invalid, PolicyRefused
from octavo_server.features.catalog.service import CatalogService, Snapshot, View, view_node
from octavo_server.features.places import Places
from octavo_server.features.publishing import rules
from octavo_server.features.publishing.domain import Order, Publication
from octavo_server.features.publishing.ports import FeatureEngine
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService

SHOWN_LEAKS = 3
"""How many leaks a refusal quotes."""

REPOSITORY = "feature_repo"
"""Folder of the Feast repository inside a template."""


class PublishingService:
    """Makes a repository's definitions a project's current snapshot."""

    def __init__(
        self,
        catalog: CatalogService,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        engine: FeatureEngine,
        places: Places,
    ) -> None:
        self._catalog = catalog
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._engine = engine
        self._places = places

    def publish(
        self,
        caller: Caller,
        project: str,
        template: str | None,
        reason: str,
        progress: Callable[[str], None] | None = None,
    ) -> Snapshot:
        """Build the registry of the project's template and make it current.

        The policy sees what the leak check found and what the change takes away. Raises Invalid
        for a repository that can't be published, PolicyRefused when the gate stays shut.
        """
        order = self._order(project, template)
        built = self._engine.build(order, progress or _silent)
        rules.check_publishable(built.views)
        before = self._catalog.current(project)
        if before is not None and before.id == built.snapshot:
            self._catalog.replace(project, built.views)
            self.repair(project)
            return before
        try:
            made = self._decide(caller, project, reason, built)
        except Exception:
            self._engine.discard(order.features, built.snapshot)
            raise
        self._engine.point_to(order.features, made.id)
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

    def _decide(
        self,
        caller: Caller,
        project: str,
        reason: str,
        built: Publication,
    ) -> Snapshot:
        names = sorted(view.name for view in built.views)
        subject = f"feature_snapshot:{project}/{built.snapshot}"
        with self._audit.change(caller, "features.publish", subject, project) as change:
            # Under the lock: of two publications at once each sees what the other made current.
            change.rows.lock(f"features:{project}")
            before = self._catalog.current_in(change, project)
            removed = rules.removed(before.views if before else (), names)
            facts = {"leaks": len(built.leaks), "views_removed": len(removed)}
            self._gate(change, project, facts, built.leaks)
            made = Snapshot(
                project=project,
                id=built.snapshot,
                published_at=change.at,
                published_by=caller.name,
                reason=reason,
                views=tuple(names),
                services=tuple(sorted({name for view in built.views for name in view.services})),
                previous=before.id if before else None,
            )
            self._catalog.record(change, made, built.views)
            self._link(change, made, built.views)
            change.note(reason=reason, views=names, removed=removed, previous=made.previous)
        return made

    def _gate(
        self, change: Change, project: str, facts: Mapping[str, int], leaks: Sequence[str]
    ) -> None:
        """Ask the policy; its refusal quotes the rows that leak."""
        caller = change.caller
        try:
            self._policy.require(change, "ApplyFeatures", caller, project=project, facts=facts)
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

    def refresh(self, project: str) -> None:
        """Read statistics and freshness of the current snapshot again."""
        made = self._catalog.snapshot(project)
        features = self._places.snapshots(project)
        self._catalog.replace(project, self._engine.index(project, made.id, features))

    def repair(self, project: str) -> None:
        """Point new readers to the current snapshot, should a crash have kept them elsewhere."""
        made = self._catalog.current(project)
        folder = self._places.snapshots(project)
        if made is not None and self._engine.pointed_to(folder) != made.id:
            self._engine.point_to(folder, made.id)


def _silent(line: str) -> None:
    """Take a line of progress and tell nobody."""
    del line
