"""Rows of deployments, rollouts and scorers to records and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.deployments import (
    deployment_rollout_events,
    deployment_rollouts,
    deployment_scorers,
    deployments,
)
from octavo_server.deployments.rollouts.domain import (
    CanaryStep,
    Deployment,
    Event,
    Finding,
    Judgement,
    Objectives,
    RateLimit,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
    ShadowPlan,
    TrafficPlan,
)
from octavo_server.errors import Conflict

LEASE = ("controlled_at", "judged_at")
"""Columns of a deployment that the controller renews; they are no part of its desired state."""


def add_deployment(rows: Rows, deployment: Deployment) -> None:
    """Write a new deployment."""
    rows.insert(deployments, _deployment_values(deployment))


def save_deployment(rows: Rows, deployment: Deployment) -> Deployment:
    """Write new desired state over the generation that was read. Raises Conflict when stale."""
    saved = replace(deployment, generation=deployment.generation + 1)
    values = _deployment_values(saved)
    changed = rows.update(
        deployments,
        {name: value for name, value in values.items() if name not in LEASE},
        ("project", "=", deployment.project),
        ("name", "=", deployment.name),
        ("generation", "=", deployment.generation),
    )
    if not changed:
        raise Conflict(
            f"{deployment.name!r} was changed by someone else meanwhile.", "Reload and try again."
        )
    return saved


def renew_lease(
    rows: Rows, project: str, name: str, controlled_at: datetime | None, judged_at: datetime | None
) -> None:
    """Write when the controller last looked, and when it last could read what it saw."""
    rows.update(
        deployments,
        {"controlled_at": controlled_at, "judged_at": judged_at},
        ("project", "=", project),
        ("name", "=", name),
    )


def deployment(rows: Rows, project: str, name: str) -> Deployment | None:
    """Return one deployment."""
    row = rows.get(deployments, project=project, name=name)
    return _deployment(row) if row else None


def deployments_of(rows: Rows, project: str | None = None) -> list[Deployment]:
    """Return the deployments of a project, or of all, by name."""
    where: list[Where] = [] if project is None else [("project", "=", project)]
    return [
        _deployment(row) for row in rows.find(deployments, *where, order_by=("project", "name"))
    ]


def add_rollout(rows: Rows, rollout: Rollout) -> None:
    """Write a new rollout."""
    rows.insert(deployment_rollouts, _rollout_values(rollout))


def save_rollout(rows: Rows, rollout: Rollout) -> None:
    """Write a rollout's new state."""
    rows.update(deployment_rollouts, _rollout_values(rollout), ("id", "=", rollout.id))


def rollouts(rows: Rows, project: str, name: str, limit: int) -> list[Rollout]:
    """Return a deployment's newest rollouts first."""
    found = rows.find(
        deployment_rollouts,
        ("project", "=", project),
        ("deployment", "=", name),
        order_by=("-started_at", "id"),
        limit=limit,
    )
    return [_rollout(row) for row in found]


def latest_rollout(rows: Rows, project: str, name: str) -> Rollout | None:
    """Return a deployment's newest rollout."""
    found = rollouts(rows, project, name, 1)
    return found[0] if found else None


def rollout(rows: Rows, rollout_id: str) -> Rollout | None:
    """Return one rollout."""
    row = rows.get(deployment_rollouts, id=rollout_id)
    return _rollout(row) if row else None


def add_event(rows: Rows, event: Event) -> None:
    """Write what happened, after all that happened to the deployment before."""
    last = events(rows, event.project, event.deployment, 1, 0)
    number = last[0].number + 1 if last else 1
    values = {"number": number, "judgement": _judgement_values(event)}
    rows.insert(deployment_rollout_events, {**_plain(event), **values})


