"""Rows of deployments, rollouts and scorers to records and back."""

from __future__ import annotations

from dataclasses import asdict, fields, replace
from typing import Any

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.deployments import (
    deployment_rollouts,
    deployment_scorers,
    deployments,
)
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Objectives,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
    TrafficPlan,
)
from octavo_server.errors import (
    Conflict,
)


def add_deployment(rows: Rows, deployment: Deployment) -> None:
    """Write a new deployment."""
    rows.insert(deployments, _deployment_values(deployment))


def save_deployment(rows: Rows, deployment: Deployment) -> Deployment:
    """Write new desired state over the generation that was read. Raises Conflict when stale."""
    saved = replace(deployment, generation=deployment.generation + 1)
    changed = rows.update(
        deployments,
        _deployment_values(saved),
        ("project", "=", deployment.project),
        ("name", "=", deployment.name),
        ("generation", "=", deployment.generation),
    )
    if not changed:
        raise Conflict(
            f"{deployment.name!r} was changed by someone else meanwhile.", "Reload and try again."
        )
    return saved


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


def scorers(rows: Rows, project: str | None = None, name: str | None = None) -> list[Scorer]:
    """Return the scorers of a deployment, of a project, or all."""
    where: list[Where] = [] if project is None else [("project", "=", project)]
    where += [] if name is None else [("deployment", "=", name)]
    found = rows.find(deployment_scorers, *where, order_by=("project", "deployment", "version"))
    return [Scorer(**{**row, "state": ScorerState(row["state"])}) for row in found]


def put_scorer(rows: Rows, scorer: Scorer) -> None:
    """Write what is known of a scorer, new or not."""
    values: Row = {**_plain(scorer), "state": scorer.state.value}
    if not rows.update(deployment_scorers, values, *_scorer_key(scorer)):
        rows.insert(deployment_scorers, values)


def drop_scorer(rows: Rows, scorer: Scorer) -> None:
    """Forget a scorer that is no longer wanted."""
    rows.delete(deployment_scorers, *_scorer_key(scorer))


def _plain(record: Any) -> Row:
    return {field.name: getattr(record, field.name) for field in fields(record)}


def _deployment_values(deployment: Deployment) -> Row:
    return {**_plain(deployment), "objectives": asdict(deployment.objectives)}


def _deployment(row: Row) -> Deployment:
    return Deployment(**{**row, "objectives": Objectives(**row["objectives"])})


def _rollout_values(rollout: Rollout) -> Row:
    return {
        **_plain(rollout),
        "state": rollout.state.value,
        "traffic": asdict(rollout.traffic),
    }


def _rollout(row: Row) -> Rollout:
    return Rollout(
        **{
            **row,
            "state": RolloutState(row["state"]),
            "traffic": TrafficPlan(**row["traffic"]),
        }
    )


def _scorer_key(scorer: Scorer) -> tuple[Where, ...]:
    return (
        ("project", "=", scorer.project),
        ("deployment", "=", scorer.deployment),
        ("version", "=", scorer.version),
    )
