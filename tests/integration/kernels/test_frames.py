"""The panel's look into a real kernel: what it sees, and that it leaves nothing behind."""

from __future__ import annotations

from typing import Any

import pytest
from tests.integration.kernels.conftest import Kernel

SETUP = """
import numpy as np, pandas as pd, polars as pl, random
flights = pd.DataFrame({
    "carrier": ["UA", "AA", None] * 10,
    "tail": pd.array([1, None, 2**60 + 1] * 10, dtype="Int64"),
    "at": pd.date_range("2013-06-01", periods=30, freq="h"),
    "zoned": pd.date_range("2013-06-01", periods=30, freq="h", tz="Europe/Berlin"),
    "x": [float("nan"), float("inf"), 0.5] * 10,
})
indexed = flights.set_index(["carrier", "at"])
lone = pl.DataFrame({"carrier": ["UA", "AA"], "at": [1, 2]}).with_columns(pl.from_epoch("at"))
lazy = lone.lazy()
_hidden = flights
"""
STATE = (
    "[sorted(get_ipython().user_ns), sorted(get_ipython().user_ns_hidden), "
    "get_ipython().execution_count, get_ipython().history_manager.input_hist_raw, "
    "sorted(Out), random.getstate()[1][:4], int(np.random.get_state()[1][0]), "
    "[str(one) for one in get_ipython().history_manager.session_number.__class__.__mro__], "
    "list(flights._item_cache), flights.columns._cache.keys().__len__()]"
)


@pytest.fixture(scope="module")
def ready(kernel: Kernel) -> Kernel:
    kernel.run(SETUP)
    return kernel


