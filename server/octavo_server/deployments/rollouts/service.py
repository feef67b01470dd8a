"""Promotes and rolls back: desired state, each change with its audit entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.deployments.rollouts import rules, store
from octavo_server.deployments.rollouts.domain import (
    DeployableModel,
    Deployment,
    Objectives,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.ports import Agreed, Approvals, ModelCatalog, ScorerProfiles
from octavo_server.deployments.rollouts.rules import check_name, needs_review
from octavo_server.errors import (
    IllegalMove,
    NotFound,
)
from octavo_server.identity import Caller, new_id

__all__ = [
    "Agreed",
    "DeployableModel",
    "Deployment",
    "ModelCatalog",
    "Objectives",
    "Rollout",
    "RolloutState",
    "RolloutsService",
    "Scorer",
    "ScorerProfiles",
    "ScorerState",
    "TrafficPlan",
    "View",
    "Wanted",
    "check_name",
    "current_rollout",
    "headline_of",
    "health_of",
    "needs_review",
]


HISTORY = 50
"""Rollouts and requests that a deployment shows."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A version that may go live now."""

    request_id: str
    """The approved request."""
    project: str
    """Project."""
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
    requested_by: str
    """Who asked."""


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


class RolloutsService:
    """Desired state of what is live."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        catalog: ModelCatalog,
        approvals: Approvals,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._catalog = catalog
        self._approvals = approvals
        self._clock = clock
        self._described: dict[tuple[str, str, int], DeployableModel] = {}

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._clock()

    def begin(self, change: Change, wanted: Wanted) -> None:
        """Write the rollout that an approval allows, in the approval's own transaction.

        Raises IllegalMove while another rollout of the deployment is under way.
        """
        project, name = wanted.project, wanted.deployment
        deployment = store.deployment(change.rows, project, name)
        rollout = current_rollout(change.rows, project, name)
        if rollout is not None and rollout.state in UNDER_WAY:
            raise IllegalMove(
                f"{name!r} is moving to v{rollout.to_version} ({rollout.state.value}).",
                "Promote it or roll it back first.",
            )
        if deployment is None:
            deployment = Deployment(
                project=project,
                name=name,
                model=wanted.model,
                environment=wanted.environment,
                profile=wanted.profile,
                objectives=wanted.objectives,
                created_at=change.at,
                updated_at=change.at,
            )
            store.add_deployment(change.rows, deployment)
        store.add_rollout(change.rows, _first_step(change, wanted, deployment))

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
                    self._approvals.give_up(change, rollout, message)
            store.save_deployment(change.rows, back)
            change.note(live=back.stable_version, reason=reason)
        return self.get(project, name)

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
        """Return one deployment with its rollouts. Raises NotFound."""
        with self._database.read() as rows:
            return History(
                view=self._view(rows, self._deployment(rows, project, name)),
                rollouts=tuple(store.rollouts(rows, project, name, HISTORY)),
            )

    def find(self, rows: Rows, project: str, name: str) -> Deployment | None:
        """Return a deployment as a transaction of another room sees it, None when there is none."""
        return store.deployment(rows, project, name)

    def traffic(self, project: str, name: str) -> tuple[Deployment, dict[int, Scorer]]:
        """Return who gets requests, and the scorers by version. Raises NotFound."""
        with self._database.read() as rows:
            deployment = self._deployment(rows, project, name)
            found = store.scorers(rows, project, name)
        return deployment, {one.version: one for one in found}

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


def _first_step(change: Change, wanted: Wanted, deployment: Deployment) -> Rollout:
    return Rollout(
        id=new_id(),
        project=wanted.project,
        deployment=wanted.deployment,
        request_id=wanted.request_id,
        from_version=deployment.stable_version,
        to_version=wanted.version,
        traffic=wanted.traffic,
        state=RolloutState.STARTING,
        message=f"v{wanted.version} is being started.",
        requested_by=wanted.requested_by,
        started_at=change.at,
    )


def health_of(view: View) -> str:
    """Return ``healthy``, ``starting``, ``degraded`` or ``down``."""
    return rules.health(view.deployment, view.scorers, view.rollout)


def headline_of(view: View) -> str:
    """Return one line of truth about a deployment."""
    return rules.headline(view.deployment, view.scorers, view.rollout)
