"""Reviews of requests, and the evidence that they rest on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from octavo.records.evidence import Evidence
from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Database
from octavo_server.deployments.requests import evidence as evidence_rules
from octavo_server.deployments.requests import evidence_store
from octavo_server.deployments.requests.domain import Request, RequestState
from octavo_server.deployments.requests.ports import EvidenceSources
from octavo_server.deployments.requests.service import RequestsService
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.errors import IllegalMove
from octavo_server.identity import Caller


@dataclass(frozen=True, kw_only=True)
class Reviewable:
    """A request with its evidence."""

    request: Request
    """The request."""
    evidence: Evidence | None
    """What was gathered; None where no review is needed."""


class ReviewsService:
    """What a reviewer sees, and what they decide."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        requests: RequestsService,
        rollouts: RolloutsService,
        sources: EvidenceSources,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._requests = requests
        self._rollouts = rollouts
        self._sources = sources
        self._clock = clock

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._clock()

    def get(self, project: str, request_id: str) -> Reviewable:
        """Return a request with its evidence as it holds now. Raises NotFound."""
        request = self._requests.get_request(project, request_id)
        return Reviewable(request=request, evidence=self._evidence(request))

    def gather(self, caller: Caller, project: str, request_id: str) -> Reviewable:
        """Have the evidence of a pending request gathered again. Raises NotFound, IllegalMove."""
        request = self._requests.get_request(project, request_id)
        if request.state is not RequestState.PENDING:
            raise IllegalMove(
                f"The request is {request.state.value} already; its evidence stays as it was.",
                "Make a new request.",
            )
        subject = f"deployment_request:{project}/{request_id}"
        with self._audit.change(caller, "deployments.evidence", subject, project) as change:
            kept = evidence_rules.asked_for(request.id, project, change.at)
            evidence_store.put(change.rows, kept)
        return self.get(project, request_id)

    def review(
        self,
        caller: Caller,
        project: str,
        request_id: str,
        *,
        approve: bool,
        reason: str,
        digest: str,
        evidence_digest: str | None,
    ) -> Reviewable:
        """Approve or reject; an approval rests on evidence that still holds."""
        waiting = self.get(project, request_id)
        found = waiting.evidence
        state = evidence_rules.NOT_NEEDED
        if approve and found is not None and self._live(waiting.request) is not None:
            evidence_rules.check_rests_on(found, evidence_digest)
            state = found.state
        decided = self._requests.review(
            caller,
            project,
            request_id,
            approve=approve,
            reason=reason,
            digest=digest,
            evidence=state,
            evidence_digest=None if found is None else found.digest,
        )
        return Reviewable(request=decided, evidence=found)

    def _evidence(self, request: Request) -> Evidence | None:
        with self._database.read() as rows:
            kept = evidence_store.get(rows, request.id)
        if kept is None:
            return None
        changed: list[str] = []
        pending = request.state is RequestState.PENDING
        if pending and kept.document is not None and kept.gathered_at is not None:
            changed = evidence_rules.stale_because(
                kept.document,
                gathered_at=kept.gathered_at,
                live=self._live(request),
                alerts=self._sources.alerts(request.project, request.deployment),
                now=self._clock(),
            )
        return evidence_rules.shown(kept, changed)

    def _live(self, request: Request) -> int | None:
        with self._database.read() as rows:
            found = self._rollouts.find(rows, request.project, request.deployment)
        return None if found is None else found.stable_version
