"""Turns deployments and rollouts into what goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast

from octavo.records import deployments as wire
from octavo_server.deployments.rollouts import rules
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.rollouts.service import History, View
from octavo_server.deployments.wire_fields import fields_of

NOT_STARTED = "Its process is not started yet."


def rollout(one: Rollout) -> wire.Rollout:
    """Return a rollout."""
    return wire.Rollout.model_validate(
        {
            **fields_of(one, wire.Rollout),
            "traffic": asdict(one.traffic),
            "state": one.state.value,
        }
    )


def deployment(view: View) -> wire.Deployment:
    """Return a deployment."""
    return wire.Deployment.model_validate(_deployment(view))


def _deployment(view: View) -> dict[str, Any]:
    one, model = view.deployment, view.model
    signature = model.signature if model is not None else None
    target = rules.rollback_target(one, view.rollout)
    return {
        "project": one.project,
        "name": one.name,
        "model": one.model,
        "environment": one.environment,
        "profile": one.profile,
        "objectives": asdict(one.objectives),
        "health": rules.health(one, view.scorers, view.rollout),
        "headline": rules.headline(one, view.scorers, view.rollout),
        "traffic": traffic(one, view.scorers),
        "rollout": None if view.rollout is None else rollout(view.rollout),
        "can_roll_back": target is not None or _starting(view),
        "rolls_back_to": target,
        "can_promote": one.canary_version is not None,
        "inputs": [
            {
                "name": column.get("name", "input"),
                "type": column.get("type", "tensor"),
                "required": column.get("required", True),
            }
            for column in (signature or {}).get("inputs") or []
        ],
        "example": None if model is None else model.example,
        "invocations_path": (
            f"/services/octavo/api/v1/projects/{one.project}/deployments/{one.name}/invocations"
        ),
        "updated_at": one.updated_at,
    }


def traffic(one: Deployment, scorers: Mapping[int, Scorer]) -> list[wire.TrafficShare]:
    """Return who gets the requests: the stable version, the canary, the one kept warm."""
    shares = (
        (one.stable_version, 100 - one.canary_percent, "stable"),
        (one.canary_version, one.canary_percent, "canary"),
        (one.previous_version, 0, "standby"),
    )
    return [
        wire.TrafficShare(
            version=version,
            percent=percent,
            role=cast("Literal['stable', 'canary', 'standby']", role),
            scorer=scorers[version].state.value if version in scorers else ScorerState.STARTING,
            restarts=scorers[version].restarts if version in scorers else 0,
            message=scorers[version].message if version in scorers else NOT_STARTED,
        )
        for version, percent, role in shares
        if version is not None
    ]


def _starting(view: View) -> bool:
    return view.rollout is not None and view.rollout.state is RolloutState.STARTING


def detail(history: History, requests: list[wire.DeploymentRequest]) -> wire.DeploymentDetail:
    """Return a deployment with its history."""
    return wire.DeploymentDetail.model_validate(
        {
            **_deployment(history.view),
            "rollouts": [rollout(one) for one in history.rollouts],
            "requests": requests,
        }
    )
