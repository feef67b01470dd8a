"""Sends a scoring request to a version: weighted split, sticky keys, fail-over, copies."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from octavo_server.deployments.rollouts.service import RolloutsService, Scorer, ScorerState
from octavo_server.deployments.serving import rows_sent, rules
from octavo_server.deployments.serving.circuits import Circuits
from octavo_server.deployments.serving.domain import SHADOW, Served
from octavo_server.deployments.serving.inputs import FeatureInputs
from octavo_server.deployments.serving.joining import Missing
from octavo_server.deployments.serving.ports import (
    ScorerAnswer,
    ScorerCalls,
    ScorerSlow,
    ScorerUnreachable,
)
from octavo_server.deployments.serving.shadow import TIMEOUT_S as SHADOW_S
from octavo_server.deployments.serving.shadow import ShadowCount, Shadows
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.deployments.serving.traffic import Traffic, TrafficTables
from octavo_server.errors import Invalid, OctavoError, TooLarge, Unavailable
from octavo_server.identity import new_id


class ModelFailed(OctavoError):
    """The model's own code failed on rows that fit its signature."""

    code = "model_failed"
    status = 502


@dataclass(frozen=True, kw_only=True)
class Answered:
    """Scores, and who gave them."""

    predictions: list[Any]
    """One a row."""
    model: str
    """Model."""
    version: int
    """Version."""
    model_digest: str
    """SHA-256 of its signed manifest."""
    latency_ms: float
    """Milliseconds until the scorer's answer, attempts that failed included."""
    request_id: str
    """Id in telemetry."""
    failed_over: bool
    """True when the picked version was down."""
    features_missing: Sequence[Missing] = ()
    """Features without a usable value, where the request named entities."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Rows to score, as they came."""

    body: bytes
    """JSON in one of MLflow's formats; with entity keys it is written anew."""
    document: Mapping[str, Any]
    """The same, parsed."""
    caller: str
    """Who asks."""
    sticky_key: str | None
    """Requests with the same key go to the same version while the shares stand."""


@dataclass(frozen=True, kw_only=True)
class _Rows:
    """Rows as one version gets them."""

    body: bytes
    document: Mapping[str, Any]
    missing: Sequence[Missing] = ()


@dataclass(kw_only=True)
class _Tried:
    """Versions that were asked in vain for one request."""

    reasons: list[str] = field(default_factory=list)
    """Why each gave no answer."""
    refused: list[Served] = field(default_factory=list)
    """Attempts whose rows the version refused."""


