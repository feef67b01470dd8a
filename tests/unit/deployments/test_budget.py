"""A project whose budget is spent deploys nothing new, on every database."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.models import FolderCatalog
from tests.support.people import SCIENTIST
from tests.support.workspaces import World

from octavo_server.adapters.cedar import CedarEngine
from octavo_server.database.rows import Database
from octavo_server.deployments.requests.approvals import Approvals
from octavo_server.deployments.requests.service import Asked, RequestsService
from octavo_server.deployments.rollouts.catalog import OfferedProfiles
from octavo_server.deployments.rollouts.domain import Objectives, TrafficPlan
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import Forbidden, NotFound
from octavo_server.policy.service import PolicyService
from octavo_server.workspaces.usage.domain import Metered


def test_nothing_new_is_deployed_from_the_soft_stop_on(database: Database, tmp_path: Path) -> None:
    world = World(database, tmp_path)
    catalog = FolderCatalog({})
    rollouts = RolloutsService(database, world.audit, catalog, Approvals(catalog), world.clock)
    deployments = RequestsService(
        database,
        world.audit,
        PolicyService(database, world.audit, CedarEngine()),
        rollouts,
        catalog,
        OfferedProfiles(world.profiles, world.usage),
        world.clock,
    )
    asked = Asked(
        deployment="late", model="late", version=1, environment="dev", profile="cpu-small",
        traffic=TrafficPlan(kind="all", percent=100), reason="It is better.",
        objectives=Objectives(latency_p95_ms=100, error_rate=0.01, drift_psi=0.2),
    )  # fmt: skip
    with pytest.raises(NotFound):  # the budget lets it through, but there is no such model
        deployments.request(SCIENTIST, "flights", asked)
    now = world.clock.now
    metered = Metered(
        kind="session", subject="s1", person="ann", project="flights", version=None,
        since=now - timedelta(hours=1), until=now, micro_eur_per_hour=20_500_000,
    )  # fmt: skip
    with database.write() as rows:
        world.usage.book(rows, metered)
    with pytest.raises(Forbidden) as refused:
        deployments.request(SCIENTIST, "flights", asked)
    assert refused.value.message == (
        "102 % of flights's budget this month are spent; from 100 % nothing new runs."
    )
    assert refused.value.remedy == "Raise the project's budget, or wait for the next month."
