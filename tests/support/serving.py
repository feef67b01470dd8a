"""Deployments and monitoring on a real database with real scorers, for tests.

- ``Serving``: the services, the reconciler, the router; ``until`` polls with a deadline
- ``Asking``: clients that ask at once, counting answers and failures
- ``go_live``: requests, reviews and waits until the reconciler has routed it
"""

from __future__ import annotations

import asyncio
import json
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from octavo.local.accounts import Accounts
from octavo_server.adapters.canary_measurements import CountedMeasurements
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.adapters.local_scorers import LocalScorers
from octavo_server.adapters.scorer_calls import ScorerClient
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.deployments.requests.approvals import Approvals
from octavo_server.deployments.requests.domain import Request
from octavo_server.deployments.requests.service import Asked, RequestsService
from octavo_server.deployments.rollouts.domain import Objectives, TrafficPlan
from octavo_server.deployments.rollouts.judge import Judge
from octavo_server.deployments.rollouts.ports import ModelCatalog
from octavo_server.deployments.rollouts.reconciler import Reconciler
from octavo_server.deployments.rollouts.service import RolloutsService, View
from octavo_server.deployments.serving.router import Answered, Invocation, Router
from octavo_server.deployments.serving.service import ServingService
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.deployments.serving.traffic import TrafficTables
from octavo_server.errors import OctavoError
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService
from tests.support.models import FolderCatalog, OneProfile
from tests.support.people import REVIEWER, SCIENTIST
from tests.support.services import open_audit

PROJECT, NAME = "flights", "late"
OBJECTIVES = Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2)
REASON = "It is better on June."
ASKED = Asked(
    deployment=NAME,
    model="flights-late",
    version=1,
    environment="prod",
    profile="cpu-small",
    traffic=TrafficPlan(kind="direct", percent=100),
    objectives=OBJECTIVES,
    reason=REASON,
)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


@dataclass
class Serving:
    """Everything that serves one installation's models."""

    database: Database
    audit: AuditService
    lineage: LineageService
    catalog: FolderCatalog
    requests: RequestsService
    rollouts: RolloutsService
    answered: ServingService
    host: LocalScorers
    reconciler: Reconciler
    judge: Judge
    telemetry: TelemetryBuffer
    router: Router
    calls: ScorerClient
    accounts: Accounts

    def ask(self, version: int = 1, caller: Caller = SCIENTIST, **changes: Any) -> Request:
        """Request a version."""
        asked = replace(ASKED, version=version, **changes)
        return self.requests.request(caller, PROJECT, asked)

    def approve(self, request: Request, caller: Caller = REVIEWER) -> Request:
        """Approve a request."""
        return self.requests.review(
            caller, PROJECT, request.id, approve=True, reason=REASON, digest=request.digest
        )

    def until(self, holds: Callable[[View], bool], seconds: float = 60) -> View:
        """Step the reconciler until a condition on the deployment holds."""
        deadline = time.monotonic() + seconds
        while True:
            self.reconciler.step()
            view = self.rollouts.get(PROJECT, NAME)
            if holds(view):
                return view
            assert time.monotonic() < deadline, f"not within {seconds} s: {view}"
            time.sleep(0.02)

    def go_live(self, version: int, **changes: Any) -> View:
        """Bring a version live, or as a canary."""
        self.approve(self.ask(version, **changes))
        return self.until(
            lambda view: version in (view.deployment.stable_version, view.deployment.canary_version)
        )

    def score(self, row: dict[str, Any], key: str | None = None) -> Answered:
        """Score one row through the router."""
        return self.score_many([row], key)[0]

    def score_many(self, rows: list[dict[str, Any]], key: str | None = None) -> list[Answered]:
        """Score rows one by one, one after the other, over one event loop."""

        async def all_of_them() -> list[Answered]:
            try:
                return [await self.one(row, key) for row in rows]
            finally:
                await self.calls.close()

        return asyncio.run(all_of_them())

    def asking(self, row: dict[str, Any], clients: int) -> Asking:
        """Ask with some clients at once until the block ends."""
        return Asking(self, row, clients)

    async def one(self, row: dict[str, Any], key: str | None) -> Answered:
        document = {"dataframe_records": [row]}
        invocation = Invocation(
            body=json.dumps(document).encode(),
            document=document,
            caller="scientist",
            sticky_key=key,
        )
        return await self.router.invoke(PROJECT, NAME, invocation)

    def close(self) -> None:
        """End all scorers and remove their accounts."""
        self.host.close()
        self.telemetry.close()
        self.router.tables.close()
        self.accounts.remove_all()


