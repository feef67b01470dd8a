"""Pure decisions about who answers, and what is kept of an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from octavo_server.deployments.rollouts.service import Deployment

MOST_SCORES = 50
"""Scores of one request that telemetry keeps."""


def pick(deployment: Deployment, point: float) -> int | None:
    """Return the version for a request; ``point`` is uniform in [0, 1).

    The canary takes the points below its share, so a fixed point sticks to its version while
    the share stands.
    """
    if deployment.canary_version is not None and point * 100 < deployment.canary_percent:
        return deployment.canary_version
    return deployment.stable_version


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
