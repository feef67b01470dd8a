"""Features in a notebook: Feast's own store on the registry snapshot that the work is pinned to.

::

    from octavo.features import store

    features = store().get_historical_features(
        entity_df=flights, features=["carrier_delay:carrier_delay_mean_24h"]
    ).to_df()

The snapshot is an immutable folder named by its digest; it is checked before it is read. Joins are
point-in-time correct by two clocks: a value must have happened, and must have been readable, by
the row's time. On-demand transformations are text in the snapshot and become functions here, in
the reader's own process, once they are asked for. Feast is imported on first use, not with this
module.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.feature_reads import Columns, How, book, columns_of
from octavo.records.feature_declarations import FeatureDeclaration

if TYPE_CHECKING:
    import pandas as pd
    from feast import FeatureStore

    from octavo.records.materialization import Pushed

FEATURES_VARIABLE = "OCTAVO_FEATURES"
LAKE_VARIABLE = "OCTAVO_LAKE"
PROJECT_VARIABLE = "OCTAVO_PROJECT"
REGISTRY_FILE = "registry.db"
DECLARATION_FILE = "declaration.json"
SNAPSHOT_FILE = "snapshot.json"
CURRENT = "current"
SNAPSHOT_TAG = "octavo.feature_snapshot"
"""MLflow tag with the id of the snapshot that a run's features came from."""
FEATURES_TAG = "octavo.features"
"""MLflow tag with the views, columns and services that a run's process read, as JSON."""
reads: list[str] = []
"""Ids of the snapshots that this process read features from, in order."""


class SnapshotRefused(RuntimeError):
    """There is no snapshot, or its files are not those that its name promises."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """An immutable state of a project's feature registry."""

    id: str
    """SHA-256 over its files' digests; also the name of its folder."""
    project: str
    """The project."""
    folder: Path
    """Where it lies, read-only."""
    sources: Mapping[str, Mapping[str, Any]]
    """Each view's source at publication: path, rows, sha256."""

    def declaration(self) -> FeatureDeclaration | None:
        """Return what it declares; None for one that was laid down without."""
        try:
            text = (self.folder / DECLARATION_FILE).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return FeatureDeclaration.model_validate(json.loads(text)["declaration"])


