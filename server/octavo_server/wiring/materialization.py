"""Wiring of the room `features/materialization`, in the service and in the worker."""

from __future__ import annotations

from dataclasses import dataclass

from octavo_server.adapters.feast_materializer import FeastMaterializer
from octavo_server.adapters.materialization_price import MaterializationPrice
from octavo_server.adapters.online_writes import SqliteOnlineWriter
from octavo_server.adapters.pushed_files import ParquetPushes
from octavo_server.execution import Profiles, WorkerBook
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.materialization.execution import Materializations
from octavo_server.features.materialization.freshness import Freshness
from octavo_server.features.materialization.pushed_rows import PushedRows
from octavo_server.features.materialization.pushes import Pushes
from octavo_server.features.materialization.schedules import Schedules
from octavo_server.features.materialization.service import MaterializationService
from octavo_server.features.places import Places
from octavo_server.ledger import Ledger
from octavo_server.monitoring.service import MonitoringService
from octavo_server.periodic import PeriodicTask
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Materialization:
    """The parts of the room `features/materialization`."""

    jobs: MaterializationService
    schedules: Schedules
    freshness: Freshness
    pushes: Pushes
    pushed: PushedRows


def build_materialization(
    base: Foundation,
    catalog: CatalogService,
    places: Places,
    ledger: Ledger,
    profiles: Profiles,
    monitoring: MonitoringService,
) -> Materialization:
    """Return the parts of the room."""
    database, audit, clock = base.database, base.audit, base.clock
    price = MaterializationPrice(profiles, base.settings.materialization_profile)
    jobs = MaterializationService(database, audit, catalog, ledger, price, clock)
    pushes = Pushes(database, audit, catalog, SqliteOnlineWriter(), places, clock)
    return Materialization(
        jobs=jobs,
        schedules=Schedules(database, audit, catalog, jobs, ledger, clock),
        freshness=Freshness(database, audit, catalog, monitoring, clock),
        pushes=pushes,
        pushed=PushedRows(database, audit, catalog, jobs, pushes, ParquetPushes(), places, clock),
    )


def build_execution(
    base: Foundation,
    catalog: CatalogService,
    room: Materialization,
    ledger: Ledger,
    profiles: Profiles,
    workers: WorkerBook,
) -> Materializations:
    """Return what executes jobs in the worker."""
    home = base.settings.home
    return Materializations(
        database=base.database,
        audit=base.audit,
        catalog=catalog,
        engine=FeastMaterializer(),
        online=SqliteOnlineWriter(),
        pushed=room.pushed,
        ledger=ledger,
        prices=MaterializationPrice(profiles, base.settings.materialization_profile),
        places=Places(lakes=home / "lake", features=home / "features", templates=home),
        workers=workers,
        clock=base.clock,
    )


def materialization_tasks(room: Materialization) -> list[PeriodicTask]:
    """Return what the worker does again and again for the room."""
    return [
        PeriodicTask(name="materialization schedules", period_s=1.0, call=room.schedules.tick),
        PeriodicTask(name="pushed rows", period_s=5.0, call=room.pushed.step),
        PeriodicTask(name="feature freshness", period_s=30.0, call=room.freshness.step),
    ]
