"""Frames that are made quickly are those that pandas makes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from octavo_scorer.engines.tables import SAMPLES, Tabulator, plain_frame, same_frames, sampled

ALL = {f"{kind}_{number}": kind for number in range(2) for kind in SAMPLES}


def test_a_frame_is_the_one_pandas_makes() -> None:
    columns = sampled(ALL)
    quick, plain = Tabulator(ALL).frame(columns, 2), plain_frame(ALL, columns)
    assert same_frames(quick, plain)
    assert quick.to_numpy().flags.f_contiguous == plain.to_numpy().flags.f_contiguous
    quick["late"] = quick["double_0"].fillna(0) * 2
    assert list(quick.columns) == [*ALL, "late"]
    assert quick[["string_1", "double_1"]].iloc[1].tolist()[0] is None


def test_frames_share_nothing() -> None:
    tables, columns = Tabulator(ALL), sampled(ALL)
    first = tables.frame(columns, 2)
    first.columns.name = "changed"
    first.iloc[0, 0] = False
    second = tables.frame(columns, 2)
    assert second.columns.name is None
    assert same_frames(second, plain_frame(ALL, columns))
    assert columns == sampled(ALL)


@pytest.mark.parametrize("kind", ["boolean", "integer", "long"])
def test_a_null_that_a_type_has_no_room_for_does_not_fit(kind: str) -> None:
    tables = Tabulator({"a": kind, "b": "string"})
    assert tables.fits({"a": SAMPLES[kind], "b": ["x", None]})
    assert not tables.fits({"a": [SAMPLES[kind][0], None], "b": ["x", None]})


@pytest.mark.parametrize("columns", [{"a": [1.0]}, {"b": [1.0], "a": [1.0]}])
def test_what_is_not_all_columns_in_order_does_not_fit(columns: dict[str, Any]) -> None:
    assert not Tabulator({"a": "double", "b": "double"}).fits(columns)


def test_frames_differ_in_types_nulls_and_names() -> None:
    frame = plain_frame({"a": "string"}, {"a": ["x", None]})
    assert not same_frames(frame, frame.rename(columns={"a": "b"}))
    assert not same_frames(frame, frame.fillna("None"))
    numbers = plain_frame({"a": "double"}, {"a": [1.0, 2.0]})
    assert not same_frames(numbers, numbers.astype("int64"))
    assert not same_frames(numbers, numbers.set_index(pd.Index([1, 2])))
