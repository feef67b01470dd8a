"""Turns deployments and rollouts into what goes over the wire."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Literal, cast

from octavo.records import deployments as wire
from octavo.records import rollouts as plans
from octavo_server.deployments.rollouts import progress, rules
from octavo_server.deployments.rollouts.domain import (
    Deployment,
    Event,
    Judgement,
    Rollout,
    RolloutState,
    Scorer,
    ScorerState,
)
from octavo_server.deployments.rollouts.service import History, View, headline_of, plan_values
from octavo_server.deployments.wire_fields import fields_of

NOT_STARTED = "Its process is not started yet."


def rollout(one: Rollout) -> plans.Rollout:
    """Return a rollout."""
    return plans.Rollout.model_validate(
        {
            **fields_of(one, plans.Rollout),
            "traffic": plan_values(one.traffic),
            "state": one.state.value,
            "step": one.step or None,
            "steps": len(progress.steps_of(one.traffic)),
            "step_until": progress.step_until(one),
            "judgement": judgement(one.judgement),
            "rollback_s": rules.rollback_s(one),
        }
    )


def judgement(one: Judgement | None) -> plans.Judgement | None:
    """Return what a look at a step found."""
    if one is None:
        return None
    findings = [fields_of(finding, plans.Finding) for finding in one.findings]
    return plans.Judgement.model_validate({**fields_of(one, plans.Judgement), "findings": findings})


def event(one: Event) -> plans.RolloutEvent:
    """Return something that happened."""
    return plans.RolloutEvent.model_validate(
        {**fields_of(one, plans.RolloutEvent), "judgement": judgement(one.judgement)}
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
        "rate_limit": None if one.rate_limit is None else asdict(one.rate_limit),
        "owner": one.owner,
        "headline": headline_of(view),
        "traffic": traffic(one, view.scorers),
        "rollout": None if view.rollout is None else rollout(view.rollout),
        "undone": None if view.undone is None else rollout(view.undone),
        "can_roll_back": target is not None or _starting(view),
        "rolls_back_to": target,
        "can_promote": view.rollout is not None and view.rollout.state in progress.WATCHED,
        "can_pause": _under_way(view) and not _held(view),
        "can_resume": _under_way(view) and _held(view),
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
    """Return who gets the requests: stable, canary, who gets copies, the one kept warm."""
    shares = (
        (one.stable_version, 100 - one.canary_percent, "stable"),
        (one.canary_version, one.canary_percent, "canary"),
        (one.shadow_version, one.shadow_percent, "shadow"),
        (one.previous_version, 0, "standby"),
    )
    return [
        wire.TrafficShare(
            version=version,
            percent=percent,
            role=cast("Literal['stable', 'canary', 'shadow', 'standby']", role),
            scorer=scorers[version].state.value if version in scorers else ScorerState.STARTING,
            restarts=scorers[version].restarts if version in scorers else 0,
            message=scorers[version].message if version in scorers else NOT_STARTED,
        )
        for version, percent, role in shares
        if version is not None
    ]


def _under_way(view: View) -> bool:
    return view.rollout is not None and view.rollout.state in progress.UNDER_WAY


def _held(view: View) -> bool:
    return view.rollout is not None and view.rollout.paused_at is not None


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
