"""Predicts without MLflow's check of each frame, where that check is proven to change nothing.

``PyFuncModel.predict`` compares every column of a frame with the signature and makes a new frame
of them: 0.6 to 1 ms for 22 columns, a fifth of what the model itself takes for one row.  The
scorer has refused by then what does not fit, and makes frames of just the signature's types.  So a
model is loaded with its check and asked without it, if a pair of rows shows that both are the same.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd
from mlflow.pyfunc import PyFuncModel

from octavo_scorer.engines.tables import SAMPLES, Tabulator, plain_frame, same_frames, sampled
from octavo_scorer.frames import Rows

PLAIN_SIGNATURE = frozenset({"inputs", "outputs"})
"""What a signature may say. With anything else (parameters, type hints) MLflow does more to a
request than to check it."""

log = logging.getLogger("octavo.engine")


class Direct:
    """A model that is asked without MLflow's check."""

    def __init__(self, model: PyFuncModel, tables: Tabulator) -> None:
        self._model = model
        self._tables = tables

    def takes(self, rows: Rows) -> bool:
        """Tell whether these rows are of the kind for which that was proven."""
        return self._tables.fits(rows.columns)

    def predict(self, rows: Rows) -> Any:
        """Return what the model answers."""
        return self._model.predict(self._tables.frame(rows.columns, rows.size))


class _Echo:
    """A model that answers what MLflow hands it."""

    def predict(self, handed: Any, params: Any = None) -> Any:
        return handed, params


def direct(model: PyFuncModel, types: Mapping[str, str]) -> Direct | None:
    """Return ``model`` without the check; None where the check may matter.

    ``types`` are those of its columns, by name, in order.
    """
    if not types or not set(types.values()) <= SAMPLES.keys():
        return None
    try:
        return _proven(model, types)
    except Exception:
        # Another version of MLflow or pandas: its check and its frames are used as they are.
        log.warning("the model is asked through MLflow's own check of frames", exc_info=True)
        return None


def _proven(model: PyFuncModel, types: Mapping[str, str]) -> Direct | None:
    said = model.metadata.signature.to_dict()
    if any(value for name, value in said.items() if name not in PLAIN_SIGNATURE):
        return None
    tables, columns = Tabulator(types), sampled(types)
    plain, quick = plain_frame(types, columns), tables.frame(columns, 2)
    checked: Any = PyFuncModel(model.metadata, _Echo()).predict(plain)
    unchecked: Any = PyFuncModel(_without_signature(model), _Echo()).predict(quick)
    handed = [checked[0], unchecked[0]]
    if not all(isinstance(one, pd.DataFrame) for one in handed) or checked[1] != unchecked[1]:
        return None
    return Direct(_without_check(model), tables) if same_frames(*handed) else None


def _without_check(model: PyFuncModel) -> PyFuncModel:
    about = _without_signature(model)
    asked = about.flavors["python_function"].get("predict_fn", "predict")
    own = model._model_impl  # noqa: SLF001 - what MLflow calls a stable interface
    return PyFuncModel(about, own, predict_fn=asked, model_id=model.model_id)


def _without_signature(model: PyFuncModel) -> Any:
    """MLflow checks frames against the signature of what it knows of a model."""
    about = copy.copy(model.metadata)
    about.signature = None
    return about
