"""Loads an MLflow model and predicts with it; imported by the scorer alone.

Model files are code: only a process without secrets, under an own account, loads one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd
import yaml

from octavo_scorer.contract import Contract, read_contract
from octavo_scorer.errors import ScorerError, Unavailable
from octavo_scorer.formats import Batch

DTYPES: Mapping[str, Any] = {
    "boolean": np.bool_,
    "integer": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
}
QUOTED = 300
"""Characters of a model's own error that an answer quotes."""


class ModelFailed(ScorerError):
    """The model's code raised, or answered what can't be an answer, on rows that fit."""

    code = "model_failed"
    status = 500


class PyfuncModel:
    """A model in memory, with the contract of its signature."""

    def __init__(self, folder: Path, max_rows: int) -> None:
        """Load the model in ``folder``. Raises Unavailable when it can't be."""
        try:
            described = yaml.safe_load((folder / "MLmodel").read_text("utf-8"))
        except (OSError, yaml.YAMLError) as error:
            raise Unavailable(
                f"{folder} holds no MLflow model: {error}.", "Deploy again."
            ) from error
        self.contract: Contract = read_contract(described.get("signature"), max_rows)
        try:
            self._model = mlflow.pyfunc.load_model(str(folder))
        except Exception as error:
            # A model's loader runs code of its author: whatever it raises has one meaning here.
            raise Unavailable(
                f"The model can't be loaded: {_quote(error)}.",
                "Run mlflow.pyfunc.load_model on it in a workspace; see the scorer's log.",
            ) from error

    def predict(self, batch: Batch) -> list[Any]:
        """Return one JSON value a row. Raises ModelFailed when the model's code does."""
        try:
            predicted = self._model.predict(self._input(batch))
        except Exception as error:
            raise ModelFailed(
                f"The model failed on rows that fit its signature: {_quote(error)}.",
                "Try the same rows in a workspace; see the scorer's log.",
            ) from error
        rows = _rows(predicted)
        if len(rows) != batch.size:
            raise ModelFailed(
                f"The model gave {len(rows)} predictions for {batch.size} rows.",
                "A deployed model gives one prediction a row.",
            )
        return rows

    def _input(self, batch: Batch) -> Any:
        tensor = self.contract.tensor
        if tensor is not None:
            return np.asarray(batch.tensor, dtype=np.dtype(tensor.dtype))
        types = {column.name: column.type for column in self.contract.columns}
        return pd.DataFrame(
            {name: _column(types[name], values) for name, values in batch.columns.items()}
        )


def _column(kind: str, values: list[Any]) -> Any:
    if kind == "datetime":
        return pd.to_datetime(pd.Series(values), format="ISO8601")
    if kind in DTYPES:
        return np.asarray(values, dtype=DTYPES[kind])
    return np.asarray(values, dtype=object)


def _rows(predicted: Any) -> list[Any]:
    if isinstance(predicted, pd.DataFrame):
        records: list[Any] = predicted.to_dict("records")
        return [_plain(record) for record in records]
    if isinstance(predicted, pd.Series):
        return [_plain(value) for value in predicted.tolist()]
    if isinstance(predicted, np.ndarray):
        return [_plain(value) for value in predicted.tolist()]
    if isinstance(predicted, list):
        return [_plain(value) for value in predicted]
    raise ModelFailed(
        f"The model answered a {type(predicted).__name__}.",
        "A deployed model answers an array, a list or a DataFrame.",
    )


def _plain(value: Any) -> Any:
    """Return ``value`` as JSON can say it; what is no number becomes null."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def _quote(error: Exception) -> str:
    text = f"{type(error).__name__}: {error}"
    return text if len(text) <= QUOTED else f"{text[:QUOTED]}..."
