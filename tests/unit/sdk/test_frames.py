"""What the panel may see of a kernel, on frames in this process."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import polars as pl
import pytest

from octavo import frames
from octavo.frame_columns import FrameRefused, key_texts, kind_of, time_texts


def look(asked: dict[str, Any], names: dict[str, object]) -> dict[str, Any]:
    seen = frames.look(json.dumps(asked), names)
    assert json.dumps(seen.said, allow_nan=False)
    return seen.said


def test_only_frames_with_a_name_that_code_can_use_are_told() -> None:
    frame = pd.DataFrame({"a": [1]})
    names = {"frame": frame, "_hidden": frame, "no name": frame, "class": frame, "text": "a"}
    seen = look({"keys": []}, {**names, "lazy": pl.DataFrame({"a": [1]}).lazy(), "none": None})
    assert [one["name"] for one in seen["frames"]] == ["frame"]


def test_frames_beyond_the_limit_are_counted() -> None:
    frame = pd.DataFrame({"a": [1]})
    seen = look({"keys": []}, {f"f{n:03}": frame for n in range(frames.MOST_FRAMES + 3)})
    assert (len(seen["frames"]), seen["left_out"]) == (frames.MOST_FRAMES, 3)


def test_what_the_kernel_s_answer_carries_says_no_values_as_text() -> None:
    seen = frames.look('{"keys": []}', {"secret": pd.DataFrame({"a": ["s3cret"]})})
    assert repr(seen) == "<octavo.frames: libraries, frames, left_out>"
    assert seen._repr_mimebundle_(include=None, exclude=None)["application/json"] == seen.said


@pytest.mark.parametrize(
    ("rows", "most", "places"),
    [
        (0, 20, []),
        (3, 20, [0, 1, 2]),
        (10, 1, [0]),
        (10, 2, [0, 9]),
        (28_243, 3, [0, 14121, 28242]),
    ],
)
def test_rows_are_spread_over_the_frame(rows: int, most: int, places: list[int]) -> None:
    assert list(frames.spread(rows, most)) == places


def test_never_more_rows_than_a_preview_takes() -> None:
    frame = pd.DataFrame({"k": ["a"] * 500, "t": pd.Timestamp("2024-01-01")})
    seen = look({"frame": "f", "keys": {"k": "k"}, "time": "t", "rows": 10**9}, {"f": frame})
    assert len(seen["places"]) == frames.MOST_ROWS


@pytest.mark.parametrize("rows", [-1, 0, 2.5, True, "all", None])
def test_less_than_a_row_is_refused(rows: object) -> None:
    frame = pd.DataFrame({"k": ["a"], "t": pd.Timestamp("2024-01-01")})
    seen = look({"frame": "f", "keys": {"k": "k"}, "time": "t", "rows": rows}, {"f": frame})
    says = f"rows is {rows!r}: a whole number from 1 to 100 is taken"
    assert (seen["refused"], seen["what"]) == ("values", says)


def test_an_empty_frame_has_no_rows_to_join() -> None:
    frame = pd.DataFrame({"k": [], "t": pd.to_datetime([])})
    seen = look({"frame": "f", "keys": {"k": "k"}, "time": "t"}, {"f": frame})
    assert (seen["rows"], seen["keys"][0]["kind"], seen["time"]["values"]) == (0, "none", [])


def test_levels_of_an_index_count_once_with_columns() -> None:
    frame = pd.DataFrame({"k": ["a"]}, index=pd.Index(["b"], name="k"))
    seen = look({"frame": "f", "keys": {"k": "k"}, "time": "k"}, {"f": frame})
    assert (seen["refused"], seen["what"]) == ("column", "k")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["a", None], ("text", False)),
        ([1, 2], ("integer", False)),
        ([pd.Timestamp("2024-01-01", tz="UTC")], ("time", False)),
        ([pd.Timestamp("2024-01-01").date()], ("time", True)),
        ([None, float("nan")], ("other", False)),
        ([True], ("other", False)),
        (["a", 1], ("other", False)),
    ],
)
def test_untyped_cells_are_told_by_what_they_hold(values: list[Any], kind: Any) -> None:
    assert kind_of(values) == kind


def test_keys_are_whole_to_the_last_digit() -> None:
    assert key_texts("k", [2**60 + 1, 3.0, None]) == ("integer", [str(2**60 + 1), "3", None])
    assert key_texts("k", [None, pd.NA, pd.NaT]) == ("none", [None, None, None])


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        ([0.5], "k holds 0.5: a key is text or a whole number"),
        ([float("inf")], "k holds inf"),
        ([b"a"], "k holds a bytes: a key is text or a whole number"),
        ([True], "k holds a bool"),
        (["x" * 1_001], "k holds a text of 1,001 characters: a key has at most 1,000"),
        ([10**5_000], "k holds a number of 16,610 bits: a key has at most 1,000"),
        (["a", 1], "k holds text in some rows and numbers in others"),
    ],
)
def test_what_is_no_key_is_refused_with_its_value(cells: list[Any], why: str) -> None:
    with pytest.raises(FrameRefused, match=why):
        key_texts("k", cells)


class Loud(str):
    """A text that won't be one."""

    __slots__ = ()

    def __str__(self) -> str:
        raise RuntimeError("no")


def test_a_key_is_read_without_its_own_code() -> None:
    assert key_texts("k", [Loud("a")]) == ("text", ["a"])


def test_times_come_in_utc_without_their_nanoseconds() -> None:
    cells = [pd.Timestamp("2024-03-31 03:30:00.123456789", tz="Europe/Berlin"), pd.NaT, None]
    assert time_texts("t", cells) == (False, ["2024-03-31T01:30:00.123456+00:00", None, None])
    assert time_texts("t", [pd.Timestamp("2024-01-01").date()]) == (
        True,
        ["2024-01-01T00:00:00+00:00"],
    )


def test_times_that_feast_s_join_does_not_know_are_refused() -> None:
    from datetime import datetime

    with pytest.raises(FrameRefused, match="t holds a time in the year 1066"):
        time_texts("t", [datetime(1066, 10, 14)])  # noqa: DTZ001
    with pytest.raises(FrameRefused, match="t holds a str, which is no time"):
        time_texts("t", ["2024-01-01"])


def test_polars_columns_are_told_like_those_of_pandas() -> None:
    frame = pl.DataFrame(
        {
            "k": ["a"],
            "n": [1],
            "x": [0.5],
            "b": [True],
            "t": [pd.Timestamp("2024-01-01").to_pydatetime()],
        }
    ).with_columns(pl.col("k").cast(pl.Categorical).alias("c"))
    told = look({"keys": ["k"]}, {"f": frame})["frames"][0]
    assert {one["name"]: one["kind"] for one in told["columns"]} == {
        "k": "text", "n": "integer", "x": "number", "b": "other", "t": "time", "c": "text"
    }  # fmt: skip
    seen = look({"frame": "f", "keys": {"c": "c"}, "time": "t"}, {"f": frame})
    assert seen["keys"][0]["values"] == ["a"]
    gone = look({"frame": "f", "keys": {"z": "z"}, "time": "t"}, {"f": frame})
    assert (gone["refused"], gone["what"]) == ("column", "z")
