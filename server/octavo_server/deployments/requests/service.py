"""Takes requests and reviews; an approval begins a rollout in its own transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Where
from octavo_server.deployments.requests import evidence as evidence_rules
from octavo_server.deployments.requests import evidence_store, rules, store
from octavo_server.deployments.requests.domain import (
    PolicyResult,
    Request,
    RequestState,
)
from octavo_server.deployments.rollouts.service import (
    DeployableModel,
    ModelCatalog,
    Objectives,
    RateLimit,
    RolloutsService,
    ScorerProfiles,
    TrafficPlan,
    Wanted,
    check_name,
    needs_review,
)
from octavo_server.errors import (
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    PolicyRefused,
)
from octavo_server.identity import Caller, new_id, service_caller
from octavo_server.policy.service import PolicyService

RUNNING = (RequestState.APPROVED.value, RequestState.APPLIED.value)
"""States of a request under which its version may run."""


HISTORY = 50
"""Requests that a deployment shows."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asks for."""

    deployment: str
    """Deployment, new or not."""
    model: str
    """Registered model."""
    environment: str
    """Where to."""
    profile: str
    """Spawner profile of the scorer."""
    traffic: TrafficPlan
    """How it takes over."""
    objectives: Objectives
    """What it promises."""
    reason: str
    """Why."""
    version: int | None = None
    """Its version; None: the one that ``alias`` names."""
    alias: str | None = None
    """Alias that names the version."""
    rate_limit: RateLimit | None = None
    """What one consumer may send."""
    owner: str = ""
    """Who answers for the deployment; empty: who asks."""


