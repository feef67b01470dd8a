"""Loads an MLflow model of any flavour and predicts with it; imported by engine processes alone."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd

from octavo_scorer.contract import Contract
from octavo_scorer.engines.model import failed, quoted
from octavo_scorer.errors import ModelFailed, Unavailable
from octavo_scorer.frames import Rows

DTYPES: Mapping[str, Any] = {
    "boolean": np.bool_,
    "integer": np.int32,
    "long": np.int64,
    "float": np.float32,
    "double": np.float64,
}


class PyfuncModel:
    """A model in memory, fed by the contract of its signature."""

    def __init__(self, folder: Path, contract: Contract, device: str = "cpu") -> None:
        """Load the model in ``folder``. Raises Unavailable when it can't be."""
        self.device = device
        self._contract = contract
        self._types = {column.name: column.type for column in contract.columns}
        os.environ["MLFLOW_DEFAULT_PREDICTION_DEVICE"] = device
        try:
            self._model = mlflow.pyfunc.load_model(str(folder))
        except Exception as error:
            # A model's loader runs code of its author: whatever it raises has one meaning here.
            raise Unavailable(
                f"The model can't be loaded: {quoted(error)}.",
                "Run mlflow.pyfunc.load_model on it in a workspace; see the scorer's log.",
            ) from error

    def predict(self, rows: Rows) -> Any:
        """Return one prediction a row. Raises ModelFailed when the model's code raises."""
        try:
            predicted = self._model.predict(self._input(rows))
        except Exception as error:
            raise failed(error) from error
        if isinstance(predicted, pd.DataFrame):
            predicted = predicted.to_dict("records")
        elif isinstance(predicted, pd.Series):
            predicted = predicted.to_numpy()
        if not isinstance(predicted, np.ndarray | list):
            raise ModelFailed(
                f"The model answered a {type(predicted).__name__}.",
                "A deployed model answers an array, a list or a DataFrame.",
            )
        return predicted

    def _input(self, rows: Rows) -> Any:
        tensor = self._contract.tensor
        if tensor is not None:
            return np.asarray(rows.tensor, dtype=np.dtype(tensor.dtype))
        return pd.DataFrame(
            {name: _column(self._types[name], values) for name, values in rows.columns.items()}
        )


def _column(kind: str, values: list[Any]) -> Any:
    if kind == "datetime":
        return pd.to_datetime(pd.Series(values), format="ISO8601")
    if kind in DTYPES and (kind in {"double", "float"} or None not in values):
        return np.asarray(values, dtype=DTYPES[kind])
    return np.asarray(values, dtype=object)
