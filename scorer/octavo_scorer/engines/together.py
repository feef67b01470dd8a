"""Finds out whether a model may score several requests' rows at once.

A model whose prediction for a row depends on the other rows (it subtracts the batch's mean, say)
would mix callers. So each engine tries it once, right after loading: the same rows together and
one by one have to give the same.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from octavo_scorer.contract import Contract
from octavo_scorer.engines.model import Predicts, plain
from octavo_scorer.errors import ScorerError
from octavo_scorer.formats import parse_json, read_invocation
from octavo_scorer.frames import Rows

EXAMPLE = "serving_input_example.json"
"""Where MLflow keeps the input example as the body of a request."""
TRIED = 4
"""Rows that are compared."""
TOLERANCE = 1e-5
"""Relative difference below which two numbers are the same: sums of 32 bits, in another order."""


def scores_together(model: Predicts, folder: Path, contract: Contract) -> bool:
    """Tell whether rows leave each other's predictions alone; False when it can't be tried."""
    try:
        rows = varied(read_invocation(contract, parse_json((folder / EXAMPLE).read_bytes())))
        together = [plain(value) for value in model.predict(rows)]
        alone = [plain(value) for one in singly(rows) for value in model.predict(one)]
    except (OSError, ScorerError):
        return False
    return same(together, alone)


def varied(batch: Any) -> Rows:
    """Return the example's rows, repeated up to ``TRIED``, each with other numbers."""
    numbers = range(TRIED)
    if batch.tensor is not None:
        rows = [_moved(batch.tensor[number % batch.size], number) for number in numbers]
        return Rows(columns={}, tensor=rows, size=TRIED)
    columns = {
        name: [_moved(values[number % batch.size], number) for number in numbers]
        for name, values in batch.columns.items()
    }
    return Rows(columns=columns, tensor=None, size=TRIED)


def _moved(value: Any, number: int) -> Any:
    if isinstance(value, list):
        return [_moved(one, number) for one in value]
    if isinstance(value, float):
        return value * (1 + number / 2) + number
    return value


def singly(rows: Rows) -> list[Rows]:
    """Return each row by itself."""
    return [
        Rows(
            columns={name: [values[number]] for name, values in rows.columns.items()},
            tensor=None if rows.tensor is None else [rows.tensor[number]],
            size=1,
        )
        for number in range(rows.size)
    ]


def same(left: Any, right: Any) -> bool:
    """Tell whether two JSON values are equal, numbers up to ``TOLERANCE``."""
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, float) and isinstance(right, float):
        return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=1e-9)
    return bool(left == right)
