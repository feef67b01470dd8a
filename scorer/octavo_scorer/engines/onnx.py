"""Predicts with a model's converted form on ONNX Runtime; imported by engine processes alone.

The converted form lies beside the model in ``octavo-onnx`` and was made, compared and signed when
the model was registered; ``contract.json`` says which column feeds which input.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from octavo_scorer.converted import Converted, Input, read_converted
from octavo_scorer.engines.model import failed, quoted
from octavo_scorer.errors import ModelFailed, Unavailable
from octavo_scorer.frames import Rows

DTYPES = {
    "float32": np.float32,
    "float64": np.float64,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
    "string": np.object_,
}
PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}


def device_of(provider: str) -> str:
    """Return cpu or cuda for what the profile wants. Raises Unavailable where there is no GPU."""
    there = PROVIDERS["cuda"] in onnxruntime.get_available_providers()
    if provider == "cuda" and not there:
        raise Unavailable(
            "The profile wants a GPU, but ONNX Runtime finds none here.",
            "Choose a profile without a GPU, or install onnxruntime-gpu in the scorer's image.",
        )
    return "cuda" if there and provider in {"cuda", "auto"} else "cpu"


class OnnxModel:
    """A converted model in memory."""

    def __init__(self, folder: Path, threads: int, provider: str) -> None:
        """Load the converted form in ``folder``. Raises Unavailable when it can't be."""
        self.device = device_of(provider)
        converted = read_converted(folder)
        if converted is None:
            raise Unavailable(f"{folder} holds no converted model.", "Serve it as pyfunc.")
        self._converted: Converted = converted
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        chosen = [PROVIDERS[self.device]]
        if self.device == "cuda":
            chosen.append(PROVIDERS["cpu"])
        try:
            self._session = onnxruntime.InferenceSession(
                converted.model_path(folder), options, providers=chosen
            )
        except Exception as error:
            # ONNX Runtime raises own types for a broken file, an unknown operator, a full GPU.
            raise Unavailable(
                f"The converted model can't be loaded: {quoted(error)}.",
                "Register the model again; see the scorer's log.",
            ) from error

    def predict(self, rows: Rows) -> Any:
        """Return one prediction a row. Raises ModelFailed when ONNX Runtime refuses the rows."""
        fed = {one.name: _values(one, rows) for one in self._converted.inputs}
        try:
            (predicted,) = self._session.run([self._converted.output.name], fed)
        except Exception as error:
            raise failed(error) from error
        if not isinstance(predicted, np.ndarray):
            raise ModelFailed(
                f"The converted model answered a {type(predicted).__name__}.",
                "Register the model again.",
            )
        vector = self._converted.output.answer == "vector" and predicted.ndim == 2
        return predicted[:, 0] if vector else predicted


def _values(one: Input, rows: Rows) -> Any:
    values: list[Any] | None = rows.tensor if one.column is None else rows.columns[one.column]
    array: Any = np.asarray(values, dtype=DTYPES[one.type])
    return array if one.column is None else array.reshape(-1, 1)
