"""Requests, reviews, promotes and rolls back: desired state, each change with its audit entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows, Where
from octavo_server.deployments import rules, store
from octavo_server.deployments.domain import (
    DeployableModel,
    Deployment,
    Objectives,
    PolicyResult,
    Request,
    RequestState,
    Rollout,
    RolloutState,
    Scored,
    Scorer,
    TrafficPlan,
)
from octavo_server.deployments.ports import ModelCatalog, ScorerProfiles
from octavo_server.errors import Forbidden, IllegalMove, Invalid, NotFound
from octavo_server.identity import Caller, new_id
from octavo_server.policy.service import PolicyService

RUNNING = (RequestState.APPROVED.value, RequestState.APPLIED.value)
"""States of a request under which its version may run."""
HISTORY = 50
"""Rollouts and requests that a deployment shows."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a person asks for."""

    deployment: str
    """Deployment, new or not."""
    model: str
    """Registered model."""
    version: int
    """Its version."""
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


@dataclass(frozen=True, kw_only=True)
class View:
    """A deployment with what stands around it."""

    deployment: Deployment
    """Desired state."""
    scorers: Mapping[int, Scorer]
    """Scorers by version."""
    rollout: Rollout | None
    """The rollout that counts: under way, else the newest live one, else the newest."""
    model: DeployableModel | None
    """The stable version, None before there is one."""


@dataclass(frozen=True, kw_only=True)
class History:
    """A deployment with its past."""

    view: View
    """How it is."""
    rollouts: tuple[Rollout, ...]
    """Newest first."""
    requests: tuple[Request, ...]
    """Newest first."""


class Telemetry(Protocol):
    """What other areas read of scoring."""

    def scored_since(self, project: str, name: str, since: datetime, limit: int) -> list[Scored]:
        """Return the requests since a time, newest first."""


