"""Wiring of discovery in the lab: features and experiments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from octavo.local import resources
from octavo.local.accounts import Accounts
from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.feast_online import SqliteOnlineStore
from octavo_server.adapters.feature_join import ChildJoin
from octavo_server.adapters.feature_registry import FeatureRegistry
from octavo_server.adapters.file_blobs import FileBlobs
from octavo_server.adapters.materialization_price import MaterializationPrice
from octavo_server.adapters.mlflow_histories import MlflowHistories
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.adapters.nbdime_differ import NbdimeDiffer
from octavo_server.adapters.profile_prices import ProfilePrices
from octavo_server.adapters.run_files import RunFiles
from octavo_server.adapters.sheet_reader import SheetReader
from octavo_server.adapters.snapshot_folders import SnapshotFolders
from octavo_server.execution import Profiles, WorkerBook
from octavo_server.experiments.cells.service import CellsService
from octavo_server.experiments.comparison.artifacts import ArtifactsService
from octavo_server.experiments.comparison.curves import CurvesService
from octavo_server.experiments.comparison.histories import HistoryBook
from octavo_server.experiments.comparison.service import ComparisonService
from octavo_server.experiments.runs.actions import RunActions
from octavo_server.experiments.runs.cost import RunCosts
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.features.catalog.reconciliation import Reconciliation
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.applying import Applier
from octavo_server.features.publishing.changes import ChangesService
from octavo_server.features.publishing.ports import Readers
from octavo_server.features.publishing.service import PublishingService
from octavo_server.features.values.service import ValuesService
from octavo_server.ledger import Ledger
from octavo_server.monitoring.service import MonitoringService
from octavo_server.wiring.foundation import Foundation
from octavo_server.wiring.materialization import Materialization, build_materialization
from octavo_server.wiring.publishing import build_publishing
from octavo_server.workspaces.profiles.service import ProfilesService

READING_LIMIT_S = 1800.0
"""A registry of thousands of views is read in the background, and takes its time: seconds."""


@dataclass(frozen=True, kw_only=True)
class Features:
    """The rooms of the area `features`."""

    catalog: CatalogService
    reconciliation: Reconciliation
    publishing: PublishingService
    changes: ChangesService
    applier: Callable[[WorkerBook], Applier]
    values: ValuesService
    materialization: Materialization


def build_features(
    base: Foundation,
    ledger: Ledger,
    profiles: Profiles,
    monitoring: MonitoringService,
    readers: Readers,
) -> Features:
    """Return the rooms of the area `features`."""
    places = Places(
        lakes=base.settings.home / "lake",
        features=base.settings.home / "features",
        templates=resources.path("notebook_templates"),
    )
    catalog = CatalogService(base.database, base.lineage, places, base.clock)
    engine, snapshots = FeastEngine(base.clock), SnapshotFolders()
    price = MaterializationPrice(profiles, base.settings.materialization_profile)
    publishing = build_publishing(base, catalog, places, readers, engine, snapshots, ledger, price)
    return Features(
        catalog=catalog,
        reconciliation=Reconciliation(
            base.database,
            base.audit,
            base.lineage,
            catalog,
            FeatureRegistry(snapshots, FeastEngine(base.clock, READING_LIMIT_S)),
            places,
        ),
        publishing=publishing.service,
        changes=publishing.changes,
        applier=publishing.applier,
        values=ValuesService(catalog, SqliteOnlineStore(), ChildJoin(), places, base.clock),
        materialization=build_materialization(base, catalog, places, ledger, profiles, monitoring),
    )


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """The rooms of the area `experiments`."""

    runs: ExperimentsService
    actions: RunActions
    comparison: ComparisonService
    curves: CurvesService
    artifacts: ArtifactsService
    cells: CellsService


def build_experiments(
    base: Foundation, mlflow: MlflowRest, profiles: ProfilesService
) -> Experiments:
    """Return the rooms of the area `experiments`."""
    settings = base.settings
    histories = MlflowHistories(settings.tracking, lambda: settings.service_token("octavo"))
    costs = RunCosts(ProfilePrices(profiles), base.clock)
    runs = ExperimentsService(
        base.database,
        mlflow,
        base.clock,
        costs,
        followed=True,
        most_indexed=settings.indexed_runs,
    )
    cells = CellsService(
        base.database,
        base.audit,
        runs,
        FileBlobs(base.settings.home / "notebook-versions"),
        NbdimeDiffer(),
        most_gib=base.settings.notebook_versions_gib,
    )
    return Experiments(
        runs=runs,
        actions=RunActions(base.database, base.audit, runs, mlflow),
        comparison=ComparisonService(runs),
        curves=CurvesService(runs, HistoryBook(histories)),
        artifacts=_artifacts(base, runs),
        cells=cells,
    )


def _artifacts(base: Foundation, runs: ExperimentsService) -> ArtifactsService:
    settings = base.settings
    return ArtifactsService(
        runs,
        RunFiles(settings.tracking, lambda: settings.service_token("octavo")),
        SheetReader(Accounts(settings.home), settings.home / "runs"),
    )
