"""Pure decisions about who answers, and what is kept of an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from octavo_server.deployments.rollouts.service import Deployment
from octavo_server.deployments.serving.domain import CANARY, SHADOW, STABLE, STANDBY
from octavo_server.deployments.serving.traffic import Traffic

MOST_SCORES = 50
"""Scores of one request that telemetry keeps."""
LEAST_PATIENCE_S, PATIENCE = 2.0, 8.0
"""How long a version is waited for that another can stand in for: seconds, times the promise."""


def pick(deployment: Deployment, point: float) -> int | None:
    """Return the version for a request; ``point`` is uniform in [0, 1).

    The canary takes the points below its share, so a fixed point sticks to its version while
    the share stands.
    """
    if deployment.canary_version is not None and point * 100 < deployment.canary_percent:
        return deployment.canary_version
    return deployment.stable_version


def candidates(traffic: Traffic, point: float) -> list[int]:
    """Return the versions to ask, in turn: the picked one, the stable one, the one kept warm.

    A canary that is held back is not picked.
    """
    deployment = traffic.deployment
    stable = deployment.stable_version
    picked = stable if traffic.held_back is not None else pick(deployment, point)
    order = [picked, stable, deployment.previous_version]
    return list(dict.fromkeys(version for version in order if version is not None))


def role_of(deployment: Deployment, version: int) -> str:
    """Return as what a version is asked."""
    roles = {
        deployment.shadow_version: SHADOW,
        deployment.previous_version: STANDBY,
        deployment.canary_version: CANARY,
        deployment.stable_version: STABLE,
    }
    return roles.get(version, STANDBY)


def patience_s(deployment: Deployment) -> float:
    """Return the seconds that a version is waited for when another can stand in."""
    return max(LEAST_PATIENCE_S, PATIENCE * deployment.objectives.latency_p95_ms / 1_000)


def sticky_point(deployment: str, key: str) -> float:
    """Return the point in [0, 1) that ``key`` always gets in a deployment."""
    digest = hashlib.sha256(f"{deployment}\n{key}".encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def score_of(prediction: Any) -> float | None:
    """Return the number that stands for a prediction, None when there is none.

    A number is itself; a list of class probabilities gives its last, the positive class's; an
    object gives its field ``score`` or ``probability``.
    """
    if isinstance(prediction, bool):
        return float(prediction)
    if isinstance(prediction, int | float):
        return float(prediction)
    if isinstance(prediction, Sequence) and not isinstance(prediction, str) and prediction:
        return score_of(prediction[-1])
    if isinstance(prediction, Mapping):
        return score_of(prediction.get("score", prediction.get("probability")))
    return None


def scores_of(predictions: Sequence[Any]) -> tuple[float, ...]:
    """Return the scores of the first predictions, as telemetry keeps them."""
    found = (score_of(one) for one in predictions[:MOST_SCORES])
    return tuple(score for score in found if score is not None)


def mean_difference(ones: Sequence[Any], others: Sequence[Any]) -> float | None:
    """Return the mean absolute difference of two answers' scores; None where they have none."""
    left, right = scores_of(ones), scores_of(others)
    if not left or len(left) != len(right):
        return None
    return sum(abs(a - b) for a, b in zip(left, right, strict=True)) / len(left)