class DeploymentsService:
    """Desired state of what is live."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        policy: PolicyService,
        catalog: ModelCatalog,
        profiles: ScorerProfiles,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._policy = policy
        self._catalog = catalog
        self._profiles = profiles
        self._clock = clock
        self._described: dict[tuple[str, str, int], DeployableModel] = {}

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._clock()

    def request(self, caller: Caller, project: str, asked: Asked) -> Request:
        """Ask to bring a version live; where no review is needed, it starts at once.

        Raises NotFound for an unknown version, Invalid for an unknown profile, Conflict when the
        deployment is about something else, Forbidden for a spent budget, PolicyRefused.
        """
        rules.check_name(asked.deployment)
        if self._profiles.resources(asked.profile) is None:
            raise Invalid(
                f"profile: there is no profile {asked.profile!r}.", "See the profile cards."
            )
        refusal = self._profiles.refusal(project)
        if refusal is not None:
            raise Forbidden(refusal, "Raise the project's budget, or wait for the next month.")
        model = self._catalog.describe(project, asked.model, asked.version)
        subject = f"deployment:{project}/{asked.deployment}"
        with self._audit.change(caller, "deployments.request", subject, project) as change:
            request = self._new_request(change, project, asked, model)
            rules.check_fits(request, store.deployment(change.rows, project, asked.deployment))
            if not rules.needs_review(asked.environment):
                request = self._approved(change, request)
            store.add_request(change.rows, request)
            change.note(
                request=request.id,
                model=asked.model,
                version=asked.version,
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
    ) -> Request:
        """Approve or reject a request; never one's own, never another digest than its own."""
        waiting = self.get_request(project, request_id)
        model = self._catalog.describe(project, waiting.model, waiting.version)
        subject = f"deployment_request:{project}/{request_id}"
        with self._audit.change(caller, "deployments.review", subject, project) as change:
            request = _known(store.request(change.rows, project, request_id), request_id)
            rules.check_review(request, caller.name, digest, change.at)
            decided = replace(
                request,
                reviewer=caller.name,
                decision="approve" if approve else "reject",
                review_reason=reason,
                reviewed_digest=digest,
                reviewed_at=change.at,
            )
            if approve:
                self._policy_gate(change, "ApproveDeployment", request, model)
                decided = self._approved(change, decided)
            else:
                decided = rules.moved_request(
                    decided, RequestState.REJECTED, f"{caller.name} rejected it: {reason}"
                )
            store.save_request(change.rows, decided)
            change.note(
                deployment=request.deployment, decision=decided.decision, reason=reason,
                digest=digest,
            )  # fmt: skip
        return decided

    def promote(self, caller: Caller, project: str, name: str, reason: str) -> View:
        """Give all traffic to the canary; never by who asked for it alone."""
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, "deployments.promote", subject, project) as change:
            deployment = self._deployment(change.rows, project, name)
            rollout = current_rollout(change.rows, project, name)
            if rollout is None or rollout.state is not RolloutState.CANARY:
                raise IllegalMove(
                    f"{name!r} has no canary to promote.", "Request a version as a canary first."
                )
            rules.check_promoter(rollout, deployment.environment, caller.name)
            promoted = rules.taken_over(deployment, rollout.to_version, change.at)
            supersede(change, deployment)
            message = f"{caller.name} promoted v{rollout.to_version}: {reason}"
            store.save_rollout(
                change.rows,
                rules.moved_rollout(rollout, RolloutState.LIVE, message, change.at, caller.name),
            )
            store.save_deployment(change.rows, promoted)
            change.note(version=rollout.to_version, reason=reason)
        return self.get(project, name)

    def roll_back(self, caller: Caller, project: str, name: str, reason: str) -> View:
        """Move one step back at once: drop the canary, or make the version before live again."""
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, "deployments.rollback", subject, project) as change:
            deployment = self._deployment(change.rows, project, name)
            rollout = current_rollout(change.rows, project, name)
            back = rules.rolled_back(deployment, rollout, change.at)
            message = f"{caller.name} rolled back: {reason}"
            if rollout is not None and rollout.state in UNDER_WAY | {RolloutState.LIVE}:
                store.save_rollout(
                    change.rows,
                    rules.moved_rollout(
                        rollout, RolloutState.ROLLED_BACK, message, change.at, caller.name
                    ),
                )
                if rollout.state is RolloutState.STARTING:
                    _give_up(change, rollout, message)
            store.save_deployment(change.rows, back)
            change.note(live=back.stable_version, reason=reason)
        return self.get(project, name)

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

    def views(self, project: str | None = None) -> list[View]:
        """Return the deployments of a project, or of all projects."""
        with self._database.read() as rows:
            found = store.deployments_of(rows, project)
            return [self._view(rows, deployment) for deployment in found]

    def get(self, project: str, name: str) -> View:
        """Return one deployment. Raises NotFound."""
        with self._database.read() as rows:
            return self._view(rows, self._deployment(rows, project, name))

    def history(self, project: str, name: str) -> History:
        """Return one deployment with its past. Raises NotFound."""
        here: tuple[Where, ...] = (("project", "=", project), ("deployment", "=", name))
        with self._database.read() as rows:
            return History(
                view=self._view(rows, self._deployment(rows, project, name)),
                rollouts=tuple(store.rollouts(rows, project, name, HISTORY)),
                requests=tuple(store.requests(rows, *here, limit=HISTORY)),
            )

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

    def scored_since(self, project: str, name: str, since: datetime, limit: int) -> list[Scored]:
        """Return the scoring requests since a time, newest first."""
        with self._database.read() as rows:
            return store.scored_since(rows, project, name, since, limit)

    def forget_scored(self, before: datetime) -> int:
        """Remove telemetry older than a time; return how much."""
        with self._database.write() as rows:
            return store.forget_scored(rows, before)

    def _new_request(
        self, change: Change, project: str, asked: Asked, model: DeployableModel
    ) -> Request:
        request = Request(
            id=new_id(),
            project=project,
            deployment=asked.deployment,
            model=asked.model,
            version=asked.version,
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
        )
        result = self._policy_gate(change, "RequestDeployment", request, model)
        return replace(request, policy=result, digest=rules.digest_of(request))

    def _policy_gate(
        self, change: Change, action: str, request: Request, model: DeployableModel
    ) -> PolicyResult:
        facts: dict[str, object] = {
            "environment": request.environment,
            "signed": model.signed and model.digest == request.model_digest,
            "scan_findings": model.scan_findings,
        }
        if action == "ApproveDeployment":
            facts["own"] = request.requested_by == change.caller.name
        decision = self._policy.require(
            change, action, change.caller, project=request.project, facts=facts
        )
        return PolicyResult(
            allowed=decision.allowed,
            reasons=tuple(decision.reasons),
            policy_digest=decision.policy_digest,
        )

    def _approved(self, change: Change, request: Request) -> Request:
        """Write the rollout that the approval allows; return the approved request."""
        name = request.deployment
        deployment = store.deployment(change.rows, request.project, name)
        rules.check_fits(request, deployment)
        rollout = current_rollout(change.rows, request.project, name)
        if rollout is not None and rollout.state in UNDER_WAY:
            raise IllegalMove(
                f"{name!r} is moving to v{rollout.to_version} ({rollout.state.value}).",
                "Promote it or roll it back first.",
            )
        if deployment is None:
            deployment = Deployment(
                project=request.project,
                name=name,
                model=request.model,
                environment=request.environment,
                profile=request.profile,
                objectives=request.objectives,
                created_at=change.at,
                updated_at=change.at,
            )
            store.add_deployment(change.rows, deployment)
        store.add_rollout(change.rows, _first_step(change, request, deployment))
        approved = rules.moved_request(
            request, RequestState.APPROVED, f"v{request.version} is being started."
        )
        return replace(approved, expires_at=change.at + rules.APPROVAL_LIFE)

    def _deployment(self, rows: Rows, project: str, name: str) -> Deployment:
        found = store.deployment(rows, project, name)
        if found is None:
            raise NotFound(
                f"There is no deployment {name[:63]!r} in {project!r}.", "See the deployments."
            )
        return found

    def _view(self, rows: Rows, deployment: Deployment) -> View:
        project, name = deployment.project, deployment.name
        found = store.scorers(rows, project, name)
        stable = deployment.stable_version
        return View(
            deployment=deployment,
            scorers={scorer.version: scorer for scorer in found},
            rollout=current_rollout(rows, project, name),
            model=None if stable is None else self._known_model(project, deployment.model, stable),
        )

    def _known_model(self, project: str, model: str, version: int) -> DeployableModel:
        """Return a version's description, kept: a registered version never changes."""
        key = (project, model, version)
        if key not in self._described:
            self._described[key] = self._catalog.describe(*key)
        return self._described[key]