def frames(seen: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {frame["name"]: frame for frame in seen["frames"]}


def test_live_frames_are_seen_with_keys_and_times(ready: Kernel) -> None:
    seen = ready.look({"keys": ["carrier"]})
    assert seen["libraries"] == ["pandas", "polars"]
    assert set(frames(seen)) == {"flights", "indexed", "lone"}
    flights = frames(seen)["flights"]
    assert (flights["rows"], flights["width"], flights["library"]) == (30, 5, "pandas")
    assert flights["times"] == [{"name": "at", "naive": True}, {"name": "zoned", "naive": False}]
    kinds = {column["name"]: column["kind"] for column in flights["columns"]}
    assert kinds == {
        "carrier": "text", "tail": "integer", "at": "time", "zoned": "time", "x": "number"
    }  # fmt: skip
    in_index = [one["name"] for one in frames(seen)["indexed"]["columns"] if one["index"]]
    assert in_index == ["carrier", "at"]
    assert frames(seen)["lone"]["times"] == [{"name": "at", "naive": True}]


def test_looking_and_sampling_leave_nothing_behind(ready: Kernel) -> None:
    before = ready.value(STATE)
    ready.look({"keys": ["carrier"]})
    ready.look({"frame": "flights", "keys": {"carrier": "carrier"}, "time": "at"})
    ready.look({"frame": "lone", "keys": {"carrier": "carrier"}, "time": "at"})
    assert ready.value(STATE) == before


def test_sampled_rows_are_spread_and_exact(ready: Kernel) -> None:
    asked = {"frame": "flights", "keys": {"carrier": "carrier", "tail": "tail"}, "time": "zoned"}
    found = ready.look({**asked, "rows": 4})
    assert (found["rows"], found["places"]) == (30, [0, 9, 19, 29])
    carrier, tail = found["keys"]
    assert carrier == {
        "name": "carrier", "column": "carrier", "kind": "text", "values": ["UA", "UA", "AA", None]
    }  # fmt: skip
    assert (tail["kind"], tail["values"]) == ("integer", ["1", "1", None, str(2**60 + 1)])
    assert found["time"]["values"][0] == "2013-05-31T22:00:00+00:00"
    assert not found["time"]["naive"]


def test_times_without_a_zone_are_utc_and_said_to_be(ready: Kernel) -> None:
    found = ready.look(
        {"frame": "indexed", "keys": {"carrier": "carrier"}, "time": "at", "rows": 2}
    )
    assert found["time"] == {
        "column": "at",
        "naive": True,
        "values": ["2013-06-01T00:00:00+00:00", "2013-06-02T05:00:00+00:00"],
    }
    assert found["keys"][0]["values"] == ["UA", None]


def test_a_million_columns_are_counted_and_not_told(ready: Kernel) -> None:
    ready.run(
        "wide = pd.DataFrame(np.zeros((3, 1_000_000), dtype='float32'), "
        "columns=[f'c{n}' for n in range(1_000_000)])\n"
        "wide['carrier'] = 'UA'; wide['at'] = pd.Timestamp('2013-01-01')"
    )
    try:
        wide = frames(ready.look({"keys": ["carrier"]}))["wide"]
        assert wide["width"] == 1_000_002
        assert len(wide["columns"]) == 202
        assert wide["times"] == [{"name": "at", "naive": True}]
        found = ready.look({"frame": "wide", "keys": {"carrier": "carrier"}, "time": "at"})
        assert found["keys"][0]["values"] == ["UA"] * 3
        # pandas would keep an index of a million names for the asking.
        assert ready.value("'_engine' in wide.columns._cache or len(wide._item_cache)") == 0
    finally:
        ready.run("del wide")


def test_hostile_frames_are_told_of_and_harm_nothing(ready: Kernel) -> None:
    ready.run(
        "hostile = pd.DataFrame([[1] * 7], columns=['<img src=x onerror=alert(1)>', '__proto__', "
        "'\\u202egnp', 'x' * 1_000_000, 'twice', 'twice', ('a', 1)])\n"
        "class Raising(pd.DataFrame):\n"
        "    @property\n"
        "    def columns(self): raise RuntimeError('no columns today')\n"
        "raising = pd.DataFrame.__new__(Raising)\n"
        "class Liar:\n"
        "    __class__ = pd.DataFrame\n"
        "liar = Liar()\n"
        "odd = pd.DataFrame({'carrier': ['UA', 1], 'at': pd.NaT, 'late': [pd.Timestamp.max] * 2})"
    )
    try:
        seen = frames(ready.look({"keys": ["twice", "__proto__"]}))
        assert [column["name"] for column in seen["hostile"]["columns"]] == [
            "<img src=x onerror=alert(1)>", "__proto__", "\u202egnp"
        ]  # fmt: skip
        assert seen["hostile"]["width"] == 7
        assert seen["raising"]["problem"].startswith("It can't be read: ")
        assert "liar" not in seen
        asked: dict[str, Any] = {"keys": {"carrier": "carrier"}, "time": "at"}
        mixed = ready.look({"frame": "odd", **asked})
        assert mixed["refused"] == "values"
        assert mixed["what"] == "carrier holds text in some rows and numbers in others"
        twice = ready.look({"frame": "hostile", "keys": {"carrier": "twice"}, "time": "at"})
        assert (twice["refused"], twice["what"]) == ("column", "twice")
        gone = ready.look({"frame": "nothing", **asked})
        assert (gone["refused"], gone["what"]) == ("gone", "nothing")
    finally:
        ready.run("del hostile, raising, liar, odd, Raising, Liar")


def test_nan_and_infinity_are_no_keys(ready: Kernel) -> None:
    found = ready.look({"frame": "flights", "keys": {"x": "x"}, "time": "at"})
    assert found["refused"] == "values"
    assert found["what"].startswith("x holds inf")


def test_a_busy_kernel_answers_when_its_cell_is_done(ready: Kernel) -> None:
    """The request waits its turn; the running cell, its result and its number stay the same."""
    before = ready.value("get_ipython().execution_count")
    ready.client.execute("import threading; threading.Event().wait(0.5); answer = 42")
    assert set(frames(ready.look({"keys": ["carrier"]}))) == {"flights", "indexed", "lone"}
    assert ready.value("answer") == 42
    assert ready.value("get_ipython().execution_count") == before + 1


def test_a_failing_look_says_so_and_aborts_nothing(ready: Kernel) -> None:
    said = ready.silent({"octavo": "__import__('octavo.no_such_module')"})["octavo"]
    assert (said["status"], said["ename"]) == ("error", "ModuleNotFoundError")
    ready.run("still_here = True")
