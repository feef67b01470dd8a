"""What every engine offers, and how predictions become JSON."""

from __future__ import annotations

import math
from typing import Any, Protocol

import msgspec
import numpy as np

from octavo_scorer.errors import ModelFailed
from octavo_scorer.frames import Rows

QUOTED = 300
"""Characters of a model's own error that an answer quotes."""


class Predicts(Protocol):
    """A model in memory."""

    device: str
    """cpu or cuda."""

    def predict(self, rows: Rows) -> Any:
        """Return one prediction a row: an array or a list. Raises ModelFailed."""


def joined(requests: list[Rows]) -> Rows | None:
    """Return several requests' rows as one; None when they differ in their columns."""
    first = requests[0]
    if any(one.columns.keys() != first.columns.keys() for one in requests):
        return None
    size = sum(one.size for one in requests)
    if first.tensor is not None:
        rows = [row for one in requests for row in one.tensor or ()]
        return Rows(columns={}, tensor=rows, size=size)
    columns = {
        name: [value for one in requests for value in one.columns[name]] for name in first.columns
    }
    return Rows(columns=columns, tensor=None, size=size)


def as_json(predictions: Any) -> bytes:
    """Return predictions as a JSON list; what is no number becomes null."""
    if isinstance(predictions, np.ndarray):
        if predictions.dtype.kind in "biu":
            return msgspec.json.encode(predictions.tolist())
        if predictions.dtype.kind == "f" and np.isfinite(predictions).all():
            return msgspec.json.encode(predictions.tolist())
        predictions = predictions.tolist()
    return msgspec.json.encode([plain(value) for value in predictions])


def plain(value: Any) -> Any:
    """Return ``value`` as JSON can say it; what is no number becomes null."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def failed(error: Exception) -> ModelFailed:
    """Return what to answer when a model's code raised on rows that fit its signature."""
    if isinstance(error, ModelFailed):
        return error
    return ModelFailed(
        f"The model failed on rows that fit its signature: {quoted(error)}.",
        "Try the same rows in a workspace; see the scorer's log.",
    )


def quoted(error: Exception) -> str:
    """Return an error's type and the beginning of its words."""
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
