"""Compares what a model and its ONNX form answer; imported by the sandbox's child alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import onnxruntime
import pandas as pd

from octavo_server.adapters.onnx_conversion import Form

ABSOLUTE: Final = 1e-5
RELATIVE: Final = 1e-4
"""Answers match when they differ by at most ABSOLUTE + RELATIVE x the model's own."""
ROUNDS: Final = 20
"""One-row answers that are timed; the fastest counts."""
NUMPY: Final[Mapping[str, Any]] = {
    "float32": np.float32,
    "float64": np.float64,
    "int32": np.int32,
    "int64": np.int64,
    "string": np.object_,
    "bool": np.bool_,
}
Predict = Callable[[Any], Any]


class Differs(ValueError):
    """Model and form do not answer the same; the message says where."""


@dataclass(frozen=True, kw_only=True)
class Match:
    """How close both came."""

    rows: int
    """Rows that were compared."""
    difference: float
    """Largest difference of a number."""
    answer: str
    """matrix or vector: the shape in which the model answers."""
    type: str
    """float, int or string: what it answers."""


class OnnxForm:
    """An ONNX form in memory."""

    def __init__(self, form: Form) -> None:
        """Load the form. Raises whatever ONNX Runtime raises for a broken one."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._form = form
        self._session = onnxruntime.InferenceSession(
            form.content, options, providers=["CPUExecutionProvider"]
        )

    def predict(self, rows: Any) -> np.ndarray[Any, Any]:
        """Return one answer a row. Raises Differs when it is no array."""
        fed = {one["name"]: _fed(one, rows) for one in self._form.inputs}
        (answer,) = self._session.run([self._form.output], fed)
        if not isinstance(answer, np.ndarray):
            raise Differs(f"the form answers a {type(answer).__name__}")
        return answer


def compare(rows: Any, model: Predict, form: OnnxForm) -> Match:
    """Return how close both answers are. Raises Differs beyond the tolerance."""
    own, other = _array(model(rows)), form.predict(rows)
    answer = "vector" if own.ndim == 1 else "matrix"
    if answer == "vector" and other.ndim == 2 and other.shape[1] == 1:
        other = other[:, 0]
    if own.shape != other.shape:
        raise Differs(f"the model answers {own.shape} and its form {other.shape}")
    if own.dtype.kind not in "fiub":
        _check_same(own.astype(str), other.astype(str))
        return Match(rows=len(own), difference=0.0, answer=answer, type="string")
    if own.dtype.kind in "iub":
        _check_same(own.astype(np.int64), other.astype(np.int64))
        return Match(rows=len(own), difference=0.0, answer=answer, type="int")
    difference = _difference(own.astype(np.float64), other.astype(np.float64))
    return Match(rows=len(own), difference=difference, answer=answer, type="float")


def speedup(row: Any, model: Predict, form: OnnxForm) -> float:
    """Return how many times faster the form answers one row."""
    return round(_fastest(lambda: model(row)) / _fastest(lambda: form.predict(row)), 1)


def _fed(one: Mapping[str, Any], rows: Any) -> np.ndarray[Any, Any]:
    if one["column"] is None:
        return np.asarray(rows, dtype=NUMPY[one["type"]])
    return np.asarray(rows[one["column"]], dtype=NUMPY[one["type"]]).reshape(-1, 1)


def _array(answer: Any) -> np.ndarray[Any, Any]:
    if isinstance(answer, pd.DataFrame):
        raise Differs("the model answers a table with named columns, which ONNX does not")
    if isinstance(answer, list | pd.Series | np.ndarray):
        return np.asarray(answer)
    raise Differs(f"the model answers a {type(answer).__name__}")


def _check_same(own: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> None:
    wrong = np.flatnonzero(np.any((own != other).reshape(len(own), -1), axis=1))
    if len(wrong):
        raise Differs(
            f"{len(wrong)} of {len(own)} rows differ, the first in row {wrong[0]}: the model says "
            f"{str(own[wrong[0]])[:60]}, its form {str(other[wrong[0]])[:60]}"
        )


def _difference(own: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    if not np.array_equal(np.isfinite(own), np.isfinite(other)):
        raise Differs("one of both answers a number where the other answers none")
    known = np.isfinite(own)
    gaps = np.abs(own[known] - other[known])
    if not len(gaps):
        return 0.0
    if np.any(gaps > ABSOLUTE + RELATIVE * np.abs(own[known])):
        raise Differs(
            f"answers differ by up to {gaps.max():.3g}; {ABSOLUTE:g} + {RELATIVE:g} x the answer "
            "is allowed"
        )
    return float(gaps.max())


def _fastest(call: Callable[[], object]) -> float:
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return min(times)
