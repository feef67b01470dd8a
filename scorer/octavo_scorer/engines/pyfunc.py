"""Loads an MLflow model of any flavour and predicts with it; imported by engine processes alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import pandas as pd

from octavo_scorer.contract import Contract
from octavo_scorer.engines.direct import direct
from octavo_scorer.engines.model import failed, quoted
from octavo_scorer.engines.tables import plain_frame
from octavo_scorer.errors import ModelFailed, Unavailable
from octavo_scorer.frames import Rows


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
        self._direct = direct(self._model, self._types)

    def predict(self, rows: Rows) -> Any:
        """Return one prediction a row. Raises ModelFailed when the model's code raises."""
        try:
            predicted = self._ask(rows)
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

    def _ask(self, rows: Rows) -> Any:
        if self._direct is not None and self._direct.takes(rows):
            return self._direct.predict(rows)
        return self._model.predict(self._input(rows))

    def _input(self, rows: Rows) -> Any:
        tensor = self._contract.tensor
        if tensor is not None:
            return np.asarray(rows.tensor, dtype=np.dtype(tensor.dtype))
        return plain_frame(self._types, rows.columns)