def folder_digest(folder: Path) -> str:
    """Return the SHA-256 over names and digests of the files in ``folder``: a snapshot's id."""
    total = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        total.update(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n".encode())
    return total.hexdigest()


def lake() -> Path:
    """Return the folder of the project's data lake, with ``raw`` and ``curated`` inside.

    Raises FileNotFoundError when the environment names none, or none is there.
    """
    given = os.environ.get(LAKE_VARIABLE, "")
    root = Path(given)
    for folder in (root, root / os.environ.get(PROJECT_VARIABLE, "")):
        if given and (folder / "curated").is_dir():
            return folder
    raise FileNotFoundError(
        f"{LAKE_VARIABLE} is {given!r}, which holds no folder `curated`: "
        "start a workspace in a project that has a data lake."
    )


def snapshot(folder: Path | str | None = None) -> Snapshot:
    """Return the pinned snapshot: ``folder``, else the one that OCTAVO_FEATURES names.

    Raises :class:`SnapshotRefused` when there is none or when a byte of it was changed.
    """
    place = Path(folder or os.environ.get(FEATURES_VARIABLE, ""))
    if not (folder or os.environ.get(FEATURES_VARIABLE)):
        raise SnapshotRefused(
            f"{FEATURES_VARIABLE} is not set: start a workspace in a project with features."
        )
    for inner in (place / CURRENT, place / os.environ.get(PROJECT_VARIABLE, "") / CURRENT):
        if inner.exists():
            place = inner
            break
    place = place.resolve()
    if not (place / REGISTRY_FILE).is_file():
        raise SnapshotRefused(f"{place} holds no feature registry: publish the features first.")
    found = folder_digest(place)
    if found != place.name:
        raise SnapshotRefused(
            f"The feature registry in {place} was changed: its files have the digest {found}. "
            "Publish the features again."
        )
    facts = json.loads((place / SNAPSHOT_FILE).read_text(encoding="utf-8"))
    return Snapshot(id=found, project=facts["project"], folder=place, sources=facts["sources"])


class PinnedStore:
    """Reads features from one snapshot; it writes nothing."""

    def __init__(self, pinned: Snapshot) -> None:
        from feast import FeatureStore

        from octavo.registry_check import CodeInRegistry, check_registry

        _quieten()
        try:
            check_registry(pinned.folder / REGISTRY_FILE)
        except CodeInRegistry as error:
            raise SnapshotRefused(f"{pinned.folder} is refused: {error}.") from error
        self.snapshot = pinned
        self.feast = FeatureStore(repo_path=str(pinned.folder))
        self._declaration = pinned.declaration()
        self._whole: FeatureStore | None = None

    def get_historical_features(
        self,
        entity_df: pd.DataFrame,
        features: Sequence[str] | str,
        *,
        full_feature_names: bool = False,
    ) -> Any:
        """Return Feast's retrieval job: each row joined with what was known at its own time.

        ``entity_df`` has the join keys and ``event_timestamp`` (UTC). ``features`` is a list of
        ``view:feature`` or the name of a feature service. Call ``.to_df()`` on the result; its
        rows come in no promised order. Records the snapshot on the active MLflow run.
        """
        store, wanted = self._wanted(features)
        self._note(features, wanted, "historical")
        record(self.snapshot)
        return store.get_historical_features(
            entity_df=entity_df,
            features=wanted,
            full_feature_names=full_feature_names,
            filter_by_created_timestamp=True,
        )

    def get_online_features(
        self, features: Sequence[str] | str, entity_rows: list[dict[str, Any]]
    ) -> Any:
        """Return Feast's answer with the newest materialised values; call ``.to_dict()`` on it."""
        store, wanted = self._wanted(features)
        self._note(features, wanted, "online")
        return store.get_online_features(features=wanted, entity_rows=entity_rows)

    def _note(self, features: Sequence[str] | str, wanted: Any, how: How) -> None:
        """Remember what is read; it is told to the platform a moment later."""

        def columns() -> Columns:
            if not isinstance(features, str):
                return columns_of(features)
            views = wanted.feature_view_projections
            return {view.name: [field.name for field in view.features] for view in views}

        book.note(self.snapshot.project, features, how, columns)

    def columns(self, features: Sequence[str] | str) -> list[str]:
        """Return the column names that ``features`` give, in order."""
        if not isinstance(features, str):
            return [name.partition(":")[2] for name in features]
        service = self._wanted(features)[1]
        return [field.name for view in service.feature_view_projections for field in view.features]

    def _wanted(self, features: Sequence[str] | str) -> tuple[FeatureStore, Any]:
        """Return the store that knows what is asked for, and that as Feast takes it."""
        store = self._with_transformations() if self._asks_for_code(features) else self.feast
        if isinstance(features, str):
            return store, store.get_feature_service(features)
        return store, list(features)

    def _asks_for_code(self, features: Sequence[str] | str) -> bool:
        if self._declaration is None:
            return False
        made = {one.name for one in self._declaration.transformations}
        if not isinstance(features, str):
            return any(one.partition(":")[0] in made for one in features)
        members = (one.members for one in self._declaration.services if one.name == features)
        return any(member.view in made for found in members for member in found)

    def _with_transformations(self) -> FeatureStore:
        from octavo.on_demand import store_with

        if self._whole is None and self._declaration is not None:
            self._whole = store_with(self.feast, self._declaration, self.snapshot.id)
        return self._whole or self.feast


def _quieten() -> None:
    """Keep what comes and goes with the machine's speed out of a notebook's outputs."""
    import ibis

    warnings.filterwarnings("ignore", message="fetch_arrow_table", category=DeprecationWarning)
    ibis.get_backend().raw_sql("SET enable_progress_bar = false")


def push(push_source: str, rows: Any, *, project: str | None = None) -> list[Pushed]:
    """Push rows that just happened; see :func:`octavo.feature_push.push`."""
    from octavo.feature_push import push as send

    return send(push_source, rows, project=project)


def store(folder: Path | str | None = None) -> PinnedStore:
    """Return the store on the pinned snapshot. Raises :class:`SnapshotRefused`."""
    return PinnedStore(snapshot(folder))


def record(pinned: Snapshot) -> None:
    """Tag the active MLflow run, if there is one, with the snapshot; never imports mlflow.

    Runs that start later learn it from :data:`reads`.
    """
    reads.append(pinned.id)
    mlflow = sys.modules.get("mlflow")
    if mlflow is not None and mlflow.active_run() is not None:
        tags = {SNAPSHOT_TAG: pinned.id, FEATURES_TAG: features_read()}
        mlflow.set_tags({name: value for name, value in tags.items() if value})


def features_read() -> str:
    """Return the views, columns and services that this process read, as JSON; empty for none."""
    return book.text()
