"""Requests and rollouts without processes, for tests of what decides about them.

- ``Clock``: time that the test moves
- ``InstantHost``: scorers that are ready at once; ``dead`` names versions whose process ended,
  ``slow`` those that never become ready
- ``Numbers``: what versions did; ``away`` makes it unreadable
- ``Around``: what the platform knows around a request; ``Bench``: replays with known scores
- ``Canaries``: the services, the reconciler, the judge and the gatherer on a database
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from octavo.records.evidence import AffectedConsumer, FeatureFreshness, OpenAlert
from octavo_server.adapters.cedar import CedarEngine, default_policies
from octavo_server.database.rows import Database
from octavo_server.deployments.requests.approvals import Approvals
from octavo_server.deployments.requests.domain import Request
from octavo_server.deployments.requests.gathering import Gatherer
from octavo_server.deployments.requests.ports import LoggedRequests, Replayed
from octavo_server.deployments.requests.reviews import ReviewsService
from octavo_server.deployments.requests.service import Asked, RequestsService
from octavo_server.deployments.rollouts.domain import Objectives, Rollout, TrafficPlan
from octavo_server.deployments.rollouts.judge import Judge
from octavo_server.deployments.rollouts.judging import Measured
from octavo_server.deployments.rollouts.ports import Life, Observation, ScorerOrder, Shares
from octavo_server.deployments.rollouts.reconciler import Reconciler
from octavo_server.deployments.rollouts.service import RolloutsService, View
from octavo_server.errors import Unavailable
from octavo_server.identity import Caller
from octavo_server.lineage.service import LineageService
from octavo_server.policy.service import PolicyService
from tests.support.models import FolderCatalog, OneProfile
from tests.support.people import REVIEWER, SCIENTIST
from tests.support.services import NOON, open_audit

PROJECT, NAME, MODEL = "flights", "late", "flights-late"
REASON = "It is better on June."
GOOD = Measured(requests=500, errors=0, latency_p95_ms=20.0, latency_p99_ms=40.0)
ASKED = Asked(
    deployment=NAME,
    model=MODEL,
    version=1,
    environment="prod",
    profile="cpu-small",
    traffic=TrafficPlan(kind="direct", percent=100),
    objectives=Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2),
    reason=REASON,
)


class Clock:
    """Time that the test moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def pass_s(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)


class InstantHost:
    """Runs nothing; says of each scorer what the test wants."""

    def __init__(self) -> None:
        self.orders: dict[str, ScorerOrder] = {}
        self.dead: set[int] = set()
        self.slow: set[int] = set()
        self.start_limit_s = 120.0
        self.shares: Shares | None = None

    def start(self, order: ScorerOrder) -> Observation:
        """Start at once."""
        self.orders[order.id] = order
        return Observation(life=Life.STARTING, message="It is loaded.", address=f"/{order.id}")

    def look(self, scorer: str) -> Observation:
        """Return what the test wants."""
        order = self.orders.get(scorer)
        if order is None:
            return Observation(life=Life.ABSENT, message="It is not running.")
        if order.version in self.dead:
            return Observation(life=Life.EXITED, message="It ended with status 9.")
        if order.version in self.slow:
            return Observation(life=Life.STARTING, message="It is loaded.")
        return Observation(life=Life.READY, message="It answers.", address=f"/{scorer}")

    def stop(self, scorer: str) -> None:
        """Forget a scorer."""
        self.orders.pop(scorer, None)

    def known(self) -> frozenset[str]:
        """Return the scorers."""
        return frozenset(self.orders)

    def share(self, shares: Shares) -> None:
        """Keep the newest shares."""
        self.shares = shares

    def versions(self) -> set[int]:
        """Return the versions that run."""
        return {order.version for order in self.orders.values()}


class Numbers:
    """What versions did."""

    def __init__(self) -> None:
        self.by_version: dict[int, Measured] = {}
        self.away = False

    def figures(self, project: str, name: str, since: datetime) -> Mapping[int, Measured]:
        """Return the figures, or fail as a broken store does."""
        if self.away:
            raise OSError("the disk is gone")
        return self.by_version

    def scores(
        self, project: str, name: str, since: datetime, limit: int
    ) -> Mapping[int, Sequence[float]]:
        """Return the scores."""
        return {version: one.scores for version, one in self.by_version.items()}


