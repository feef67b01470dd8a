"""A router over stand-ins, for tests: who gets asked, and what becomes of it.

- ``Rollouts``: one deployment with ready scorers; ``failure`` makes the database unreachable
- ``Scorers``: answers by address; ``down``, ``slow``, ``broken``, ``picky`` and ``hangs`` are the
  bad cases
- ``Routed``: both with a router on the in-memory database
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import msgspec

from octavo_server.database.memory import MemoryDatabase
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Objectives,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.deployments.serving.inputs import FeatureInputs
from octavo_server.deployments.serving.ports import ScorerAnswer, ScorerSlow, ScorerUnreachable
from octavo_server.deployments.serving.router import Answered, Invocation, Router
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.deployments.serving.traffic import TrafficTables
from octavo_server.errors import NotFound
from tests.support.services import NOON

PROJECT, NAME = "flights", "late"
ROW = {"carrier": "UA", "delay": 3.5}


def a_deployment(**changes: Any) -> Deployment:
    """Return version 1 live."""
    made = Deployment(
        project=PROJECT,
        name=NAME,
        model="flights-late",
        environment="prod",
        profile="cpu-small",
        objectives=Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2),
        created_at=NOON,
        updated_at=NOON,
        stable_version=1,
    )
    return replace(made, **changes)


def a_scorer(version: int, state: ScorerState = ScorerState.READY) -> Scorer:
    """Return the scorer of a version; its address is its name."""
    return Scorer(
        id=f"s{version}",
        project=PROJECT,
        deployment=NAME,
        version=version,
        state=state,
        message="It is being loaded.",
        updated_at=NOON,
        address=f"v{version}",
        secret="s" * 43,
        model_digest=str(version) * 64,
    )


@dataclass
class Clock:
    """Wall time and monotonic seconds that move together, by hand."""

    at: datetime = NOON
    seconds: float = 0.0

    def __call__(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        """Return the seconds so far."""
        return self.seconds

    def move(self, seconds: float) -> None:
        """Let time pass."""
        self.at += timedelta(seconds=seconds)
        self.seconds += seconds


@dataclass
class Rollouts:
    """Stands in for rollouts: the table that the router reads."""

    deployment: Deployment = field(default_factory=a_deployment)
    scorers: dict[int, Scorer] = field(default_factory=lambda: {1: a_scorer(1)})
    failure: Exception | None = None
    reads: int = 0
    confirmed: list[tuple[int, datetime | None]] = field(default_factory=list)

    def traffic(self, project: str, name: str) -> tuple[Deployment, dict[int, Scorer]]:
        """Return the table, or fail."""
        self.reads += 1
        if self.failure is not None:
            raise self.failure
        if (project, name) != (PROJECT, NAME):
            raise NotFound(f"There is no deployment {name!r} in {project!r}.")
        return self.deployment, self.scorers

    def confirm(
        self, _project: str, _name: str, generation: int, last_older: datetime | None
    ) -> None:
        """Note what the router confirms."""
        self.confirmed.append((generation, last_older))


@dataclass
class Scorers:
    """Stands in for scorers: version n scores n / 10."""

    down: set[str] = field(default_factory=set)
    slow: set[str] = field(default_factory=set)
    broken: set[str] = field(default_factory=set)
    picky: set[str] = field(default_factory=set)
    hangs: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    limits: list[float | None] = field(default_factory=list)

    async def invoke(
        self,
        address: str,
        secret: str,
        body: bytes,
        *,
        request_id: str = "",
        timeout_s: float | None = None,
    ) -> ScorerAnswer:
        """Answer, or be as bad as told."""
        assert secret == "s" * 43
        assert request_id
        self.asked.append(address)
        self.bodies.append(msgspec.json.decode(body))
        self.limits.append(timeout_s)
        if address in self.hangs:
            await asyncio.Event().wait()
        if address in self.down:
            raise ScorerUnreachable("No answer (ConnectionRefusedError)")
        if address in self.slow:
            raise ScorerSlow(f"No answer within {timeout_s} s")
        if address in self.broken:
            error = {"error": "model_failed", "message": "ZeroDivisionError", "remedy": ""}
            return ScorerAnswer(status=500, body=error)
        if address in self.picky:
            error = {"error": "invalid", "message": "Column 'gate' is missing.", "remedy": ""}
            return ScorerAnswer(status=400, body=error)
        score = int(address[1:]) / 10
        return ScorerAnswer(status=200, body={"predictions": [[1 - score, score]]})


@dataclass
class Routed:
    """A router and all that it stands on."""

    rollouts: Rollouts
    scorers: Scorers
    clock: Clock
    database: MemoryDatabase
    telemetry: TelemetryBuffer
    router: Router
    held: list[Any]

    async def ask(self, key: str | None = None, document: Any = None) -> Answered:
        """Send one row."""
        document = document or {"dataframe_records": [ROW]}
        invocation = Invocation(
            body=msgspec.json.encode(document), document=document, caller="ann", sticky_key=key
        )
        return await self.router.invoke(PROJECT, NAME, invocation)

    def ask_now(self, key: str | None = None, document: Any = None) -> Answered:
        """Send one row on a loop of its own, and let copies end."""

        async def one() -> Answered:
            answered = await self.ask(key, document)
            await self.router.shadows.settled()
            return answered

        return asyncio.run(one())

    def route(self, *, scorers: tuple[int, ...] = (1, 2), **changes: Any) -> None:
        """Change the table, and let the router see it."""
        deployment = self.rollouts.deployment
        generation = deployment.generation + 1
        self.rollouts.deployment = replace(deployment, generation=generation, **changes)
        self.rollouts.scorers = {version: a_scorer(version) for version in scorers}
        self.router.refresh(PROJECT, NAME)


def open_routed(chance: float = 0.5, inputs: object | None = None) -> Routed:
    """Return a router whose every draw is ``chance``."""
    rollouts, scorers, clock, database = Rollouts(), Scorers(), Clock(), MemoryDatabase()
    telemetry = TelemetryBuffer(database, every_s=3_600)
    held: list[Any] = []
    known = cast(RolloutsService, rollouts)
    tables = TrafficTables(known, clock, lambda _deployment, one: held.append(one), clock.monotonic)
    router = Router(
        known,
        scorers,
        telemetry,
        clock,
        lambda: chance,
        tables=tables,
        inputs=cast(FeatureInputs, inputs) if inputs is not None else None,
    )
    return Routed(
        rollouts=rollouts,
        scorers=scorers,
        clock=clock,
        database=database,
        telemetry=telemetry,
        router=router,
        held=held,
    )