UNDER_WAY = frozenset({RolloutState.STARTING, RolloutState.CANARY})
"""A rollout that somebody or something still has to finish."""


def current_rollout(rows: Rows, project: str, name: str) -> Rollout | None:
    """Return the rollout under way, else the newest live one, else the newest."""
    found = store.rollouts(rows, project, name, HISTORY)
    for states in (UNDER_WAY, {RolloutState.LIVE}):
        for rollout in found:
            if rollout.state in states:
                return rollout
    return found[0] if found else None


def supersede(change: Change, deployment: Deployment) -> None:
    """Close the rollout of the version that is live until now."""
    for rollout in store.rollouts(change.rows, deployment.project, deployment.name, HISTORY):
        if rollout.state is RolloutState.LIVE:
            message = "A later version took over."
            moved = rules.moved_rollout(rollout, RolloutState.SUPERSEDED, message, change.at)
            store.save_rollout(change.rows, moved)


def _first_step(change: Change, request: Request, deployment: Deployment) -> Rollout:
    return Rollout(
        id=new_id(),
        project=request.project,
        deployment=request.deployment,
        request_id=request.id,
        from_version=deployment.stable_version,
        to_version=request.version,
        traffic=request.traffic,
        state=RolloutState.STARTING,
        message=f"v{request.version} is being started.",
        requested_by=request.requested_by,
        started_at=change.at,
    )


def _give_up(change: Change, rollout: Rollout, message: str) -> None:
    request = store.request(change.rows, rollout.project, rollout.request_id)
    if request is not None:
        store.save_request(change.rows, rules.moved_request(request, RequestState.FAILED, message))


def _known(request: Request | None, request_id: str) -> Request:
    if request is None:
        raise NotFound(
            f"There is no deployment request {request_id[:32]!r} in this project.",
            "See the list of requests.",
        )
    return request


def health_of(view: View) -> str:
    """Return ``healthy``, ``starting``, ``degraded`` or ``down``."""
    return rules.health(view.deployment, view.scorers, view.rollout)


def headline_of(view: View) -> str:
    """Return one line of truth about a deployment."""
    return rules.headline(view.deployment, view.scorers, view.rollout)
