"""Promotes and rolls back: desired state, each change with its audit entry."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database, Rows
from octavo_server.deployments.rollouts import moves, progress, rules, store
from octavo_server.deployments.rollouts.domain import (
    DeployableModel,
    Deployment,
    Event,
    Objectives,
    RateLimit,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
    TrafficPlan,
)
from octavo_server.deployments.rollouts.moves import current_rollout
from octavo_server.deployments.rollouts.ports import Agreed, Approvals, ModelCatalog, ScorerProfiles
from octavo_server.deployments.rollouts.progress import lease_lapsed
from octavo_server.deployments.rollouts.rules import check_name, needs_review
from octavo_server.deployments.rollouts.scores import psi
from octavo_server.deployments.rollouts.store import plan_of, plan_values, rate_limit_of
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
    "RateLimit",
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
    "lease_lapsed",
    "needs_review",
    "plan_of",
    "plan_values",
    "psi",
    "rate_limit_of",
]


DESCRIBED_S = 30.0
"""Seconds that a version's description is kept: it may be deleted, or its key revoked."""


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
    owner: str
    """Who answers for the deployment."""
    rate_limit: RateLimit | None
    """What one consumer may send."""


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
    """The stable version; None before there is one, and when it was deleted."""
    undone: Rollout | None = None
    """The newest rollout, when it failed or was rolled back."""


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
        self._described: dict[tuple[str, str, int], tuple[float, DeployableModel | None]] = {}
        self._listeners: list[Callable[[str, str], None]] = []

    def now(self) -> datetime:
        """Return the platform's time (UTC)."""
        return self._clock()

    def tell(self, listener: Callable[[str, str], None]) -> None:
        """Call ``listener(project, name)`` in this process after each change of traffic."""
        self._listeners.append(listener)

    def begin(self, change: Change, wanted: Wanted) -> None:
        """Write the rollout that an approval allows, in the approval's own transaction.

        Raises IllegalMove while another rollout of the deployment is under way.
        """
        project, name = wanted.project, wanted.deployment
        change.rows.lock(f"deployment:{project}/{name}")
        deployment = store.deployment(change.rows, project, name)
        rollout = current_rollout(change.rows, project, name)
        if rollout is not None and rollout.state in progress.UNDER_WAY:
            raise IllegalMove(
                f"{name!r} is moving to v{rollout.to_version} ({rollout.state.value}).",
                "Promote it or roll it back first.",
            )
        if deployment is None:
            deployment = _new_deployment(change, wanted)
            store.add_deployment(change.rows, deployment)
        begun = _first_step(change, wanted, deployment)
        store.add_rollout(change.rows, begun)
        moves.happened(change, begun, "started", begun.message)

    def promote(self, caller: Caller, project: str, name: str, reason: str) -> View:
        """Give all traffic to the canary or the shadow; never by who asked for it alone."""
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, "deployments.promote", subject, project) as change:
            deployment = moves.entered(change, project, name)
            rollout = current_rollout(change.rows, project, name)
            if rollout is None or rollout.state not in progress.WATCHED:
                raise IllegalMove(
                    f"{name!r} has no canary to promote.", "Request a version as a canary first."
                )
            rules.check_promoter(rollout, deployment.environment, caller.name)
            message = f"{caller.name} promoted v{rollout.to_version}: {reason}"
            phase = progress.Phase(state=RolloutState.LIVE, step=0, message=message)
            moves.lead_on(change, deployment, rollout, phase, by=caller.name)
            change.note(version=rollout.to_version, reason=reason)
        return self._changed(project, name)

    def roll_back(self, caller: Caller, project: str, name: str, reason: str) -> View:
        """Move one step back at once: drop the canary, or make the version before live again."""
        asked_at = self._clock()
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, "deployments.rollback", subject, project) as change:
            deployment = moves.entered(change, project, name)
            rollout = current_rollout(change.rows, project, name)
            message = f"{caller.name} rolled back: {reason}"
            back = moves.go_back(
                change, deployment, rollout, self._approvals, message, asked_at=asked_at
            )
            change.note(live=back.stable_version, reason=reason)
        return self._changed(project, name)

    def hold(self, caller: Caller, project: str, name: str, reason: str, *, held: bool) -> View:
        """Pause the rollout under way, or let it go on; while paused it is watched all the same."""
        action = "deployments.pause" if held else "deployments.resume"
        subject = f"deployment:{project}/{name}"
        with self._audit.change(caller, action, subject, project) as change:
            moves.entered(change, project, name)
            found = current_rollout(change.rows, project, name)
            rollout = rules.check_held(found, name, held=not held)
            done = "paused" if held else "resumed"
            message = f"{caller.name} {done} the rollout to v{rollout.to_version}: {reason}"
            moved = rules.resumed(rollout, change.at)
            if held:
                moved = replace(rollout, paused_at=change.at, paused_by=caller.name)
            store.save_rollout(change.rows, replace(moved, message=message))
            moves.happened(change, rollout, done, message)
            change.note(version=rollout.to_version, reason=reason)
        return self.get(project, name)

    def confirm(
        self, project: str, name: str, generation: int, last_older: datetime | None
    ) -> None:
        """Take a router's word that it routes by ``generation``; rollbacks are timed by it.

        ``last_older`` is when it last began an answer under an older generation.
        """
        with self._database.write() as rows:
            for rollout in store.rollouts(rows, project, name, moves.HISTORY):
                back, asked = rollout.back_generation, rollout.back_asked_at
                if back is None or asked is None or back > generation:
                    continue
                known = rollout.back_effective_at
                effective = max(filter(None, (asked, last_older, known, rollout.ended_at)))
                if known is None or (effective > known and back == generation):
                    store.save_rollout(rows, replace(rollout, back_effective_at=effective))

    def views(self, project: str | None = None) -> list[View]:
        """Return the deployments of a project, or of all projects."""
        with self._database.read() as rows:
            found = store.deployments_of(rows, project)
            return [self._view(rows, deployment) for deployment in found]

    def get(self, project: str, name: str) -> View:
        """Return one deployment. Raises NotFound."""
        with self._database.read() as rows:
            return self._view(rows, moves.known(rows, project, name))

    def history(self, project: str, name: str) -> History:
        """Return one deployment with its rollouts. Raises NotFound."""
        with self._database.read() as rows:
            return History(
                view=self._view(rows, moves.known(rows, project, name)),
                rollouts=tuple(store.rollouts(rows, project, name, moves.HISTORY)),
            )

    def events(self, project: str, name: str, limit: int, offset: int) -> list[Event]:
        """Return what happened to a deployment's traffic, newest first. Raises NotFound."""
        with self._database.read() as rows:
            moves.known(rows, project, name)
            return store.events(rows, project, name, limit, offset)

    def find(self, rows: Rows, project: str, name: str) -> Deployment | None:
        """Return a deployment as a transaction of another room sees it, None when there is none."""
        return store.deployment(rows, project, name)

    def traffic(self, project: str, name: str) -> tuple[Deployment, dict[int, Scorer]]:
        """Return who gets requests, and the scorers by version. Raises NotFound."""
        with self._database.read() as rows:
            deployment = moves.known(rows, project, name)
            found = store.scorers(rows, project, name)
        return deployment, {one.version: one for one in found}

    def lent_gpus(self) -> frozenset[int]:
        """Return the GPUs of this machine that scorers have, by number."""
        with self._database.read() as rows:
            return frozenset(gpu for scorer in store.scorers(rows) for gpu in scorer.gpus)

    def _changed(self, project: str, name: str) -> View:
        """Tell who routes in this process, so that the change counts at once."""
        for listener in self._listeners:
            listener(project, name)
        return self.get(project, name)

    def _view(self, rows: Rows, deployment: Deployment) -> View:
        project, name = deployment.project, deployment.name
        found = store.scorers(rows, project, name)
        stable, newest = deployment.stable_version, store.latest_rollout(rows, project, name)
        undone = {RolloutState.FAILED, RolloutState.ROLLED_BACK}
        return View(
            deployment=deployment,
            scorers={scorer.version: scorer for scorer in found},
            rollout=current_rollout(rows, project, name),
            model=None if stable is None else self._known_model(project, deployment.model, stable),
            undone=newest if newest is not None and newest.state in undone else None,
        )

    def _known_model(self, project: str, model: str, version: int) -> DeployableModel | None:
        """Return a version's description, kept for a while; None when it was deleted."""
        key, now = (project, model, version), time.monotonic()
        kept = self._described.get(key)
        if kept is not None and kept[0] > now:
            return kept[1]
        try:
            found: DeployableModel | None = self._catalog.describe(*key)
        except NotFound:
            found = None
        self._described[key] = (now + DESCRIBED_S, found)
        return found


def _new_deployment(change: Change, wanted: Wanted) -> Deployment:
    return Deployment(
        project=wanted.project,
        name=wanted.deployment,
        model=wanted.model,
        environment=wanted.environment,
        profile=wanted.profile,
        objectives=wanted.objectives,
        created_at=change.at,
        updated_at=change.at,
        owner=wanted.owner,
        rate_limit=wanted.rate_limit,
    )


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
    line = rules.headline(view.deployment, view.scorers, view.rollout)
    stable = view.deployment.stable_version
    if stable is None:
        return line
    if view.model is None:
        line += f" v{stable} was deleted from the registry: it answers on, but can't be restarted."
    elif not view.model.signed:
        line += f" The signature of v{stable} doesn't hold."
    return line if view.undone is None else f"{line} {view.undone.message}"
