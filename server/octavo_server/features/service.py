"""The feature registry: search, detail, snapshots, gated publication, online reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.errors import Invalid, NotFound, PolicyRefused
from octavo_server.features import rules, search, store
from octavo_server.features.domain import Cell, Consumer, Hit, Order, Publication, Snapshot, View
from octavo_server.features.ports import FeatureEngine, OnlineStore
from octavo_server.features.rules import EntityValue
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService

SHOWN_LEAKS = 3
"""How many leaks a refusal quotes."""

REPOSITORY = "feature_repo"
"""Folder of the Feast repository inside a template."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where lakes, snapshots and installed templates lie."""

    lakes: Path
    """One folder a project."""
    features: Path
    """One folder a project."""
    templates: Path
    """One folder a template."""

    def lake(self, project: str) -> Path:
        """Return the project's lake."""
        return self.lakes / project

    def snapshots(self, project: str) -> Path:
        """Return the project's folder of snapshots."""
        return self.features / project


class FeaturesService:
    """The discovery index and what stands behind it."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        lineage: LineageService,
        engine: FeatureEngine,
        online: OnlineStore,
        places: Places,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._lineage = lineage
        self._engine = engine
        self._online = online
        self._places = places
        self._clock = clock

    def find(self, project: str, query: str) -> list[Hit]:
        """Return the views that match ``query``, best first; all of them without one."""
        with self._database.read() as rows:
            views = store.views(rows, project)
        return search.search(views, query)

    def view(self, project: str, name: str) -> View:
        """Return one view of the current snapshot. Raises NotFound."""
        with self._database.read() as rows:
            found = store.view(rows, project, name)
        if found is None:
            raise NotFound(f"There is no feature view {name[:100]!r} in {project}.")
        return found

    def consumers(self, view: View) -> list[Consumer]:
        """Return what was made from ``view``: services, then whatever used them."""
        graph = self._lineage.around(view.project, _view_node(view.project, view.name), 3)
        relations = {edge.target: edge.relation for edge in graph.edges}
        return [
            Consumer(node=one.id, kind=one.kind, name=one.label, relation=relations[one.id])
            for one in graph.nodes
            if one.distance > 0 and one.id in relations
        ]

    def snapshot(self, project: str) -> Snapshot:
        """Return the current snapshot. Raises NotFound before the first publication."""
        found = self.current(project)
        if found is None:
            raise NotFound(
                f"No features were published in {project} yet.", "Ask a project admin to publish."
            )
        return found

    def current(self, project: str) -> Snapshot | None:
        """Return the current snapshot, or None before the first publication."""
        with self._database.read() as rows:
            return store.current(rows, project)

    def folder(self, project: str, snapshot: str) -> Path:
        """Return where a published snapshot lies. Raises NotFound for one that never was."""
        with self._database.read() as rows:
            if store.snapshot(rows, project, snapshot) is None:
                raise NotFound(f"There is no feature snapshot {snapshot[:64]!r} in {project}.")
        return self._places.snapshots(project) / snapshot

    def online(
        self, project: str, features: Sequence[str], entities: Sequence[Mapping[str, EntityValue]]
    ) -> list[dict[str, Cell]]:
        """Return, for each entity, the newest value of each ``view:feature``.

        Raises Invalid for a missing or mistyped join key, NotFound for an unknown feature.
        """
        with self._database.read() as rows:
            views = {view.name: view for view in store.views(rows, project)}
        wanted = rules.wanted_columns(views, features)
        answers: list[dict[str, Cell]] = [{} for _ in entities]
        for view in {one.name: one for one, _ in wanted}.values():
            columns = [column for one, column in wanted if one.name == view.name]
            keys = [rules.entity_key(view, entity) for entity in entities]
            folder = self._places.snapshots(project)
            stored = self._online.read(folder, view, columns, keys)
            now = self._clock()
            for answer, values in zip(answers, stored, strict=True):
                for column in columns:
                    cell = rules.cell(view, column, values.get(column), now)
                    answer[f"{view.name}:{column}"] = cell
        return answers

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
        before = self.current(project)
        if before is not None and before.id == built.snapshot:
            self._replace_index(project, built.views)
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
            before = store.current(change.rows, project)
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
            store.publish(change.rows, made)
            store.replace_views(change.rows, project, built.views)
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
            node = _view_node(project, view.name)
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
        made = self.snapshot(project)
        features = self._places.snapshots(project)
        self._replace_index(project, self._engine.index(project, made.id, features))

    def _replace_index(self, project: str, views: Sequence[View]) -> None:
        with self._database.write() as rows:
            store.replace_views(rows, project, views)

    def repair(self, project: str) -> None:
        """Point new readers to the current snapshot, should a crash have kept them elsewhere."""
        made = self.current(project)
        folder = self._places.snapshots(project)
        if made is not None and self._engine.pointed_to(folder) != made.id:
            self._engine.point_to(folder, made.id)


def _silent(line: str) -> None:
    """Take a line of progress and tell nobody."""
    del line


def _view_node(project: str, view: str) -> str:
    return f"feature_view:{project}/{view}"
