"""Deployments: requests, rollouts, answers, and what the worker does for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from dataclasses import dataclass

from octavo.local.cluster import read_cluster
from octavo_server.adapters.canary_measurements import CountedMeasurements
from octavo_server.adapters.kserve_api import ClusterApi
from octavo_server.adapters.kserve_scorers import KServeScorers
from octavo_server.adapters.kserve_shelf import BucketShelf, ClaimShelf
from octavo_server.adapters.local_scorers import LocalScorers
from octavo_server.adapters.request_log import ParquetLog
from octavo_server.adapters.scorer_gpus import ScorerGpus
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.requests.approvals import Approvals
from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.rollouts.catalog import OfferedProfiles, RegistryCatalog
from octavo_server.deployments.rollouts.champion import Champion
from octavo_server.deployments.rollouts.judge import Judge
from octavo_server.deployments.rollouts.ports import ModelCatalog, ScorerHost
from octavo_server.deployments.rollouts.reconciler import Reconciler
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.deployments.rollouts.usage import ScorerUsage
from octavo_server.deployments.serving.service import ServingService
from octavo_server.deployments.serving.tidying import Tidying
from octavo_server.periodic import PeriodicTask
from octavo_server.registry.versions.service import VersionsService
from octavo_server.settings import Settings
from octavo_server.wiring.foundation import Foundation
from octavo_server.wiring.registry import Registry
from octavo_server.workspaces.profiles.service import ProfilesService
from octavo_server.workspaces.usage.service import UsageService


@dataclass(frozen=True, kw_only=True)
class Deployments:
    """The area's rooms, and what they stand on."""

    requests: RequestsService
    rollouts: RolloutsService
    serving: ServingService
    consumers: ConsumersService
    row_log: ParquetLog
    approvals: Approvals
    catalog: RegistryCatalog
    profiles: OfferedProfiles


def build_deployments(
    base: Foundation, profiles: ProfilesService, usage: UsageService, registry: Registry
) -> Deployments:
    """Return the area's rooms."""
    catalog, offered = (
        RegistryCatalog(registry.versions, registry.registration),
        OfferedProfiles(profiles, usage),
    )
    approvals = Approvals(catalog)
    rollouts = RolloutsService(base.database, base.audit, catalog, approvals, base.clock)
    row_log = ParquetLog(base.settings.state / "request_log")
    consumers = ConsumersService(base.database, base.audit, rollouts)
    return Deployments(
        consumers=consumers,
        row_log=row_log,
        requests=RequestsService(
            base.database, base.audit, base.policy, rollouts, catalog, offered, base.clock
        ),
        rollouts=rollouts,
        serving=ServingService(base.database, base.audit, row_log),
        approvals=approvals,
        catalog=catalog,
        profiles=offered,
    )


def deployment_tasks(
    base: Foundation,
    deployments: Deployments,
    versions: VersionsService,
    usage: UsageService,
    lent_gpus: Callable[[], Collection[int]],
) -> list[PeriodicTask]:
    """Return what the worker does again and again for deployments."""
    reconciler = Reconciler(
        base.database,
        base.audit,
        base.lineage,
        scorer_host(base.settings, deployments.catalog, ScorerGpus(elsewhere=lent_gpus)),
        deployments.profiles,
        deployments.approvals,
        base.clock,
    )
    judge = Judge(
        base.database,
        base.audit,
        deployments.approvals,
        deployments.catalog,
        CountedMeasurements(deployments.serving),
        base.clock,
    )
    tidying = Tidying(deployments.rollouts, deployments.serving)
    champion = Champion(deployments.rollouts, versions)
    booked = ScorerUsage(deployments.rollouts, deployments.requests, usage, base.clock)
    return [
        PeriodicTask(name="deployments", period_s=0.5, call=reconciler.step),
        PeriodicTask(name="canaries", period_s=1.0, call=judge.step),
        PeriodicTask(name="lapsed requests", period_s=5.0, call=deployments.requests.lapse),
        PeriodicTask(name="champions", period_s=5.0, call=champion.step),
        PeriodicTask(name="old requests", period_s=600.0, call=tidying.step),
        PeriodicTask(name="scorer usage", period_s=30.0, call=booked.step),
    ]


def scorer_host(settings: Settings, catalog: ModelCatalog, gpus: ScorerGpus) -> ScorerHost:
    """Return what runs scorers: this machine, or a cluster."""
    if settings.scorers == "local":
        return LocalScorers(settings.home, catalog, gpus)
    address, folder = settings.kserve_models, settings.kserve_models_folder
    shelf = (
        BucketShelf(address, settings.model_store_endpoint, catalog)
        if folder is None or address.startswith("s3://")
        else ClaimShelf(address, folder, catalog)
    )
    api = ClusterApi(settings.kserve_namespace)
    return KServeScorers(settings, read_cluster(os.environ), shelf, api)
