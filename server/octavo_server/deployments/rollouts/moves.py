"""Moves of a deployment's traffic, each inside a governed change that is open already."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from octavo_server.audit.service import Change
from octavo_server.database.rows import Rows
from octavo_server.deployments.rollouts import progress, rules, store
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Event,
    Judgement,
    Rollout,
    RolloutState,
)
from octavo_server.deployments.rollouts.ports import Approvals
from octavo_server.errors import NotFound
from octavo_server.identity import new_id

HISTORY = 50
"""Rollouts that are looked through for the one that counts."""


def entered(change: Change, project: str, name: str) -> Deployment:
    """Return the deployment as this change alone may move it. Raises NotFound."""
    change.rows.lock(f"deployment:{project}/{name}")
    return known(change.rows, project, name)


def known(rows: Rows, project: str, name: str) -> Deployment:
    """Return a deployment. Raises NotFound."""
    found = store.deployment(rows, project, name)
    if found is None:
        raise NotFound(
            f"There is no deployment {name[:63]!r} in {project!r}.", "See the deployments."
        )
    return found


def current_rollout(rows: Rows, project: str, name: str) -> Rollout | None:
    """Return the rollout under way, else the newest live one, else the newest."""
    found = store.rollouts(rows, project, name, HISTORY)
    for states in (progress.UNDER_WAY, {RolloutState.LIVE}):
        for rollout in found:
            if rollout.state in states:
                return rollout
    return found[0] if found else None


def happened(
    change: Change, rollout: Rollout, kind: str, message: str, judgement: Judgement | None = None
) -> None:
    """Write an event into the deployment's history."""
    event = Event(
        id=new_id(),
        project=rollout.project,
        deployment=rollout.deployment,
        rollout_id=rollout.id,
        version=rollout.to_version,
        at=change.at,
        kind=kind,
        by=change.caller.name,
        message=message,
        judgement=judgement,
    )
    store.add_event(change.rows, event)


def lead_on(
    change: Change,
    deployment: Deployment,
    rollout: Rollout,
    phase: progress.Phase,
    *,
    message: str | None = None,
    by: str | None = None,
    judgement: Judgement | None = None,
) -> Deployment:
    """Put a phase into effect and return the new desired state; its clock begins now."""
    said = message or phase.message
    if phase.state is RolloutState.LIVE:
        supersede(change, deployment)
    saved = store.save_deployment(
        change.rows, progress.routed(deployment, rollout, phase, change.at)
    )
    watched = phase.state in progress.WATCHED
    lease = change.at if watched else None
    store.renew_lease(change.rows, deployment.project, deployment.name, lease, lease)
    moved = replace(rollout, message=said)
    if phase.state is not rollout.state:
        moved = rules.moved_rollout(rollout, phase.state, said, change.at, by)
    moved = replace(moved, step=phase.step, step_since=lease, judgement=None)
    store.save_rollout(change.rows, replace(moved, paused_at=None, paused_by=None))
    kind = "promoted" if by else "stepped" if watched else "live"
    happened(change, rollout, kind, said, judgement)
    return saved


def go_back(
    change: Change,
    deployment: Deployment,
    rollout: Rollout | None,
    approvals: Approvals,
    message: str,
    *,
    asked_at: datetime,
    judgement: Judgement | None = None,
) -> Deployment:
    """Move one step back and return the new desired state. Raises IllegalMove."""
    back = rules.rolled_back(deployment, rollout, change.at)
    saved = store.save_deployment(change.rows, back)
    store.renew_lease(change.rows, deployment.project, deployment.name, None, None)
    if rollout is None or rollout.state not in progress.UNDER_WAY | {RolloutState.LIVE}:
        return saved
    automatic = change.caller.name.startswith("service:")
    moved = rules.moved_rollout(
        rollout, RolloutState.ROLLED_BACK, message, change.at, change.caller.name
    )
    had_traffic = rollout.state is not RolloutState.STARTING
    store.save_rollout(
        change.rows,
        replace(
            moved,
            automatic=automatic,
            judgement=judgement or rollout.judgement,
            back_asked_at=asked_at if had_traffic else None,
            back_generation=saved.generation if had_traffic else None,
        ),
    )
    happened(change, rollout, "rolled_back", message, judgement)
    if not had_traffic:
        approvals.give_up(change, rollout, message)
    return saved


def supersede(change: Change, deployment: Deployment) -> None:
    """Close the rollout of the version that is live until now."""
    for rollout in store.rollouts(change.rows, deployment.project, deployment.name, HISTORY):
        if rollout.state is RolloutState.LIVE:
            message = "A later version took over."
            moved = rules.moved_rollout(rollout, RolloutState.SUPERSEDED, message, change.at)
            store.save_rollout(change.rows, moved)
            happened(change, rollout, "superseded", message)
