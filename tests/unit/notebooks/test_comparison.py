"""Two executions compare cell by cell: identical, equivalent within tolerance, different."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.notebooks import code, notebook, printed

from octavo.records.notebooks import Input, Tolerance
from octavo_server.notebooks.comparison import changed_inputs, compare, results

TIGHT = Tolerance(relative=1e-6, absolute=1e-9)


def verdict(one: dict[str, Any], two: dict[str, Any], tolerance: Tolerance = TIGHT) -> str:
    return compare(results(one), results(two), tolerance).outcome


@pytest.mark.parametrize(
    ("one", "two", "outcome"),
    [
        ("same", "same", "identical"),
        ("auc 0.7610000", "auc 0.7610001", "equivalent"),
        ("auc 0.761", "auc 0.762", "different"),
        ("a 1.0", "b 1.0", "different"),
        ("x -3.5e-12", "x 0.0", "equivalent"),
        ("<A at 0x7f1234567890>", "<A at 0x7faaaaaaaaaa>", "identical"),
        ("1 2", "1 2 3", "different"),
        ("v1.2.3", "v1.2.4", "different"),
    ],
)
def test_outputs(one: str, two: str, outcome: str) -> None:
    assert verdict(printed(one), printed(two)) == outcome


def test_what_differs_is_named() -> None:
    found = compare(results(printed("a", "auc 0.7")), results(printed("a", "auc 0.9")), TIGHT)
    assert (found.identical, found.different) == (1, 1)
    assert [(one.cell, one.detail) for one in found.cells] == [(1, "0.9 instead of 0.7")]


def test_a_volatile_cell_is_counted_and_never_compared() -> None:
    outputs = [{"output_type": "stream", "name": "stdout", "text": "now"}]
    one = notebook(code("clock()", "volatile", outputs=outputs), parameters=None)
    two = notebook(code("clock()", "volatile"), parameters=None)
    found = compare(results(one), results(two), TIGHT)
    assert (found.outcome, found.volatile) == ("identical", 1)


def test_the_injected_cell_shifts_nothing() -> None:
    one, two = printed("a"), printed("a")
    two["cells"].insert(0, code("n = 4", "injected-parameters"))
    assert verdict(one, two) == "identical"


def test_in_which_pieces_a_stream_arrives_is_chance() -> None:
    def stream(name: str, text: str) -> dict[str, Any]:
        return {"output_type": "stream", "name": name, "text": text}

    one = [stream("stdout", "a"), stream("stderr", "w"), stream("stdout", "b")]
    two = [stream("stdout", "ab"), stream("stderr", "w")]
    first, second = (notebook(code("f()", outputs=each), parameters=None) for each in (one, two))
    assert verdict(first, second) == "identical"


def test_files_compare_by_their_bytes() -> None:
    found = compare([], [], TIGHT, {"a": "1", "b": "1"}, {"a": "1", "b": "2", "c": "3"})
    assert [(one.name, one.detail) for one in found.cells] == [
        ("b", "file: other bytes"),
        ("c", "file: new"),
    ]
    assert found.identical == 1


def test_a_missing_cell_is_a_difference() -> None:
    assert verdict(printed("a", "b"), printed("a")) == "different"


def test_a_long_output_is_compared_by_bytes_alone() -> None:
    one, two = "1.0 " * 60_000, "1.0 " * 59_999 + "1.00000001 "
    assert verdict(printed(one), printed(one)) == "identical"
    assert verdict(printed(one), printed(two)) == "different"


@given(st.lists(st.text(), max_size=5))
def test_everything_is_identical_with_itself(texts: list[str]) -> None:
    assert verdict(printed(*texts), printed(*texts)) == "identical"


@given(st.floats(1e-3, 1e6), st.floats(0, 5e-7))
def test_within_the_tolerance_nothing_is_different(value: float, off: float) -> None:
    one, two = printed(f"{value!r}"), printed(f"{value * (1 + off)!r}")
    assert verdict(one, two) != "different"


def test_inputs_that_changed_are_named() -> None:
    before = [Input(kind="data", name="curated", digest="1")]
    now = [
        Input(kind="data", name="curated", digest="2"),
        Input(kind="model", name="m/1", digest="3"),
    ]
    assert changed_inputs(before, now) == ["data:curated", "model:m/1"]
    assert changed_inputs(before, before) == []
