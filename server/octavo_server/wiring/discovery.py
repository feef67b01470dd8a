"""Wiring of discovery in the lab: features and experiments."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.local import resources
from octavo_server.adapters.feast_engine import FeastEngine
from octavo_server.adapters.feast_online import SqliteOnlineStore
from octavo_server.adapters.feature_join import ChildJoin
from octavo_server.adapters.mlflow_rest import MlflowRest
from octavo_server.experiments.comparison.service import ComparisonService
from octavo_server.experiments.runs.service import ExperimentsService
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.service import PublishingService
from octavo_server.features.values.service import ValuesService
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Features:
    """The rooms of the area `features`."""

    catalog: CatalogService
    publishing: PublishingService
    values: ValuesService


def build_features(base: Foundation) -> Features:
    """Return the rooms of the area `features`."""
    places = Places(
        lakes=base.settings.home / "lake",
        features=base.settings.home / "features",
        templates=resources.path("notebook_templates"),
    )
    catalog = CatalogService(base.database, base.lineage, places, base.clock)
    engine = FeastEngine(base.clock)
    return Features(
        catalog=catalog,
        publishing=PublishingService(
            catalog, base.audit, base.policy, base.lineage, engine, places
        ),
        values=ValuesService(catalog, SqliteOnlineStore(), ChildJoin(), places, base.clock),
    )


@dataclass(frozen=True, kw_only=True)
class Experiments:
    """The rooms of the area `experiments`."""

    runs: ExperimentsService
    comparison: ComparisonService


def build_experiments(base: Foundation, mlflow: MlflowRest) -> Experiments:
    """Return the rooms of the area `experiments`."""
    runs = ExperimentsService(base.database, mlflow, base.clock)
    return Experiments(runs=runs, comparison=ComparisonService(runs))
