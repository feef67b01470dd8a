"""Wiring of the room `deployments/batches`, in the service and in the worker."""

from __future__ import annotations

from octavo.local.accounts import Accounts
from octavo_server.adapters.batch_bench import AccountBench
from octavo_server.adapters.batch_lake import ProjectLakes
from octavo_server.adapters.batch_models import BatchModels, BatchPrices
from octavo_server.deployments.batches.execution import Batches
from octavo_server.deployments.batches.outcome import Outcome
from octavo_server.deployments.batches.service import BatchesService
from octavo_server.deployments.rollouts.catalog import RegistryCatalog
from octavo_server.execution import Profiles, WorkerBook
from octavo_server.ledger import Ledger
from octavo_server.wiring.foundation import Foundation


def build_batches(
    base: Foundation, catalog: RegistryCatalog, ledger: Ledger, profiles: Profiles
) -> BatchesService:
    """Return what people do with batches."""
    return BatchesService(
        database=base.database,
        audit=base.audit,
        models=BatchModels(catalog),
        lake=ProjectLakes(base.settings.home / "lake"),
        ledger=ledger,
        prices=BatchPrices(profiles, base.settings.materialization_profile),
        signer=base.signer,
        clock=base.clock,
    )


def build_batch_execution(
    base: Foundation,
    catalog: RegistryCatalog,
    ledger: Ledger,
    profiles: Profiles,
    workers: WorkerBook,
) -> Batches:
    """Return what executes batches in the worker."""
    home = base.settings.home
    lakes = ProjectLakes(home / "lake")
    return Batches(
        database=base.database,
        audit=base.audit,
        models=BatchModels(catalog),
        lake=lakes,
        bench=AccountBench(Accounts(home), home / "runs", catalog, profiles, lakes),
        ledger=ledger,
        outcome=Outcome(base.database, base.lineage, lakes, base.signer),
        workers=workers,
        clock=base.clock,
        # A batch may take hours: runs keep at least as many places as batches may take.
        at_once=max(1, base.settings.run_places // 2),
    )
