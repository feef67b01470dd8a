"""Wiring of publishing features: reviewed in the service, applied by the worker."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.execution import WorkerBook
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.publishing.applying import Applier
from octavo_server.features.publishing.changes import ChangesService
from octavo_server.features.publishing.planning import Planner
from octavo_server.features.publishing.ports import FeatureEngine, Prices, Readers, Snapshots
from octavo_server.features.publishing.service import PublishingService
from octavo_server.ledger import Ledger
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Publishing:
    """The parts of the room `publishing`."""

    base: Foundation
    catalog: CatalogService
    places: Places
    engine: FeatureEngine
    snapshots: Snapshots
    ledger: Ledger
    prices: Prices
    service: PublishingService
    changes: ChangesService

    def applier(self, workers: WorkerBook) -> Applier:
        """Return what the worker brings approved changes into force with."""
        return Applier(
            database=self.base.database,
            audit=self.base.audit,
            catalog=self.catalog,
            publishing=self.service,
            engine=self.engine,
            snapshots=self.snapshots,
            places=self.places,
            workers=workers,
            ledger=self.ledger,
            prices=self.prices,
        )


def build_publishing(
    base: Foundation,
    catalog: CatalogService,
    places: Places,
    readers: Readers,
    engine: FeatureEngine,
    snapshots: Snapshots,
    ledger: Ledger,
    prices: Prices,
) -> Publishing:
    """Return the room's parts; ``readers`` know whom a change reaches."""
    planner = Planner(
        database=base.database,
        catalog=catalog,
        policy=base.policy,
        engine=engine,
        readers=readers,
        places=places,
        prices=prices,
    )
    return Publishing(
        base=base,
        catalog=catalog,
        places=places,
        engine=engine,
        snapshots=snapshots,
        ledger=ledger,
        prices=prices,
        service=PublishingService(
            database=base.database,
            catalog=catalog,
            audit=base.audit,
            policy=base.policy,
            lineage=base.lineage,
            engine=engine,
            snapshots=snapshots,
            places=places,
        ),
        changes=ChangesService(base.database, base.audit, base.policy, catalog, planner),
    )
