"""Watches canaries and shadows: leads them on, or rolls them back; a periodic task of the worker.

It runs on a thread of its own, so that starting a scorer for seconds never stops the watching.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from octavo_server.audit.service import AuditService, Change
from octavo_server.database.rows import Database
from octavo_server.deployments.rollouts import judging, moves, progress, rules, store
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Judgement,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.rollouts.ports import Approvals, Measurements, ModelCatalog
from octavo_server.errors import NotFound, OctavoError
from octavo_server.identity import service_caller

METRICS_LOST = timedelta(seconds=30)
"""A canary whose measurements can't be read this long is rolled back."""
LOOK_AGAIN = timedelta(seconds=5)
"""The registry is asked this often whether a version under way is still there."""
MOST_SCORES = 5_000
"""Newest requests whose scores are compared."""

log = logging.getLogger("octavo.deployments")


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A deployment with a rollout to watch."""

    deployment: Deployment
    rollout: Rollout
    scorers: Mapping[int, Scorer]


class Judge:
    """One step looks at every deployment once; the worker calls it each second."""

    def __init__(
        self,
        database: Database,
        audit: AuditService,
        approvals: Approvals,
        catalog: ModelCatalog,
        measurements: Measurements,
        clock: Callable[[], datetime],
    ) -> None:
        self._database = database
        self._audit = audit
        self._approvals = approvals
        self._catalog = catalog
        self._measurements = measurements
        self._clock = clock
        self._asked: dict[tuple[str, str, int], tuple[datetime, str | None]] = {}

    def step(self) -> None:
        """Look at what is under way, renew its lease, and act on what is seen."""
        for seen in self._watched():
            deployment = seen.deployment
            try:
                self._look(seen)
            except OctavoError as error:
                log.warning("%s/%s: %s", deployment.project, deployment.name, error.message)

    def _watched(self) -> list[_Seen]:
        found: list[_Seen] = []
        with self._database.read() as rows:
            for one in store.deployments_of(rows):
                rollout = moves.current_rollout(rows, one.project, one.name)
                if rollout is not None and rollout.state in progress.WATCHED | {RolloutState.LIVE}:
                    scorers = store.scorers(rows, one.project, one.name)
                    by_version = {scorer.version: scorer for scorer in scorers}
                    found.append(_Seen(deployment=one, rollout=rollout, scorers=by_version))
        return found

    def _look(self, seen: _Seen) -> None:
        now = self._clock()
        reason = self._trouble(seen, now)
        if reason is not None:
            self._roll_back(seen, reason, now)
        elif seen.rollout.state in progress.WATCHED:
            self._judge(seen, now)

    def _trouble(self, seen: _Seen, now: datetime) -> str | None:
        """Say what alone is reason enough to roll back."""
        if seen.rollout.state is RolloutState.LIVE:
            return fallen(seen.deployment, seen.rollout, seen.scorers)
        return (
            died(seen.rollout, seen.scorers)
            or unwatched(seen.deployment, now)
            or self._gone(seen.deployment, seen.rollout.to_version, now)
        )

    def _gone(self, deployment: Deployment, version: int, now: datetime) -> str | None:
        """Say that the version under way was deleted, or lost its signature."""
        key = (deployment.project, deployment.model, version)
        kept = self._asked.get(key)
        if kept is not None and now - kept[0] < LOOK_AGAIN:
            return kept[1]
        why = None
        try:
            if not self._catalog.describe(*key).signed and deployment.environment == "prod":
                why = f"the signature of v{version} doesn't hold any more."
        except NotFound:
            why = f"v{version} was deleted from the registry."
        self._asked[key] = (now, why)
        return why

    def _judge(self, seen: _Seen, now: datetime) -> None:
        deployment, rollout = seen.deployment, seen.rollout
        since = rollout.step_since or now
        try:
            candidate, stable = self._measure(deployment, rollout, since)
            accepted = self._accepted(rollout)
        except Exception:
            # Whatever keeps the measurements away, they are away: the canary isn't watched.
            log.exception("%s/%s can't be measured", deployment.project, deployment.name)
            self._unmeasured(seen, now)
            return
        self._renew(deployment, now, judged_at=now)
        found = judging.judge(
            wanted=progress.wanted(rollout),
            objectives=deployment.objectives,
            candidate=candidate,
            stable=stable,
            since=since,
            now=now,
            accepted_drift=accepted,
        )
        if found.verdict == "roll_back":
            self._roll_back(seen, found.sentence, now, found)
        elif found.verdict == "advance" and rollout.paused_at is None:
            self._lead_on(seen, found)
        else:
            self._keep(rollout, found)

    def _accepted(self, rollout: Rollout) -> float | None:
        with self._database.read() as rows:
            return self._approvals.accepted_drift(rows, rollout)

    def _measure(
        self, deployment: Deployment, rollout: Rollout, since: datetime
    ) -> tuple[judging.Measured, judging.Measured]:
        project, name = deployment.project, deployment.name
        figures = self._measurements.figures(project, name, since)
        scores = self._measurements.scores(project, name, since, MOST_SCORES)
        stable = deployment.stable_version or 0
        return (
            _measured(figures, scores, rollout.to_version),
            _measured(figures, scores, stable),
        )

    def _unmeasured(self, seen: _Seen, now: datetime) -> None:
        judged_at = seen.deployment.judged_at
        self._renew(seen.deployment, now, judged_at=judged_at)
        if judged_at is None or now - judged_at > METRICS_LOST:
            since = "ever" if judged_at is None else f"since {judged_at:%H:%M:%S} UTC"
            self._roll_back(seen, f"its measurements could not be read {since}.", now)

    def _renew(self, deployment: Deployment, now: datetime, judged_at: datetime | None) -> None:
        with self._database.write() as rows:
            store.renew_lease(rows, deployment.project, deployment.name, now, judged_at)

    def _keep(self, rollout: Rollout, found: Judgement) -> None:
        """Write what was seen, unless the rollout moved meanwhile or nothing is new."""
        last = rollout.judgement
        if last is not None and replace(last, at=found.at) == found:
            return
        with self._database.write() as rows:
            fresh = store.rollout(rows, rollout.id)
            if fresh is not None and _same_phase(fresh, rollout):
                store.save_rollout(rows, replace(fresh, judgement=found))

    def _lead_on(self, seen: _Seen, found: Judgement) -> None:
        project, name = seen.deployment.project, seen.deployment.name
        worker, subject = service_caller("worker", project), f"deployment:{project}/{name}"
        with self._audit.change(worker, "deployments.step", subject, project) as change:
            deployment, rollout = self._again(change, seen)
            phase = progress.next_phase(rollout)
            if phase is None or rollout.paused_at is not None:
                raise _Moved
            message = f"{found.sentence} {phase.message}"
            moves.lead_on(change, deployment, rollout, phase, message=message, judgement=found)
            change.note(version=rollout.to_version, state=phase.state.value, step=phase.step)

    def _roll_back(
        self, seen: _Seen, why: str, asked_at: datetime, found: Judgement | None = None
    ) -> None:
        project, name = seen.deployment.project, seen.deployment.name
        worker, subject = service_caller("worker", project), f"deployment:{project}/{name}"
        with self._audit.change(worker, "deployments.rollback", subject, project) as change:
            deployment, rollout = self._again(change, seen)
            message = f"v{rollout.to_version} was rolled back: {why}"
            back = moves.go_back(
                change,
                deployment,
                rollout,
                self._approvals,
                message,
                asked_at=asked_at,
                judgement=found,
            )
            change.note(live=back.stable_version, version=rollout.to_version, why=why)
        log.warning("%s/%s: %s", project, name, message)

    def _again(self, change: Change, seen: _Seen) -> tuple[Deployment, Rollout]:
        """Return both as they are in this change. Raises when somebody moved them meanwhile."""
        one = seen.deployment
        deployment = moves.entered(change, one.project, one.name)
        rollout = store.rollout(change.rows, seen.rollout.id)
        if rollout is None or not _same_phase(rollout, seen.rollout):
            raise _Moved
        return deployment, rollout


class _Moved(OctavoError):
    """Somebody moved the rollout while it was judged; the next look sees it."""

    def __init__(self) -> None:
        super().__init__("The rollout was moved while it was judged.")


def died(rollout: Rollout, scorers: Mapping[int, Scorer]) -> str | None:
    """Say that the process of a version under way ended since it was ready."""
    scorer = scorers.get(rollout.to_version)
    if scorer is None or (scorer.state is not ScorerState.BACKING_OFF and not scorer.restarts):
        return None
    return f"its scorer died. {scorer.message}"


def fallen(deployment: Deployment, rollout: Rollout, scorers: Mapping[int, Scorer]) -> str | None:
    """Say that the live version can't keep a process while the one before waits and is ready."""
    if rollout.to_version != deployment.stable_version or deployment.previous_version is None:
        return None
    live = scorers.get(rollout.to_version)
    before = scorers.get(deployment.previous_version)
    if live is None or before is None or before.state is not ScorerState.READY:
        return None
    if live.state is ScorerState.READY or live.restarts < rules.STARTS_OF_A_ROLLOUT:
        return None
    return f"its scorer failed {live.restarts} times in a row. {live.message}"


def unwatched(deployment: Deployment, now: datetime) -> str | None:
    """Say that nobody watched a canary for longer than its lease: the controller was away."""
    at = deployment.controlled_at
    if deployment.canary_version is None or at is None:
        return None
    away = (now - at).total_seconds()
    if away <= progress.LEASE_S:
        return None
    bound = progress.LEASE_S
    return f"the controller was away for {away:.0f} s; a canary is watched every {bound:g} s."


def _same_phase(fresh: Rollout, seen: Rollout) -> bool:
    return (fresh.state, fresh.step, fresh.step_since) == (seen.state, seen.step, seen.step_since)


def _measured(
    figures: Mapping[int, judging.Figures], scores: Mapping[int, Sequence[float]], version: int
) -> judging.Measured:
    found = figures.get(version)
    if found is None:
        return judging.Measured(scores=scores.get(version, ()))
    return judging.Measured(
        requests=found.requests,
        errors=found.errors,
        latency_p95_ms=found.latency_p95_ms,
        latency_p99_ms=found.latency_p99_ms,
        scores=scores.get(version, ()),
    )
