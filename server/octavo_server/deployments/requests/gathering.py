"""Gathers the evidence of requests that wait for a review; a periodic task of the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from octavo.records.evidence import Replay
from octavo_server.database.rows import Database
from octavo_server.deployments.requests import comparing, evidence, evidence_store, store
from octavo_server.deployments.requests.domain import Request, RequestState
from octavo_server.deployments.requests.evidence_store import KeptEvidence
from octavo_server.deployments.requests.ports import EvidenceSources, ReplayBench
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import OctavoError

REPLAYED = 500
"""Newest logged rows that are replayed."""

log = logging.getLogger("octavo.deployments")


class Gatherer:
    """One step gathers the evidence of the request that waits longest."""

    def __init__(
        self,
        database: Database,
        rollouts: RolloutsService,
        sources: EvidenceSources,
        bench: ReplayBench,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._rollouts = rollouts
        self._sources = sources
        self._bench = bench
        self._clock = clock

    def step(self) -> None:
        """Gather for one request; a request that was decided meanwhile gets none."""
        with self._database.read() as rows:
            waiting = evidence_store.waiting(rows, 1)
        for kept in waiting:
            with self._database.read() as rows:
                request = store.request(rows, kept.project, kept.request_id)
            if request is None or request.state is not RequestState.PENDING:
                self._put(replace(kept, state="failed", message="It was decided without."))
            else:
                self._put(self._gathered(kept, request))

    def _gathered(self, kept: KeptEvidence, request: Request) -> KeptEvidence:
        try:
            document = self._document(request)
        except OctavoError as error:
            log.warning("evidence of request %s: %s", request.id, error.message)
            return replace(kept, state="failed", message=error.message)
        replayed = document["replay"]
        message = "Nothing is logged that could be replayed."
        if replayed is not None:
            message = f"{replayed['requests']} logged rows were replayed."
        return replace(
            kept,
            state="complete",
            message=message,
            gathered_at=self._clock(),
            digest=evidence.digest_of(document),
            document=document,
        )

    def _document(self, request: Request) -> dict[str, Any]:
        project, name = request.project, request.deployment
        with self._database.read() as rows:
            found = self._rollouts.find(rows, project, name)
        live = None if found is None else found.stable_version
        replay = self._replay(request, live)
        consumers = self._sources.consumers(project, name)
        fresh = self._sources.freshness(project, request.model, request.version)
        alerts = self._sources.alerts(project, name)
        return {
            "champion_version": live,
            "replay": None if replay is None else replay.model_dump(mode="json"),
            "consumers": [one.model_dump(mode="json") for one in consumers],
            "freshness": [one.model_dump(mode="json") for one in fresh],
            "alerts": [one.model_dump(mode="json") for one in alerts],
        }

    def _replay(self, request: Request, live: int | None) -> Replay | None:
        project, model = request.project, request.model
        logged = self._sources.logged(project, request.deployment, REPLAYED)
        if not logged.rows:
            return None
        candidate = self._bench.replay(project, model, request.version, logged.rows)
        champion = None
        if live is not None:
            champion = self._bench.replay(project, model, live, logged.rows)
        price = self._sources.price(request.profile)
        return comparing.compared(logged, candidate, champion, (request.version, live), price)

    def _put(self, kept: KeptEvidence) -> None:
        with self._database.write() as rows:
            now = evidence_store.get(rows, kept.request_id)
            # Asked for anew meanwhile: what was gathered is not what is wanted now.
            if now is not None and now.asked_at == kept.asked_at:
                evidence_store.put(rows, kept)
