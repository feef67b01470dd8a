"""Answers rollouts whether what they do was agreed to."""

from __future__ import annotations

from datetime import datetime

from octavo_server.audit.service import Change
from octavo_server.database.rows import Rows
from octavo_server.deployments.requests import evidence, evidence_store, rules, store
from octavo_server.deployments.requests.domain import Request, RequestState
from octavo_server.deployments.rollouts.service import (
    Agreed,
    Deployment,
    ModelCatalog,
    Rollout,
)
from octavo_server.errors import Conflict, NotFound


class Approvals:
    """The requests, as rollouts ask about them; every answer is read in the asker's transaction."""

    def __init__(self, catalog: ModelCatalog) -> None:
        self._catalog = catalog

    def objection(self, rows: Rows, rollout: Rollout, now: datetime) -> str | None:
        """Say why nothing of a rollout may take effect now; None when it may."""
        request = store.request(rows, rollout.project, rollout.request_id)
        if request is None:
            return "its request is gone"
        return rules.check_approval(request, now) or self._changed(request)

    def _changed(self, request: Request) -> str | None:
        """Say what the registry holds now instead of what was approved."""
        try:
            model = self._catalog.describe(request.project, request.model, request.version)
        except NotFound:
            return f"v{request.version} was deleted from the registry"
        named = None
        if request.alias is not None:
            named = self._catalog.alias(request.project, request.model, request.alias)
        return rules.check_registered(request, model, named)

    def use(self, change: Change, rollout: Rollout, message: str) -> Agreed:
        """Use up the rollout's approval. Raises Conflict when it doesn't hold any more."""
        request = store.request(change.rows, rollout.project, rollout.request_id)
        why = self.objection(change.rows, rollout, change.at)
        if request is None or why is not None:
            raise Conflict(f"v{rollout.to_version} may not go live: {why}.")
        applied = rules.moved_request(request, RequestState.APPLIED, message)
        store.save_request(change.rows, applied)
        return Agreed(
            objectives=request.objectives,
            profile=request.profile,
            owner=request.owner,
            rate_limit=request.rate_limit,
        )

    def accepted_drift(self, rows: Rows, rollout: Rollout) -> float | None:
        """Return the difference from the live version's scores (PSI) that was approved.

        It is that of the evidence; None where nobody approved such a comparison.
        """
        request = store.request(rows, rollout.project, rollout.request_id)
        if request is None:
            return None
        kept = evidence_store.get(rows, request.id)
        return evidence.accepted_drift(kept, request.reviewed_evidence, rollout.from_version)

    def give_up(self, change: Change, rollout: Rollout, message: str) -> None:
        """End the request of a rollout that came to nothing."""
        request = store.request(change.rows, rollout.project, rollout.request_id)
        if request is not None and request.state is RequestState.APPROVED:
            failed = rules.moved_request(request, RequestState.FAILED, message)
            store.save_request(change.rows, failed)

    def digest(self, rows: Rows, deployment: Deployment, version: int) -> str:
        """Return the digest under which a version may run in a deployment; empty: none may."""
        found = store.requests(
            rows,
            ("project", "=", deployment.project),
            ("deployment", "=", deployment.name),
            ("version", "=", version),
            ("state", "in", [RequestState.APPROVED.value, RequestState.APPLIED.value]),
            limit=1,
        )
        return found[0].model_digest if found else ""
