"""Sends a scoring request to a version: weighted split, sticky keys, fail-over, telemetry."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.concurrency import run_in_threadpool

from octavo_server.deployments.rollouts.service import (
    Deployment,
    RolloutsService,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.serving import rules
from octavo_server.deployments.serving.domain import Scored
from octavo_server.deployments.serving.ports import ScorerAnswer, ScorerCalls, ScorerUnreachable
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.errors import Invalid, NotFound, OctavoError, TooLarge, Unavailable
from octavo_server.identity import new_id

KEEP_S = 0.25
"""Seconds that a looked-up traffic table may be old; a rollback counts within it."""
SAMPLED_SHARE = 0.2
"""Share of requests whose first row is kept."""
SAMPLED_COLUMNS = 60
"""Columns of a kept row."""
SAMPLED_TEXT = 200
"""Characters of a kept text value."""


class ModelFailed(OctavoError):
    """The model's own code failed on rows that fit its signature."""

    code = "model_failed"
    status = 502


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A deployment's traffic table and its scorers, as last read."""

    deployment: Deployment
    """Desired state."""
    scorers: Mapping[int, Scorer]
    """Scorers by version."""


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


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Rows to score, as they came."""

    body: bytes
    """JSON in one of MLflow's formats."""
    document: Mapping[str, Any]
    """The same, parsed."""
    caller: str
    """Who asks."""
    sticky_key: str | None
    """Requests with the same key go to the same version while the shares stand."""


class Router:
    """Reads the traffic table and asks scorers."""

    def __init__(
        self,
        rollouts: RolloutsService,
        calls: ScorerCalls,
        telemetry: TelemetryBuffer,
        clock: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._rollouts = rollouts
        self._calls = calls
        self._telemetry = telemetry
        self._clock = clock
        self._chance = chance
        self._kept: dict[tuple[str, str], tuple[float, Traffic]] = {}

    async def invoke(self, project: str, name: str, invocation: Invocation) -> Answered:
        """Score rows. Raises NotFound, Unavailable, or what the scorer said about the rows."""
        traffic = await self._traffic(project, name)
        started = time.perf_counter()
        tried: list[str] = []
        candidates = self._candidates(traffic, invocation.sticky_key)
        for version in candidates:
            try:
                return await self._attempt(traffic, version, invocation, started, bool(tried))
            except ModelFailed as error:
                # A canary's own fault must not reach a caller whom the stable version can serve.
                if version == candidates[-1]:
                    raise
                tried.append(f"v{version}: {error}")
            except _TryNext as error:
                tried.append(f"v{version}: {error}")
        raise Unavailable(
            f"{name!r} can't answer now. {' '.join(tried) or 'No version is live.'}",
            "Try again in a few seconds; the deployment's page says what is wrong.",
        )

    async def _traffic(self, project: str, name: str) -> Traffic:
        kept = self._kept.get((project, name))
        if kept is not None and kept[0] > time.monotonic():
            return kept[1]
        traffic = await run_in_threadpool(self._read, project, name)
        self._kept[project, name] = (time.monotonic() + KEEP_S, traffic)
        return traffic

    def _read(self, project: str, name: str) -> Traffic:
        try:
            deployment, scorers = self._rollouts.traffic(project, name)
        except NotFound:
            self._kept.pop((project, name), None)
            raise
        return Traffic(deployment=deployment, scorers=scorers)

    def _candidates(self, traffic: Traffic, key: str | None) -> list[int]:
        """Return the picked version, then the stable one to fail over to."""
        deployment = traffic.deployment
        point = self._chance() if key is None else rules.sticky_point(deployment.name, key)
        picked = rules.pick(deployment, point)
        order = [picked, deployment.stable_version]
        return list(dict.fromkeys(version for version in order if version is not None))

    async def _attempt(
        self,
        traffic: Traffic,
        version: int,
        invocation: Invocation,
        started: float,
        failed_over: bool,
    ) -> Answered:
        scorer = traffic.scorers.get(version)
        began = time.perf_counter()
        try:
            predictions = await self._ask(scorer, invocation)
        except OctavoError as error:
            self._record(traffic, version, invocation, began, status=error.code)
            raise
        except _TryNext as error:
            self._record(traffic, version, invocation, began, status=error.status)
            raise
        request_id = self._record(traffic, version, invocation, began, predictions=predictions)
        return Answered(
            predictions=predictions,
            model=traffic.deployment.model,
            version=version,
            model_digest=scorer.model_digest if scorer is not None else "",
            latency_ms=(time.perf_counter() - started) * 1_000,
            request_id=request_id,
            failed_over=failed_over,
        )

    async def _ask(self, scorer: Scorer | None, invocation: Invocation) -> list[Any]:
        if scorer is None or scorer.state is not ScorerState.READY:
            raise _TryNext("unavailable", scorer.message if scorer else "It is not started yet.")
        try:
            answer = await self._calls.invoke(scorer.address, scorer.secret, invocation.body)
        except ScorerUnreachable as error:
            raise _TryNext("unavailable", f"{error}.") from error
        if answer.status == 200:
            return list(answer.body["predictions"])
        raise refusal(answer)

    def _record(
        self,
        traffic: Traffic,
        version: int,
        invocation: Invocation,
        began: float,
        *,
        status: str = "ok",
        predictions: list[Any] | None = None,
    ) -> str:
        request_id = new_id()
        deployment = traffic.deployment
        sampled = status == "ok" and self._chance() < SAMPLED_SHARE
        self._telemetry.add(
            Scored(
                id=request_id,
                project=deployment.project,
                deployment=deployment.name,
                version=version,
                at=self._clock(),
                latency_ms=(time.perf_counter() - began) * 1_000,
                status=status,
                rows=len(predictions or ()),
                scores=rules.scores_of(predictions or []),
                features=first_row(invocation.document) if sampled else None,
                caller=invocation.caller,
            )
        )
        return request_id


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


def first_row(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first row of a body by column, cut to what telemetry keeps."""
    split, records = document.get("dataframe_split"), document.get("dataframe_records")
    inputs = document.get("inputs")
    row: Mapping[str, Any] | None = None
    if split is not None and split["data"]:
        row = dict(zip(split["columns"], split["data"][0], strict=False))
    elif records:
        row = records[0]
    elif isinstance(inputs, Mapping):
        row = {
            name: one[0] if isinstance(one, list) and one else one for name, one in inputs.items()
        }
    elif isinstance(inputs, list) and inputs and isinstance(inputs[0], Mapping):
        row = inputs[0]
    if row is None:
        return None
    return {name: _cut(row[name]) for name in list(row)[:SAMPLED_COLUMNS]}


def _cut(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text[:SAMPLED_TEXT]