def events(rows: Rows, project: str, name: str, limit: int, offset: int) -> list[Event]:
    """Return what happened to a deployment's traffic, newest first."""
    found = rows.find(
        deployment_rollout_events,
        ("project", "=", project),
        ("deployment", "=", name),
        order_by=("-number", "-id"),
        limit=limit,
        offset=offset,
    )
    return [Event(**{**row, "judgement": _judgement(row["judgement"])}) for row in found]


def scorers(rows: Rows, project: str | None = None, name: str | None = None) -> list[Scorer]:
    """Return the scorers of a deployment, of a project, or all."""
    where: list[Where] = [] if project is None else [("project", "=", project)]
    where += [] if name is None else [("deployment", "=", name)]
    found = rows.find(deployment_scorers, *where, order_by=("project", "deployment", "version"))
    return [_scorer(row) for row in found]


def _scorer(row: Row) -> Scorer:
    return Scorer(**{**row, "state": ScorerState(row["state"]), "gpus": tuple(row["gpus"])})


def put_scorer(rows: Rows, scorer: Scorer) -> None:
    """Write what is known of a scorer, new or not."""
    values: Row = {**_plain(scorer), "state": scorer.state.value, "gpus": list(scorer.gpus)}
    if not rows.update(deployment_scorers, values, *_scorer_key(scorer)):
        rows.insert(deployment_scorers, values)


def drop_scorer(rows: Rows, scorer: Scorer) -> None:
    """Forget a scorer that is no longer wanted."""
    rows.delete(deployment_scorers, *_scorer_key(scorer))


def _plain(record: Any) -> Row:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def plan_values(plan: TrafficPlan) -> Row:
    """Return a traffic plan as JSON."""
    return {**asdict(plan), "steps": [asdict(step) for step in plan.steps]}


def plan_of(values: Mapping[str, Any]) -> TrafficPlan:
    """Return the traffic plan of its JSON, also one that was written before there were steps."""
    shadow = values.get("shadow")
    return TrafficPlan(
        kind=values["kind"],
        percent=values["percent"],
        steps=tuple(CanaryStep(**step) for step in values.get("steps", ())),
        shadow=None if shadow is None else ShadowPlan(**shadow),
        then=values.get("then", "wait"),
    )


def rate_limit_of(values: Mapping[str, Any] | None) -> RateLimit | None:
    """Return the rate limit of its JSON."""
    return None if values is None else RateLimit(**values)


def _deployment_values(deployment: Deployment) -> Row:
    limit = deployment.rate_limit
    return {
        **_plain(deployment),
        "objectives": asdict(deployment.objectives),
        "rate_limit": None if limit is None else asdict(limit),
    }


def _deployment(row: Row) -> Deployment:
    read = {
        "objectives": Objectives(**row["objectives"]),
        "rate_limit": rate_limit_of(row["rate_limit"]),
    }
    return Deployment(**{**row, **read})


def _rollout_values(rollout: Rollout) -> Row:
    return {
        **_plain(rollout),
        "state": rollout.state.value,
        "traffic": plan_values(rollout.traffic),
        "judgement": _judgement_values(rollout),
    }


def _rollout(row: Row) -> Rollout:
    read = {
        "state": RolloutState(row["state"]),
        "traffic": plan_of(row["traffic"]),
        "judgement": _judgement(row["judgement"]),
    }
    return Rollout(**{**row, **read})


def _judgement_values(of: Rollout | Event) -> Row | None:
    if of.judgement is None:
        return None
    values = asdict(of.judgement)
    return {**values, "at": of.judgement.at.isoformat(), "findings": list(values["findings"])}


def _judgement(values: Mapping[str, Any] | None) -> Judgement | None:
    if values is None:
        return None
    findings = tuple(Finding(**one) for one in values["findings"])
    at = datetime.fromisoformat(values["at"])
    return Judgement(**{**values, "at": at, "findings": findings})


def _scorer_key(scorer: Scorer) -> tuple[Where, ...]:
    return (
        ("project", "=", scorer.project),
        ("deployment", "=", scorer.deployment),
        ("version", "=", scorer.version),
    )
