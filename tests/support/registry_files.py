"""A feature registry in real folders, with an engine that reads it without Feast.

- ``FolderEngine``: lays snapshots down as publication does and reads them again; its registry is
  JSON, its data one small JSON file a view, which says the event time of the newest row
- ``Clock``: a clock that a test moves
- ``RegistryWorld``: the catalog, publishing and reconciliation on these, with the real folders
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from octavo.features import folder_digest
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.adapters.feature_registry import FeatureRegistry
from octavo_server.adapters.snapshot_folders import SnapshotFolders
from octavo_server.database.memory import MemoryDatabase
from octavo_server.errors import Invalid
from octavo_server.features.catalog.domain import Freshness, Reading, View
from octavo_server.features.catalog.reconciliation import Reconciliation
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.domain import Order, Publication
from octavo_server.features.publishing.service import PublishingService
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService
from tests.support.features import FakeEngine, declaration, published, view
from tests.support.people import ADMIN
from tests.support.services import open_audit

PROJECT = "flights"
REASON = "The features are needed."


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the moment."""
        return self.now

    def move(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


@dataclass
class FolderEngine(FakeEngine):
    """Builds what ``declared`` says: view to description; a name may be hostile."""

    clock: Callable[[], datetime] = field(default_factory=Clock)
    declared: dict[str, str] = field(default_factory=dict)
    readings: int = 0

    def build(
        self, order: Order, progress: Callable[[str], None], stop: Callable[[], bool]
    ) -> Publication:
        """Lay a snapshot down under its digest."""
        draft = order.features / ".draft"
        draft.mkdir(parents=True)
        (draft / "registry.db").write_text(json.dumps(self.declared, sort_keys=True))
        sources = {name: {"sha256": _digest(order.lake, name)} for name in self.declared}
        facts = {"project": order.project, "sources": sources}
        (draft / "snapshot.json").write_text(json.dumps(facts))
        digest = folder_digest(draft)
        if (order.features / digest).exists():
            for file in draft.iterdir():
                file.unlink()
            draft.rmdir()
        else:
            draft.rename(order.features / digest)
        views = self.index(order.project, digest, order.features, order.lake).views
        self.readings -= 1
        made = published(digest, *views)
        return replace(made, views=views, declaration=declaration())

    def index(self, project: str, snapshot: str, features: Path, lake: Path) -> Reading:  # type: ignore[override]
        """Read a snapshot and its data."""
        self.readings += 1
        try:
            declared = json.loads((features / snapshot / "registry.db").read_text())
            sources = json.loads((features / snapshot / "snapshot.json").read_text())["sources"]
        except ValueError as error:
            raise Invalid("The features can't be read.", "Publish again.") from error
        views, problems = [], []
        for name, description in sorted(declared.items()):
            if not name.isidentifier():
                problems.append(("hostile", f"{name!r} is no name."))
                continue
            newest = None
            try:
                newest = datetime.fromisoformat(data_file(lake, name).read_text())
            except OSError:
                problems.append(("unreadable", f"The data of {name} can't be read."))
            views.append(self._view(snapshot, name, description, newest, sources))
        return Reading(views=tuple(views), problems=tuple(problems))

    def _view(
        self,
        snapshot: str,
        name: str,
        description: str,
        newest: datetime | None,
        sources: dict[str, dict[str, str]],
    ) -> View:
        at = self.clock()
        made = view(name, snapshot=snapshot, description=description, history={})
        freshness = Freshness(newest_event_at=newest, materialized_until=None, checked_at=at)
        source = replace(made.source, sha256=sources[name]["sha256"])
        return replace(made, freshness=freshness, source=source)


def data_file(lake: Path, name: str) -> Path:
    """Return where a view's data lies."""
    return lake / "curated" / name / "all.parquet"


def _digest(lake: Path, name: str) -> str | None:
    try:
        content = data_file(lake, name).read_bytes()
    except OSError:
        return None
    return hashlib.sha256(hashlib.sha256(content).digest()).hexdigest()


def _told(one: View) -> tuple[object, ...]:
    newest, until = one.freshness.newest_event_at, one.freshness.materialized_until
    return one.name, one.snapshot, one.description, newest, until


class RegistryWorld:
    """The rooms of features on real folders."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.database = MemoryDatabase()
        self.audit = open_audit(self.database, folder, self.clock)
        policy = PolicyService(self.database, self.audit, CedarEngine())
        policy.install_default(default_policies())
        self.lineage = LineageService(self.database)
        (folder / "templates" / PROJECT / "feature_repo").mkdir(parents=True)
        self.places = Places(
            lakes=folder / "lake", features=folder / "features", templates=folder / "templates"
        )
        self.engine, self.folders = FolderEngine(clock=self.clock), SnapshotFolders()
        self.catalog = CatalogService(self.database, self.lineage, self.places, self.clock)
        self.publishing = PublishingService(
            database=self.database,
            catalog=self.catalog,
            audit=self.audit,
            policy=policy,
            lineage=self.lineage,
            engine=self.engine,
            snapshots=self.folders,
            places=self.places,
        )
        self.files = FeatureRegistry(self.folders, self.engine)  # type: ignore[arg-type]
        self.reconciliation = Reconciliation(
            self.database, self.audit, self.lineage, self.catalog, self.files, self.places
        )
        self.features, self.lake = self.places.snapshots(PROJECT), self.places.lake(PROJECT)

    def publish(self, **views: str) -> str:
        """Publish views by description; return the snapshot's id."""
        self.engine.declared = dict(views)
        return self.publishing.publish(ADMIN, PROJECT, PROJECT, REASON).id

    def write_data(self, name: str, newest: datetime) -> None:
        """Write a view's data, as a pipeline does."""
        file = data_file(self.lake, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(newest.isoformat())

    def compare(self, after: timedelta = timedelta(minutes=10)) -> list[str]:
        """Let time pass, compare, and return the codes of what is wrong."""
        self.clock.move(after)
        self.reconciliation.step()
        return sorted(one.code for one in self.catalog.state(PROJECT).problems)

    def snapshot(self) -> Path:
        """Return the folder of what was published last."""
        return self.features / self.catalog.snapshot(PROJECT).id

    def pointed_to(self) -> str | None:
        """Return what readers get."""
        return self.folders.pointed_to(self.features)

    def shown(self) -> dict[str, tuple[str, datetime | None]]:
        """Return what the catalog shows: view to description and newest event."""
        views = self.catalog.views(PROJECT)
        detailed = [self.catalog.view(PROJECT, one.name) for one in views]
        assert [_told(one) for one in detailed] == [_told(one) for one in views]
        return {one.name: (one.description, one.freshness.newest_event_at) for one in views}

    def held(self) -> dict[str, tuple[str, datetime | None]]:
        """Return what the registry holds now."""
        name = self.snapshot().name
        reading = self.engine.index(PROJECT, name, self.features, self.lake)
        self.engine.readings -= 1
        return {one.name: (one.description, one.freshness.newest_event_at) for one in reading.views}
