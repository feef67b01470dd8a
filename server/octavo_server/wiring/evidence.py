"""Reviews of deployment requests, and what gathers their evidence."""

from __future__ import annotations

from dataclasses import dataclass

from octavo.local.accounts import Accounts
from octavo_server.adapters.evidence_sources import PlatformEvidence
from octavo_server.adapters.replay_bench import AccountReplays
from octavo_server.deployments.requests.gathering import Gatherer
from octavo_server.deployments.requests.reviews import ReviewsService
from octavo_server.features.materialization.freshness import Freshness
from octavo_server.monitoring.service import MonitoringService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.wiring.deployments import Deployments
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Reviewing:
    """What reviewers need."""

    reviews: ReviewsService
    gatherer: Gatherer


def build_reviewing(
    base: Foundation,
    deployments: Deployments,
    monitoring: MonitoringService,
    features: Freshness,
    versions: VersionsService,
) -> Reviewing:
    """Return the reviews, and the worker's gatherer of their evidence."""
    sources = PlatformEvidence(
        serving=deployments.serving,
        consumers_of=deployments.consumers,
        monitoring=monitoring,
        features=features,
        versions=versions,
        profiles=deployments.profiles,
        clock=base.clock,
    )
    home = base.settings.home
    bench = AccountReplays(Accounts(home), home / "runs", deployments.catalog)
    return Reviewing(
        reviews=ReviewsService(
            base.database,
            base.audit,
            deployments.requests,
            deployments.rollouts,
            sources,
            base.clock,
        ),
        gatherer=Gatherer(base.database, deployments.rollouts, sources, bench, base.clock),
    )