class Asking:
    """Clients that ask as fast as they are answered, on a thread of their own."""

    def __init__(self, serving: Serving, row: dict[str, Any], clients: int) -> None:
        self._serving, self._row, self._clients = serving, row, clients
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="asking clients")
        self.versions: list[int] = []
        """Versions that answered, in order."""
        self.failures: list[str] = []
        """What was refused, in words."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._all())

    async def _all(self) -> None:
        await asyncio.gather(*(self._client() for _ in range(self._clients)))
        await self._serving.calls.close()

    async def _client(self) -> None:
        while not self._over.is_set():
            try:
                self.versions.append((await self._serving.one(self._row, None)).version)
            except OctavoError as error:
                self.failures.append(error.message)


def open_serving(
    home: Path,
    database: Database,
    models: dict[tuple[str, int], Path],
    *,
    registered: Callable[[PolicyService], ModelCatalog] | None = None,
    clock: Callable[[], datetime] = now,
) -> Serving:
    """Return the services on ``database`` with their state in ``home``.

    ``registered`` gives a catalog in place of the folders in ``models``.
    """
    home.chmod(0o711)
    (home / "state").mkdir(mode=0o700, exist_ok=True)
    audit = open_audit(database, home / "state", clock)
    policy = PolicyService(database, audit, CedarEngine())
    policy.install_default(default_policies())
    lineage = LineageService(database)
    folders, profiles = FolderCatalog(models), OneProfile()
    catalog = folders if registered is None else registered(policy)
    accounts = Accounts(home)
    host = LocalScorers(home, catalog)
    calls, approvals = ScorerClient(), Approvals(catalog)
    rollouts = RolloutsService(database, audit, catalog, approvals, clock)
    telemetry, answered = TelemetryBuffer(database), ServingService(database, audit)
    chance = random.Random(1)  # noqa: S311 - reproducible, not secret
    tables = TrafficTables(rollouts, clock, answered.note_held)
    router = Router(rollouts, calls, telemetry, clock, chance.random, tables=tables)
    rollouts.tell(router.refresh)
    return Serving(
        database=database,
        audit=audit,
        lineage=lineage,
        catalog=folders,
        requests=RequestsService(database, audit, policy, rollouts, catalog, profiles, clock),
        rollouts=rollouts,
        answered=answered,
        host=host,
        reconciler=Reconciler(database, audit, lineage, host, profiles, approvals, clock),
        judge=Judge(database, audit, approvals, catalog, CountedMeasurements(answered), clock),
        telemetry=telemetry,
        router=router,
        calls=calls,
        accounts=accounts,
    )


def open_controller(
    home: Path, database: Database, models: dict[tuple[str, int], Path]
) -> tuple[Reconciler, Judge]:
    """Return what drives and judges a :class:`Serving`'s rollouts, for a process of its own."""
    audit = open_audit(database, home / "state", now)
    catalog, profiles = FolderCatalog(models), OneProfile()
    approvals, host = Approvals(catalog), LocalScorers(home, catalog)
    lineage, measured = LineageService(database), CountedMeasurements(ServingService(database))
    return (
        Reconciler(database, audit, lineage, host, profiles, approvals, now),
        Judge(database, audit, approvals, catalog, measured, now),
    )