class RequestsService:
    """Requests to bring versions live, and what became of them."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        rollouts: RolloutsService,
        catalog: ModelCatalog,
        profiles: ScorerProfiles,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._rollouts = rollouts
        self._catalog = catalog
        self._profiles = profiles
        self._clock = clock

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._clock()

    def request(self, caller: Caller, project: str, asked: Asked) -> Request:
        """Ask to bring a version live; where no review is needed, it starts at once.

        Raises NotFound for an unknown version, Invalid for an unknown profile, Conflict when the
        deployment is about something else, Forbidden for a spent budget, PolicyRefused.
        """
        check_name(asked.deployment)
        if self._profiles.resources(asked.profile) is None:
            raise Invalid(
                f"profile: there is no profile {asked.profile!r}.", "See the profile cards."
            )
        refusal = self._profiles.refusal(project)
        if refusal is not None:
            raise Forbidden(refusal, "Raise the project's budget, or wait for the next month.")
        model = self._catalog.describe(project, asked.model, self._version(project, asked))
        subject = f"deployment:{project}/{asked.deployment}"
        with self._audit.change(caller, "deployments.request", subject, project) as change:
            request = self._new_request(change, project, asked, model)
            found = self._rollouts.find(change.rows, project, asked.deployment)
            rules.check_fits(request, found)
            if not needs_review(asked.environment):
                request = self._approved(change, request)
            store.add_request(change.rows, request)
            if needs_review(asked.environment):
                kept = evidence_rules.asked_for(request.id, project, change.at)
                evidence_store.put(change.rows, kept)
            change.note(
                request=request.id,
                model=asked.model,
                version=request.version,
                environment=asked.environment,
                digest=request.digest,
                reason=asked.reason,
            )
        return request

    def review(
        self,
        caller: Caller,
        project: str,
        request_id: str,
        *,
        approve: bool,
        reason: str,
        digest: str,
        evidence: str = evidence_rules.NOT_NEEDED,
        evidence_digest: str | None = None,
    ) -> Request:
        """Approve or reject a request; never one's own, never another digest than its own.

        ``evidence`` says whether there is evidence that an approval may rest on.
        """
        waiting = self.get_request(project, request_id)
        model = self._catalog.describe(project, waiting.model, waiting.version)
        subject = f"deployment_request:{project}/{request_id}"
        with self._audit.change(caller, "deployments.review", subject, project) as change:
            change.rows.lock(f"deployment:{project}/{waiting.deployment}")
            request = _known(store.request(change.rows, project, request_id), request_id)
            rules.check_review(request, caller.name, digest, change.at)
            decided = replace(
                request,
                reviewer=caller.name,
                decision="approve" if approve else "reject",
                review_reason=reason,
                reviewed_digest=digest,
                reviewed_at=change.at,
                reviewed_evidence=evidence_digest,
            )
            if approve:
                self._still_asked_for(request, model)
                own = request.requested_by == caller.name
                facts = {"own": own, "evidence": evidence}
                self._policy_gate(change, "ApproveDeployment", request, model, facts)
                decided = self._approved(change, decided)
            else:
                decided = rules.moved_request(
                    decided, RequestState.REJECTED, f"{caller.name} rejected it: {reason}"
                )
            store.save_request(change.rows, decided)
            change.note(
                deployment=request.deployment, decision=decided.decision, reason=reason,
                digest=digest, evidence=evidence_digest,
            )  # fmt: skip
        return decided

    def _still_asked_for(self, request: Request, model: DeployableModel) -> None:
        """Raise Conflict where the registry holds something else now than what was asked for."""
        named = None
        if request.alias is not None:
            named = self._catalog.alias(request.project, request.model, request.alias)
        why = rules.check_registered(request, model, named)
        if why is not None:
            raise Conflict(
                f"v{request.version} of {request.model} may not be approved: {why}.",
                "Reject the request, and have it made again.",
            )

    def get_request(self, project: str, request_id: str) -> Request:
        """Return one request. Raises NotFound."""
        with self._database.read() as rows:
            return _known(store.request(rows, project, request_id), request_id)

    def requests(
        self, project: str, *, state: str | None, deployment: str | None, limit: int, offset: int
    ) -> list[Request]:
        """Return the newest matching requests first."""
        where: list[Where] = [("project", "=", project)]
        where += [("state", "=", state)] if state else []
        where += [("deployment", "=", deployment)] if deployment else []
        with self._database.read() as rows:
            return store.requests(rows, *where, limit=limit, offset=offset)

    def of_deployment(self, project: str, name: str) -> list[Request]:
        """Return a deployment's newest requests first."""
        return self.requests(project, state=None, deployment=name, limit=HISTORY, offset=0)

    def requester(self, project: str, name: str, version: int) -> str:
        """Return who asked for a version that runs; it is booked on them."""
        where: tuple[Where, ...] = (
            ("project", "=", project),
            ("deployment", "=", name),
            ("version", "=", version),
            ("state", "in", RUNNING),
        )
        with self._database.read() as rows:
            found = store.requests(rows, *where, limit=1)
        return found[0].requested_by if found else "service:worker"

    def lapse(self) -> None:
        """Mark pending requests that nobody decided in time."""
        now = self._clock()
        with self._database.read() as rows:
            pending: Where = ("state", "=", RequestState.PENDING.value)
            late = store.requests(rows, pending, ("expires_at", "<=", now), limit=100)
        for request in late:
            worker = service_caller("worker", request.project)
            subject = f"deployment_request:{request.project}/{request.id}"
            with self._audit.change(
                worker, "deployments.expire", subject, request.project
            ) as change:
                message = "Nobody decided in time."
                moved = rules.moved_request(request, RequestState.EXPIRED, message)
                store.save_request(change.rows, moved)

    def _version(self, project: str, asked: Asked) -> int:
        """Return the version that is asked for. Raises NotFound for an alias that names none."""
        if asked.version is not None:
            return asked.version
        named = self._catalog.alias(project, asked.model, asked.alias or "")
        if named is None:
            raise NotFound(
                f"alias: {asked.alias!r} of {asked.model!r} names no version.",
                "Name a version, or move the alias first.",
            )
        return named

    def _new_request(
        self, change: Change, project: str, asked: Asked, model: DeployableModel
    ) -> Request:
        request = Request(
            id=new_id(),
            project=project,
            deployment=asked.deployment,
            model=asked.model,
            version=model.version,
            model_digest=model.digest,
            environment=asked.environment,
            profile=asked.profile,
            traffic=asked.traffic,
            objectives=asked.objectives,
            reason=asked.reason,
            requested_by=change.caller.name,
            requested_at=change.at,
            expires_at=change.at + rules.REQUEST_LIFE,
            state=RequestState.PENDING,
            message="Waits for another person's review.",
            digest="",
            policy=PolicyResult(allowed=False, reasons=(), policy_digest=""),
            alias=asked.alias,
            owner=asked.owner or change.caller.name,
            rate_limit=asked.rate_limit,
        )
        result = self._policy_gate(change, "RequestDeployment", request, model, {})
        return replace(request, policy=result, digest=rules.digest_of(request))

    def _policy_gate(
        self,
        change: Change,
        action: str,
        request: Request,
        model: DeployableModel,
        more: Mapping[str, object],
    ) -> PolicyResult:
        facts: dict[str, object] = {
            "environment": request.environment,
            "signed": model.signed and model.digest == request.model_digest,
            "scan_findings": model.scan_findings,
            **more,
        }
        place = (request.project, request.model, request.version, request.environment)
        reasons = self._catalog.unusable(change.caller, *place)
        if reasons:
            raise PolicyRefused(
                " ".join(reasons), f"Register {request.model} anew with what is missing."
            )
        decision = self._policy.require(
            change, action, change.caller, project=request.project, facts=facts
        )
        return PolicyResult(
            allowed=decision.allowed,
            reasons=tuple(decision.reasons),
            policy_digest=decision.policy_digest,
        )

    def _approved(self, change: Change, request: Request) -> Request:
        """Begin the rollout that the approval allows; return the approved request."""
        found = self._rollouts.find(change.rows, request.project, request.deployment)
        rules.check_fits(request, found)
        self._rollouts.begin(change, _wanted(request))
        approved = rules.moved_request(
            request, RequestState.APPROVED, f"v{request.version} is being started."
        )
        return replace(approved, expires_at=change.at + rules.APPROVAL_LIFE)


def _wanted(request: Request) -> Wanted:
    return Wanted(
        request_id=request.id,
        project=request.project,
        deployment=request.deployment,
        model=request.model,
        version=request.version,
        environment=request.environment,
        profile=request.profile,
        traffic=request.traffic,
        objectives=request.objectives,
        requested_by=request.requested_by,
        owner=request.owner,
        rate_limit=request.rate_limit,
    )


def _known(request: Request | None, request_id: str) -> Request:
    if request is None:
        raise NotFound(
            f"There is no deployment request {request_id[:32]!r} in this project.",
            "See the list of requests.",
        )
    return request
