"""What answers requests: the router with its tables, telemetry, tokens and features."""

from __future__ import annotations

import random
from dataclasses import dataclass

from octavo_server.adapters.scorer_calls import ScorerClient
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.watching import PatternWatch
from octavo_server.deployments.serving.inputs import FeatureInputs
from octavo_server.deployments.serving.live import Live
from octavo_server.deployments.serving.router import Router
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.deployments.serving.traffic import TrafficTables
from octavo_server.features.values.service import ValuesService
from octavo_server.registry.versions.service import VersionsService
from octavo_server.wiring.deployments import Deployments
from octavo_server.wiring.foundation import Foundation


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The parts of the scoring path; the service process alone runs them."""

    router: Router
    telemetry: TelemetryBuffer
    access: Access
    patterns: PatternBook
    live: Live
    inputs: FeatureInputs

    def close(self) -> None:
        """Write what waits and end the threads."""
        self.telemetry.close()
        self.access.close()
        self.router.tables.close()
        self.inputs.close()


def build_serving(
    base: Foundation, deployments: Deployments, versions: VersionsService, values: ValuesService
) -> Serving:
    """Return the scoring path on the area's rooms."""
    patterns = PatternBook(base.clock)
    access = Access(deployments.consumers, base.clock)
    watch = PatternWatch(patterns, deployments.consumers)
    telemetry = TelemetryBuffer(
        base.database, rows=deployments.row_log, looks=patterns, also=(access.flush, watch.step)
    )
    inputs = FeatureInputs(versions, values)
    tables = TrafficTables(deployments.rollouts, base.clock, deployments.serving.note_held)
    router = Router(
        deployments.rollouts,
        ScorerClient(),
        telemetry,
        base.clock,
        random.SystemRandom().random,
        tables=tables,
        inputs=inputs,
    )
    deployments.rollouts.tell(router.refresh)
    return Serving(
        router=router,
        telemetry=telemetry,
        access=access,
        patterns=patterns,
        live=Live(deployments.rollouts, deployments.serving, router, telemetry),
        inputs=inputs,
    )