class Router:
    """Picks versions and asks their scorers."""

    def __init__(
        self,
        rollouts: RolloutsService,
        calls: ScorerCalls,
        telemetry: TelemetryBuffer,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
        *,
        tables: TrafficTables | None = None,
        inputs: FeatureInputs | None = None,
    ) -> None:
        """Without ``inputs`` requests that name entities are refused."""
        self.tables = tables or TrafficTables(rollouts, clock)
        self._calls = calls
        self._telemetry = telemetry
        self._clock = clock
        self._chance = chance
        self._inputs = inputs
        self._circuits = Circuits()
        self.shadows = Shadows()

    def refresh(self, project: str, name: str) -> None:
        """Route by new shares from the next request on."""
        self.tables.refresh(project, name)

    def shadow_count(self, project: str, name: str) -> ShadowCount | None:
        """Return how the copies of a deployment's requests fared."""
        return self.shadows.count(project, name)

    async def traffic(self, project: str, name: str) -> Traffic:
        """Return who gets requests now. Raises NotFound."""
        return await self.tables.get(project, name)

    async def invoke(self, project: str, name: str, invocation: Invocation) -> Answered:
        """Score rows. Raises NotFound, Unavailable, or what the scorer said about the rows."""
        traffic = await self.tables.get(project, name)
        self.tables.began(traffic)
        started = time.perf_counter()
        tried = _Tried()
        point = self._point(traffic, invocation.sticky_key)
        candidates = self._reachable(traffic, rules.candidates(traffic, point))
        for version in candidates:
            last = version == candidates[-1]
            try:
                answered = await self._attempt(traffic, version, invocation, started, tried, last)
            except (ModelFailed, Invalid, TooLarge) as error:
                # A canary's own fault must not reach a caller whom the stable version can serve.
                if last or version != traffic.deployment.canary_version:
                    raise
                tried.reasons.append(f"v{version}: {error}")
            except _TryNext as error:
                tried.reasons.append(f"v{version}: {error}")
            else:
                self._blame(tried)
                self._copy(traffic, invocation, answered)
                return answered
        raise Unavailable(
            f"{name!r} can't answer now. {' '.join(tried.reasons) or 'No version is live.'}",
            "Try again in a few seconds; the deployment's page says what is wrong.",
        )

    def _blame(self, tried: _Tried) -> None:
        """Count refusals as faults of the versions that refused what another one answered."""
        for served in tried.refused:
            self._telemetry.figures.blame(served)

    def _point(self, traffic: Traffic, key: str | None) -> float:
        if key is None:
            return self._chance()
        return rules.sticky_point(traffic.deployment.name, key)

    def _reachable(self, traffic: Traffic, candidates: Sequence[int]) -> Sequence[int]:
        """Return the candidates without those that failed just now, if any is left."""
        scorers = traffic.scorers
        good = [
            one for one in candidates if one in scorers and not self._circuits.open(scorers[one].id)
        ]
        return good or candidates

    async def _attempt(
        self,
        traffic: Traffic,
        version: int,
        invocation: Invocation,
        started: float,
        tried: _Tried,
        last: bool,
    ) -> Answered:
        rows = await self._rows(traffic, version, invocation)
        scorer = traffic.scorers.get(version)
        served = self._served(traffic, version, invocation.caller, rows)
        limit_s = None if last else rules.patience_s(traffic.deployment)
        try:
            await self._ask(scorer, rows.body, served, limit_s)
        except (Invalid, TooLarge):
            tried.refused.append(served)
            raise
        return Answered(
            predictions=served.predictions,
            model=traffic.deployment.model,
            version=version,
            model_digest=scorer.model_digest if scorer is not None else "",
            latency_ms=(time.perf_counter() - started) * 1_000,
            request_id=served.id,
            failed_over=bool(tried.reasons),
            features_missing=rows.missing,
        )

    async def _rows(self, traffic: Traffic, version: int, invocation: Invocation) -> _Rows:
        document = invocation.document
        if "entities" not in document:
            return _Rows(body=invocation.body, document=document)
        if self._inputs is None:
            raise Invalid("entities: features are not read here.", "Send all inputs.")
        deployment = traffic.deployment
        body, filled, missing = await self._inputs.fill(
            (deployment.project, deployment.model, version), document
        )
        return _Rows(body=body, document=filled, missing=missing)

    async def _ask(
        self, scorer: Scorer | None, body: bytes, served: Served, limit_s: float | None
    ) -> None:
        """Let a scorer score, and keep what came of it. Raises _TryNext, OctavoError."""
        began = time.perf_counter()
        try:
            served.predictions = await self._predictions(scorer, body, served.id, limit_s)
        except OctavoError as error:
            served.status = error.code
            raise
        except _TryNext as error:
            served.status = error.status
            raise
        finally:
            served.latency_ms = (time.perf_counter() - began) * 1_000
            self._telemetry.add(served)

    async def _predictions(
        self, scorer: Scorer | None, body: bytes, request_id: str, limit_s: float | None
    ) -> list[Any]:
        if scorer is None or scorer.state is not ScorerState.READY:
            raise _TryNext("unavailable", scorer.message if scorer else "It is not started yet.")
        try:
            answer = await self._calls.invoke(
                scorer.address, scorer.secret, body, request_id=request_id, timeout_s=limit_s
            )
        except ScorerUnreachable as error:
            self._circuits.failed(scorer.id)
            status = "timeout" if isinstance(error, ScorerSlow) else "unavailable"
            raise _TryNext(status, f"{error}.") from error
        self._circuits.answered(scorer.id)
        if answer.status != 200:
            raise refusal(answer)
        predictions = answer.body.get("predictions")
        if not isinstance(predictions, list):
            raise _TryNext("unavailable", "Its answer holds no predictions.")
        return predictions

    def _served(self, traffic: Traffic, version: int, caller: str, rows: _Rows) -> Served:
        return Served(
            id=new_id(),
            project=traffic.deployment.project,
            deployment=traffic.deployment.name,
            version=version,
            role=rules.role_of(traffic.deployment, version),
            at=self._clock(),
            latency_ms=0.0,
            status="ok",
            caller=caller,
            document=rows.document,
            predictions=[],
            routed_since=traffic.deployment.updated_at,
        )

    def _copy(self, traffic: Traffic, invocation: Invocation, answered: Answered) -> None:
        """Send a copy to the shadow, if there is one and its turn comes."""
        deployment = traffic.deployment
        version = deployment.shadow_version
        if version is None or self._chance() * 100 >= deployment.shadow_percent:
            return
        project, name = deployment.project, deployment.name
        if self.shadows.room(project, name, version):
            copy = self._shadowed(traffic, version, invocation, answered)
            self.shadows.send(project, name, copy)

    async def _shadowed(
        self, traffic: Traffic, version: int, invocation: Invocation, answered: Answered
    ) -> bool:
        rows = await self._rows(traffic, version, invocation)
        served = self._served(traffic, version, invocation.caller, rows)
        served.role = SHADOW
        try:
            await self._ask(traffic.scorers.get(version), rows.body, served, SHADOW_S)
        except (OctavoError, _TryNext):
            return False
        difference = rules.mean_difference(served.predictions, answered.predictions)
        if difference is not None:
            self._telemetry.figures.compare(served, difference)
        return True


class _TryNext(Exception):
    """This version can't answer, another one may."""

    def __init__(self, status: str, why: str) -> None:
        super().__init__(why)
        self.status = status


def refusal(answer: ScorerAnswer) -> Exception:
    """Return what to raise for a scorer's refusal, in the platform's own words."""
    code = str(answer.body.get("error", ""))
    message = str(answer.body.get("message", "The scorer gave no reason."))[:2_000]
    remedy = str(answer.body.get("remedy", ""))[:500]
    if code == "invalid":
        return Invalid(message, remedy)
    if code == "too_large":
        return TooLarge(message, remedy)
    if code == "model_failed":
        return ModelFailed(message, remedy)
    return _TryNext("unavailable", message)


def row_count(invocation: Invocation) -> int:
    """Return how many rows a request has."""
    return rows_sent.count(invocation.document)