@dataclass
class Around:
    """What the platform knows around a request."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    open_alerts: list[OpenAlert] = field(default_factory=list)

    def logged(self, project: str, deployment: str, most: int) -> LoggedRequests:
        """Return the rows."""
        return LoggedRequests(rows=self.rows[:most], since=NOON, until=NOON)

    def consumers(self, project: str, deployment: str) -> list[AffectedConsumer]:
        """Return one consumer."""
        return [AffectedConsumer(name="app", requests=7, last_at=NOON)]

    def freshness(self, project: str, model: str, version: int) -> list[FeatureFreshness]:
        """Return no view."""
        return []

    def alerts(self, project: str, deployment: str) -> list[OpenAlert]:
        """Return the alerts."""
        return self.open_alerts

    def price(self, profile: str) -> int | None:
        """Return 0.12 EUR an hour."""
        return 120_000


@dataclass
class Bench:
    """Replays with scores by version."""

    scores: dict[int, float] = field(default_factory=lambda: {1: 0.4, 2: 0.6})
    away: bool = False

    def replay(
        self, project: str, model: str, version: int, rows: Sequence[Mapping[str, Any]]
    ) -> Replayed:
        """Return the same score for each row."""
        if self.away:
            raise Unavailable("No account is free: all 4 are lent.", "Try again in a minute.")
        score = self.scores.get(version, 0.5)
        return Replayed(
            scores=[score] * len(rows), failures=0, failure=None, latencies_ms=[2.0], load_s=0.5
        )


class Canaries:
    """Everything that decides about what is live."""

    def __init__(self, database: Database, folder: Path) -> None:
        empty = folder / "model"
        empty.mkdir()
        self.database, self.clock, self.host = database, Clock(), InstantHost()
        self.numbers, self.around, self.bench = Numbers(), Around(), Bench()
        self.audit = open_audit(database, folder, self.clock)
        policy = PolicyService(database, self.audit, CedarEngine())
        policy.install_default(default_policies())
        self.catalog = FolderCatalog({(MODEL, version): empty for version in range(1, 5)})
        profiles, approvals = OneProfile(), Approvals(self.catalog)
        parts = (database, self.audit)
        self.rollouts = RolloutsService(*parts, self.catalog, approvals, self.clock)
        self.requests = RequestsService(
            *parts, policy, self.rollouts, self.catalog, profiles, self.clock
        )
        self.reviews = ReviewsService(*parts, self.requests, self.rollouts, self.around, self.clock)
        self.gatherer = Gatherer(database, self.rollouts, self.around, self.bench, self.clock)
        lineage = LineageService(database)
        self.reconciler = Reconciler(*parts, lineage, self.host, profiles, approvals, self.clock)
        self.judge = Judge(*parts, approvals, self.catalog, self.numbers, self.clock)

    def ask(self, version: int | None, caller: Caller = SCIENTIST, **changes: Any) -> Request:
        """Request a version, a moment later."""
        self.clock.pass_s(1)
        asked = replace(ASKED, version=version, **changes)
        return self.requests.request(caller, PROJECT, asked)

    def approve(self, request: Request, caller: Caller = REVIEWER) -> Request:
        """Gather the evidence, look at it and approve."""
        self.gatherer.step()
        evidence = self.reviews.get(PROJECT, request.id).evidence
        return self.reviews.review(
            caller,
            PROJECT,
            request.id,
            approve=True,
            reason=REASON,
            digest=request.digest,
            evidence_digest=None if evidence is None else evidence.digest,
        ).request

    def reconcile(self, steps: int = 4) -> View:
        """Let the reconciler look a few times."""
        for _ in range(steps):
            self.reconciler.step()
        return self.view()

    def go(self, version: int, **changes: Any) -> View:
        """Bring a version as far as the reconciler leads it."""
        self.approve(self.ask(version, **changes))
        return self.reconcile()

    def view(self) -> View:
        """Return the deployment."""
        return self.rollouts.get(PROJECT, NAME)

    def last(self) -> Rollout:
        """Return the newest rollout."""
        return self.rollouts.history(PROJECT, NAME).rollouts[0]

    def watch(self, seconds: float = 1.0) -> View:
        """Let time pass with the judge looking each second, as the worker does."""
        for _ in range(int(seconds)):
            self.clock.pass_s(1)
            self.judge.step()
        return self.view()

    def kinds(self) -> list[str]:
        """Return what happened, the oldest first."""
        return [one.kind for one in reversed(self.rollouts.events(PROJECT, NAME, 100, 0))]
