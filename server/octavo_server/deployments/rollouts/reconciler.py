"""Drives what runs to what is desired: starts, watches, restarts and routes scorers."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.deployments.rollouts import moves, progress, rules, store
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.rollouts.ports import (
    Approvals,
    Life,
    Observation,
    ScorerHost,
    ScorerOrder,
    ScorerProfiles,
    ScorerResources,
    Shares,
)
from octavo_server.errors import OctavoError
from octavo_server.identity import new_id, service_caller
from octavo_server.lineage.service import LineageService

SETTLED = timedelta(seconds=60)
"""A scorer that answered this long has its failures forgotten."""
DRAIN = timedelta(seconds=2)
"""A scorer that lost its traffic answers on this long: who routes may not know it yet."""
LEAST_RESOURCES = ScorerResources(cpus=1, memory_mib=2_048)
"""What a scorer gets when its profile was removed meanwhile: live models stay live."""

log = logging.getLogger("octavo.deployments")


class Reconciler:
    """One step looks at everything once; the worker calls it again and again."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        lineage: LineageService,
        host: ScorerHost,
        profiles: ScorerProfiles,
        approvals: Approvals,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._lineage = lineage
        self._host = host
        self._profiles = profiles
        self._approvals = approvals
        self._clock = clock

    def step(self) -> None:
        """Bring every deployment one step nearer to its desired state."""
        with self._database.read() as rows:
            found = store.deployments_of(rows)
        kept: set[str] = set()
        for deployment in found:
            try:
                kept |= self._drive(deployment)
            except OctavoError as error:
                log.warning("%s/%s: %s", deployment.project, deployment.name, error.message)
                kept |= self._scorer_ids(deployment)
        for scorer in self._host.known() - kept:
            try:
                self._host.stop(scorer)
            except OctavoError as error:
                log.warning("scorer %s is not wanted, but stays: %s", scorer, error.message)

    def _drive(self, deployment: Deployment) -> set[str]:
        project, name = deployment.project, deployment.name
        with self._database.read() as rows:
            rollout = moves.current_rollout(rows, project, name)
            known = {scorer.version: scorer for scorer in store.scorers(rows, project, name)}
        if rollout is not None and rollout.state is RolloutState.STARTING:
            rollout = self._refused(rollout) or rollout
        wanted = rules.wanted_versions(deployment, rollout)
        leaving = {
            scorer.id
            for version, scorer in known.items()
            if version not in wanted and not self._retired(scorer)
        }
        running: dict[int, Scorer] = {}
        for version in sorted(wanted):
            scorer = known.get(version) or self._new_scorer(deployment, version)
            running[version] = self._watch(deployment, scorer)
        self._host.share(_shares(deployment, running))
        if rollout is not None and rollout.state is RolloutState.STARTING:
            self._advance(deployment, rollout, running[rollout.to_version])
        return leaving | {scorer.id for scorer in running.values()}

    def _watch(self, deployment: Deployment, scorer: Scorer) -> Scorer:
        """Look at a scorer, act on what is seen, and return it as it is now."""
        now = self._clock()
        seen = self._host.look(scorer.id)
        if seen.life is Life.ABSENT:
            due = scorer.next_start_at is None or scorer.next_start_at <= now
            return self._start(deployment, scorer) if due else scorer
        if seen.life is Life.EXITED:
            return self._fell(scorer, seen.message)
        if seen.life is Life.STARTING:
            return self._starts(scorer, seen, now)
        return self._answers(scorer, seen, now)

    def _starts(self, scorer: Scorer, seen: Observation, now: datetime) -> Scorer:
        """Wait for a scorer; one that answered before gets as long as a new one to come back."""
        if scorer.state is ScorerState.READY:
            scorer = replace(scorer, state=ScorerState.STARTING, updated_at=now, ready_at=None)
            return self._put(replace(scorer, message=seen.message))
        limit = self._host.start_limit_s
        if (now - scorer.updated_at).total_seconds() >= limit:
            return self._fell(scorer, f"It was not ready after {limit:g} s: {seen.message}")
        if scorer.message != seen.message:
            return self._put(replace(scorer, message=seen.message))
        return scorer

    def _answers(self, scorer: Scorer, seen: Observation, now: datetime) -> Scorer:
        if scorer.retire_at is not None:
            scorer = self._put(replace(scorer, retire_at=None))
        if scorer.state is ScorerState.READY:
            settled = scorer.ready_at is not None and now - scorer.ready_at > SETTLED
            if scorer.restarts and settled:
                return self._put(replace(scorer, restarts=0))
            return scorer
        return self._put(
            replace(
                scorer,
                state=ScorerState.READY,
                message=f"Answers since {now:%Y-%m-%d %H:%M:%S} UTC.",
                address=seen.address,
                updated_at=now,
                ready_at=now,
                next_start_at=None,
            )
        )

    def _start(self, deployment: Deployment, scorer: Scorer) -> Scorer:
        now = self._clock()
        secret = secrets.token_urlsafe(32)
        order = ScorerOrder(
            id=scorer.id,
            project=scorer.project,
            model=deployment.model,
            version=scorer.version,
            digest=scorer.model_digest,
            resources=self._profiles.resources(deployment.profile) or LEAST_RESOURCES,
            secret=secret,
            deployment=deployment.name,
            latency_p95_ms=deployment.objectives.latency_p95_ms,
        )
        starting = replace(
            scorer,
            state=ScorerState.STARTING,
            message="The model is being loaded.",
            secret=secret,
            updated_at=now,
            ready_at=None,
            next_start_at=None,
        )
        try:
            seen = self._host.start(order)
        except OctavoError as error:
            return self._fell(starting, error.message)
        return self._put(replace(starting, address=seen.address, gpus=seen.gpus))

    def _fell(self, scorer: Scorer, why: str) -> Scorer:
        self._host.stop(scorer.id)
        now, wait = self._clock(), rules.back_off_s(scorer.restarts)
        log.warning("scorer %s v%s: %s", scorer.deployment, scorer.version, why)
        return self._put(
            replace(
                scorer,
                state=ScorerState.BACKING_OFF,
                gpus=(),
                message=f"{why} It is started again after {wait:g} s.",
                updated_at=now,
                ready_at=None,
                restarts=scorer.restarts + 1,
                next_start_at=now + timedelta(seconds=wait),
            )
        )

    def _retired(self, scorer: Scorer) -> bool:
        """End a scorer that is not wanted any more, once nobody sends it anything; True: done."""
        now = self._clock()
        if scorer.retire_at is None and scorer.state is ScorerState.READY:
            self._put(replace(scorer, retire_at=now + DRAIN))
            return False
        if scorer.retire_at is not None and now < scorer.retire_at:
            return False
        self._host.stop(scorer.id)
        with self._database.write() as rows:
            store.drop_scorer(rows, scorer)
        return True

    def _new_scorer(self, deployment: Deployment, version: int) -> Scorer:
        with self._database.read() as rows:
            digest = self._approvals.digest(rows, deployment, version)
        return Scorer(
            id=new_id()[:12],
            project=deployment.project,
            deployment=deployment.name,
            version=version,
            state=ScorerState.STARTING,
            message="It is about to be started.",
            updated_at=self._clock(),
            model_digest=digest,
        )

    def _put(self, scorer: Scorer) -> Scorer:
        with self._database.write() as rows:
            store.put_scorer(rows, scorer)
        return scorer

    def _advance(self, deployment: Deployment, rollout: Rollout, scorer: Scorer) -> None:
        """Route the rollout's version once it is ready and nobody holds it, or give it up."""
        if scorer.state is ScorerState.READY:
            if rollout.paused_at is None:
                self._route(deployment, rollout)
        elif scorer.restarts >= rules.STARTS_OF_A_ROLLOUT:
            self._fail(rollout, f"v{rollout.to_version} never became ready: {scorer.message}")

    def _refused(self, rollout: Rollout) -> Rollout | None:
        """Fail a rollout whose approval doesn't hold before anything of it starts."""
        with self._database.read() as rows:
            why = self._approvals.objection(rows, rollout, self._clock())
        if why is None:
            return None
        return self._fail(rollout, f"v{rollout.to_version} may not go live: {why}.")

    def _route(self, deployment: Deployment, rollout: Rollout) -> None:
        """Let the ready version take traffic; the approval is looked at once more, and used."""
        project, name = deployment.project, deployment.name
        worker = service_caller("worker", project)
        subject = f"deployment:{project}/{name}"
        with self._audit.change(worker, "deployments.route", subject, project) as change:
            deployment = moves.entered(change, project, name)
            phase = progress.first_phase(
                rollout.traffic, rollout.to_version, deployment.stable_version is not None
            )
            agreed = self._approvals.use(change, rollout, phase.message)
            promised = replace(
                deployment,
                objectives=agreed.objectives,
                profile=agreed.profile,
                owner=agreed.owner,
                rate_limit=agreed.rate_limit,
            )
            moves.happened(change, rollout, "ready", f"v{rollout.to_version} is ready.")
            moves.lead_on(change, promised, rollout, phase)
            self._link(change, deployment, rollout)
            change.note(
                version=rollout.to_version, state=phase.state.value, request=rollout.request_id
            )

    def _link(self, change: Change, deployment: Deployment, rollout: Rollout) -> None:
        project, name = deployment.project, deployment.name
        self._lineage.link(
            change,
            source=f"model_version:{project}/{deployment.model}/{rollout.to_version}",
            target=f"deployment:{project}/{name}",
            relation="served_by",
            project=project,
        )
        self._lineage.link(
            change,
            source=f"deployment:{project}/{name}",
            target=f"dashboard:{project}/{name}",
            relation="watched by",
            project=project,
        )

    def _fail(self, rollout: Rollout, message: str) -> Rollout:
        worker = service_caller("worker", rollout.project)
        subject = f"deployment:{rollout.project}/{rollout.deployment}"
        with self._audit.change(worker, "deployments.fail", subject, rollout.project) as change:
            moved = rules.moved_rollout(rollout, RolloutState.FAILED, message, change.at)
            store.save_rollout(change.rows, moved)
            self._approvals.give_up(change, rollout, message)
            moves.happened(change, rollout, "failed", message)
            change.note(version=rollout.to_version, why=message)
        return moved

    def _scorer_ids(self, deployment: Deployment) -> set[str]:
        with self._database.read() as rows:
            found = store.scorers(rows, deployment.project, deployment.name)
        return {scorer.id for scorer in found}


def _shares(deployment: Deployment, running: Mapping[int, Scorer]) -> Shares:
    """Return the deployment's shares by scorer."""
    stable, canary = deployment.stable_version, deployment.canary_version
    percents = {}
    if canary is not None and canary in running:
        percents[running[canary].id] = deployment.canary_percent
    return Shares(
        project=deployment.project,
        deployment=deployment.name,
        stable=running[stable].id if stable is not None and stable in running else None,
        percents=percents,
        latency_p95_ms=deployment.objectives.latency_p95_ms,
    )
