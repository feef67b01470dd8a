"""A held model in memory: ONNX Runtime, fed with rows as its contract says."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime

from octavo.edge.claims import CONTRACT_FILE, MODEL_FILE, Claim
from octavo.edge.errors import EdgeError
from octavo.envelopes import Refused

MOST_ROWS = 100_000
FORMAT = 1
WHOLE = {"int32": 2**31, "int64": 2**63}
REAL = frozenset({"float32", "float64"})
DTYPES: Mapping[str, Any] = {
    "float32": np.float32,
    "float64": np.float64,
    "int32": np.int32,
    "int64": np.int64,
    "bool": np.bool_,
    "string": np.object_,
}


@dataclass(frozen=True, kw_only=True)
class Input:
    """One input of the model."""

    name: str
    """Its name."""
    type: str
    """Its element type."""
    column: str | None
    """The column that feeds it; None: the whole tensor."""


class EdgeModel:
    """A model that answers on this device."""

    def __init__(self, folder: Path, claim: Claim, threads: int = 1) -> None:
        """Load a bundle that was checked. Raises Refused when it can't be."""
        self.claim = claim
        try:
            contract = json.loads((folder / "model" / CONTRACT_FILE).read_bytes())
            self._inputs, self._output, self._vector, self._nulls = _read(contract)
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.log_severity_level = 3
            # As bytes and not as a path: a model can't name files beside itself then.
            self._session = onnxruntime.InferenceSession(
                (folder / "model" / MODEL_FILE).read_bytes(),
                options,
                providers=["CPUExecutionProvider"],
            )
        except Exception as error:
            # ONNX Runtime raises own types for a broken file, an unknown operator, no memory.
            raise Refused(
                f"v{claim.version} of {claim.model} can't be loaded here: {_quoted(error)}.",
                "What was held before keeps answering. Update onnxruntime, or register it again.",
            ) from error

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a row; none for a model that takes a tensor."""
        return tuple(one.column for one in self._inputs if one.column is not None)

    def predict(self, rows: Sequence[Any]) -> list[Any]:
        """Return one prediction a row. Raises EdgeError for rows that it can't take.

        A row maps columns to values; of a tensor model it is a nested list.
        """
        if not rows or len(rows) > MOST_ROWS:
            raise EdgeError(
                f"{len(rows):,} rows were sent; 1 to {MOST_ROWS:,} are scored at once.",
                "Send them in several calls.",
            )
        fed = self._fed(rows)
        try:
            (answer,) = self._session.run([self._output], fed)
        except Exception as error:
            # As above; what the runtime says of shapes and types is the reason.
            raise EdgeError(
                f"The model refused the rows: {_quoted(error)}.", "See its contract."
            ) from error
        answer = np.asarray(answer)
        if len(answer) != len(rows):
            raise EdgeError(
                f"The model gave {len(answer):,} answers for {len(rows):,} rows.",
                "Register the model again.",
            )
        flat = answer[:, 0] if self._vector and answer.ndim == 2 else answer
        return list(flat.tolist())

    def try_example(self) -> int:
        """Predict on the signed example; return its rows, 0 without one. Raises Refused."""
        rows = _rows_of(self.claim.example)
        if not rows:
            return 0
        try:
            self.predict(rows)
        except EdgeError as error:
            raise Refused(
                f"v{self.claim.version} of {self.claim.model} fails on its own example: "
                f"{error.message}",
                "What was held before keeps answering. Tell the platform's people.",
            ) from error
        return len(rows)

    def _fed(self, rows: Sequence[Any]) -> dict[str, Any]:
        if not self.columns:
            return {one.name: _tensor(rows, one) for one in self._inputs}
        known = set(self.columns)
        for number, row in enumerate(rows):
            if not isinstance(row, Mapping):
                raise EdgeError(
                    f"Row {number} is a {type(row).__name__}, not an object of columns.",
                    f"Send the columns {_listed(self.columns)}.",
                )
            if unknown := sorted(row.keys() - known, key=str):
                raise EdgeError(
                    f"Row {number} has the column {str(unknown[0])[:80]!r}, which the model "
                    "doesn't know.",
                    f"Send the columns {_listed(self.columns)}.",
                )
        return {one.name: self._column(rows, one) for one in self._inputs}

    def _column(self, rows: Sequence[Mapping[str, Any]], one: Input) -> Any:
        name = one.column or one.name
        values = [self._value(row, number, name, one.type) for number, row in enumerate(rows)]
        return np.asarray(values, dtype=DTYPES[one.type]).reshape(-1, 1)

    def _value(self, row: Mapping[str, Any], number: int, name: str, kind: str) -> Any:
        value = row.get(name)
        missing = value is None or (isinstance(value, float) and math.isnan(value))
        if missing and name in self._nulls and kind in REAL:
            return math.nan
        if missing:
            raise EdgeError(
                f"Row {number} has no value for {name!r}, and the model was not seen to take "
                "missing ones there.",
                "Send a value.",
            )
        if not _fits(value, kind):
            raise EdgeError(
                f"Row {number} has {str(value)[:80]!r} for {name!r}; a {kind} is expected.",
                "Send a finite value of that type.",
            )
        return value


def _fits(value: Any, kind: str) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "bool" or isinstance(value, bool):
        return kind == "bool" and isinstance(value, bool)
    if not isinstance(value, int | float) or not math.isfinite(value):
        return False
    if kind in WHOLE:
        return value == int(value) and -WHOLE[kind] <= value < WHOLE[kind]
    return True


def _tensor(rows: Sequence[Any], one: Input) -> Any:
    try:
        return np.asarray(rows, dtype=DTYPES[one.type])
    except (ValueError, TypeError, OverflowError) as error:
        raise EdgeError(
            f"The rows are no tensor of {one.type}: {_quoted(error)}.",
            "Send nested lists of numbers, all of one shape.",
        ) from error


def _read(contract: Mapping[str, Any]) -> tuple[tuple[Input, ...], str, bool, frozenset[str]]:
    if contract["format"] != FORMAT:
        raise ValueError(f"{CONTRACT_FILE} has format {contract['format']!r}, {FORMAT} is read")
    inputs = tuple(
        Input(name=str(one["name"]), type=str(one["type"]), column=one.get("column"))
        for one in contract["inputs"]
    )
    if unknown := {one.type for one in inputs} - DTYPES.keys():
        raise ValueError(f"unknown type {min(unknown)!r}")
    output = contract["output"]
    vector = output.get("answer", "matrix") == "vector"
    return inputs, str(output["name"]), vector, frozenset(contract.get("nulls", ()))


def _rows_of(example: Mapping[str, Any] | None) -> list[Any]:
    if example is None:
        return []
    if "columns" in example:
        return [dict(zip(example["columns"], row, strict=True)) for row in example["data"]]
    return list(example.get("inputs", ()))


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(columns)[:500]


def _quoted(error: Exception) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
