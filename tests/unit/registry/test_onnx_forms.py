"""What a model is compared with its ONNX form on, and when both count as the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from octavo_server.adapters import onnx_rows
from octavo_server.adapters.onnx_comparison import Differs, compare, speedup
from octavo_server.adapters.onnx_rows import UNSEEN, ColumnKind, NoRows

COLUMNS = [
    ColumnKind(name="delay", type="double", required=True),
    ColumnKind(name="seats", type="long", required=True),
    ColumnKind(name="carrier", type="string", required=True),
    ColumnKind(name="late", type="boolean", required=True),
]
EXAMPLE = pd.DataFrame(
    {
        "carrier": ["UA", "B6", "UA"],
        "delay": [1.5, -2.25, np.nan],
        "seats": [100, 180, 180],
        "late": [True, False, True],
    }
)


class Form:
    """A form that answers what a test says."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def predict(self, rows: Any) -> Any:
        """Return the answer."""
        return self.answer


def matched(own: Any, other: Any) -> Any:
    form: Any = Form(np.asarray(other))
    return compare(None, lambda _: own, form)


def test_a_signature_names_the_columns() -> None:
    found = onnx_rows.columns_of(
        [
            {"name": "delay", "type": "double", "required": False},
            {"name": "seats", "type": "long"},
        ]
    )
    assert [(one.name, one.type, one.required) for one in found] == [
        ("delay", "double", False),
        ("seats", "long", True),
    ]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"name": "at", "type": "datetime"}, "the input 'at' is of type datetime"),
        ({"type": "double"}, "the input 'None' is of type double"),
        ({"name": "x" * 500, "type": {"type": "array"}}, "is of type"),
    ],
)
def test_what_cannot_be_drawn_is_said(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(NoRows) as caught:
        onnx_rows.columns_of([spec])
    assert words in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_example_comes_in_the_signatures_order_and_types() -> None:
    typed = onnx_rows.typed(EXAMPLE, COLUMNS)
    assert list(typed.columns) == ["delay", "seats", "carrier", "late"]
    assert [str(one) for one in typed.dtypes] == ["float64", "int64", "object", "bool"]


def test_drawn_rows_go_beyond_the_example() -> None:
    rows = onnx_rows.drawn(EXAMPLE, COLUMNS)
    assert len(rows) == onnx_rows.DRAWN
    assert set(rows.carrier) == {"UA", "B6", UNSEEN}
    assert rows.delay.min() < -2.25 < 1.5 < rows.delay.max()
    assert rows.delay.notna().all()
    assert rows.seats.dtype == np.int64
    assert rows.seats.max() > 180
    assert set(rows.late) == {True, False}


def test_the_same_seed_draws_the_same_rows() -> None:
    once, again = onnx_rows.drawn(EXAMPLE, COLUMNS), onnx_rows.drawn(EXAMPLE, COLUMNS)
    pd.testing.assert_frame_equal(once, again)
    assert not once.equals(onnx_rows.drawn(EXAMPLE, COLUMNS, seed=8))


def test_whole_numbers_stay_whole_and_none_at_all_still_draws() -> None:
    whole = [ColumnKind(name="n", type="double", required=True)]
    rows = onnx_rows.drawn(pd.DataFrame({"n": [1.0, 5.0]}), whole)
    assert (rows.n == rows.n.round()).all()
    empty = onnx_rows.drawn(pd.DataFrame({"n": [np.nan]}), whole)
    assert len(empty) == onnx_rows.DRAWN


def test_a_column_without_values() -> None:
    rows = onnx_rows.without(EXAMPLE, "seats")
    assert rows.seats.isna().all()
    assert EXAMPLE.seats.notna().all()


def test_tensors_are_drawn_by_shape() -> None:
    floats = onnx_rows.tensors([-1, 2, 3], "float32")
    assert (floats.shape, str(floats.dtype)) == ((16, 2, 3), "float32")
    whole = onnx_rows.tensors([-1, 4], "int64")
    assert set(whole.ravel().tolist()) == {0, 1}


@pytest.mark.parametrize("shape", [[], [2, 3], [-1, -1]])
def test_tensors_of_no_size_are_not_drawn(shape: list[int]) -> None:
    with pytest.raises(NoRows, match="is not rows of one size"):
        onnx_rows.tensors(shape, "float32")


@pytest.mark.parametrize(
    ("own", "other", "found"),
    [
        ([0.5, 0.25], [0.5, 0.25], ("vector", "float", 0.0)),
        ([1000.0], [1000.05], ("vector", "float", 0.05)),
        ([[0.5, 0.5]], [[0.5, 0.5]], ("matrix", "float", 0.0)),
        ([1.0, 2.0], [[1.0], [2.0]], ("vector", "float", 0.0)),
        ([0.0, np.nan], [0.0, np.nan], ("vector", "float", 0.0)),
        ([np.nan], [np.nan], ("vector", "float", 0.0)),
        ([1, 0], [1, 0], ("vector", "int", 0.0)),
        ([True, False], [1, 0], ("vector", "int", 0.0)),
        (["late", "early"], ["late", "early"], ("vector", "string", 0.0)),
    ],
)
def test_answers_that_count_as_the_same(own: Any, other: Any, found: Any) -> None:
    match = matched(np.asarray(own), other)
    assert (match.answer, match.type, round(match.difference, 6)) == found
    assert match.rows == len(own)


@pytest.mark.parametrize(
    ("own", "other", "words"),
    [
        ([0.5], [0.6], "answers differ by up to 0.1; 1e-05 + 0.0001 x the answer is allowed"),
        ([0.0], [2e-5], "answers differ by up to 2e-05"),
        ([1.0, np.nan], [1.0, 0.0], "a number where the other answers none"),
        ([np.inf], [1.0], "a number where the other answers none"),
        ([1, 0, 1], [1, 1, 1], "1 of 3 rows differ, the first in row 1"),
        (["late"], ["early"], "the model says late, its form early"),
        ([1.0], [[1.0, 2.0]], "the model answers (1,) and its form (1, 2)"),
        ([1.0, 2.0], [1.0], "the model answers (2,) and its form (1,)"),
    ],
)
def test_answers_that_differ(own: Any, other: Any, words: str) -> None:
    with pytest.raises(Differs) as caught:
        matched(np.asarray(own), other)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (pd.DataFrame({"a": [1.0]}), "a table with named columns, which ONNX does not"),
        ({"a": 1.0}, "the model answers a dict"),
        ("late", "the model answers a str"),
    ],
)
def test_answers_that_onnx_has_none_like(own: Any, words: str) -> None:
    with pytest.raises(Differs, match=words):
        matched(own, [1.0])


def test_a_list_and_a_series_answer_as_an_array() -> None:
    assert matched([1.0], [1.0]).answer == matched(pd.Series([1.0]), [1.0]).answer == "vector"


def test_the_speedup_is_that_of_the_fastest_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0

    def taking(seconds: float) -> Callable[[Any], Any]:
        def answer(_: Any) -> Any:
            nonlocal now
            now += seconds
            return np.zeros(1)

        return answer

    monkeypatch.setattr("time.perf_counter", lambda: now)
    form: Any = Form(None)
    form.predict = taking(0.25)
    assert speedup(None, taking(2.0), form) == 8.0
