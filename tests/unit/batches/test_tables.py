"""Rows of a partition's files as a model wants them, and outputs as readers of tables want them."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from octavo_scorer.contract import Column, Contract
from octavo_scorer.errors import Invalid
from octavo_server.adapters.batch_tables import Chunk, Output, Wanted, chunks, values

CONTRACT = Contract(
    columns=(
        Column(name="delay", type="double"),
        Column(name="hour", type="long"),
        Column(name="carrier", type="string", required=False),
    )
)


def wanted(**more: Any) -> Wanted:
    return Wanted(**{"contract": CONTRACT, "keep": (), "keys": {}, **more})


def parquet(path: Path, **columns: Any) -> Path:
    pq.write_table(pa.table(columns), path)
    return path


def read(path: Path, order: Wanted) -> list[Chunk]:
    with path.open("rb") as file:
        return list(chunks(path.name, file, order))


def test_only_what_is_wanted_is_read_in_chunks_that_know_their_rows(tmp_path: Path) -> None:
    rows = 10_000
    path = parquet(tmp_path / "a.parquet", delay=[1.5] * rows, hour=range(rows), other=["x"] * rows)
    found = read(path, wanted())
    assert [(one.first, one.size) for one in found] == [(0, 8_192), (8_192, 1_808)]
    assert set(found[0].columns) == {"delay", "hour"}
    assert found[1].columns["hour"][-1] == rows - 1


def test_folders_give_the_columns_that_files_lack(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", delay=[1.0, 2.0])
    order = wanted(keep=("hour", "day"), keys={"hour": "7", "day": "mon", "delay": "9"})
    (chunk,) = read(path, order)
    assert chunk.columns == {"delay": [1.0, 2.0], "hour": [7, 7]}
    assert chunk.kept["day"].to_pylist() == ["mon", "mon"]
    (chunk,) = read(path, wanted(keys={"hour": None}))
    assert chunk.columns["hour"] == [None, None]


def test_a_csv_is_read_by_the_signature(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("hour,carrier,delay,x\n7,007,1.5,a\n8,,,b\nnoon,UA,nan,c\n")
    (chunk,) = read(path, wanted(keep=("x",)))
    assert chunk.columns["hour"] == [7, 8, "noon"]
    assert chunk.columns["carrier"] == ["007", "", "UA"]
    assert chunk.columns["delay"][:2] == [1.5, None]
    assert chunk.kept["x"].to_pylist() == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("array", "found"),
    [
        (pa.array([1.5, math.nan, None]), [1.5, None, None]),
        (pa.array(["a", None]).dictionary_encode(), ["a", None]),
        (pa.array([Decimal("1.5")]), [1.5]),
        (pa.array([date(2013, 1, 2)]), ["2013-01-02"]),
        (pa.array([datetime(2013, 1, 2, 3, tzinfo=UTC)]), ["2013-01-02T03:00:00+00:00"]),
        (pa.array([True, None]), [True, None]),
    ],
)
def test_values_are_as_a_request_would_send_them(array: Any, found: list[Any]) -> None:
    assert values(array) == found


def _missing(folder: Path) -> Path:
    return parquet(folder / "a.parquet", hour=[1])


def _twice(folder: Path) -> Path:
    table = pa.Table.from_arrays([pa.array([1.0])] * 2, names=["delay", "delay"])
    pq.write_table(table, folder / "a.parquet")
    return folder / "a.parquet"


def _garbage(folder: Path) -> Path:
    (folder / "a.parquet").write_bytes(b"no table" * 10)
    return folder / "a.parquet"


def _ragged(folder: Path) -> Path:
    (folder / "a.csv").write_text("delay,hour\n1,2\n3\n")
    return folder / "a.csv"


def _empty(folder: Path) -> Path:
    (folder / "a.csv").write_text("")
    return folder / "a.csv"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_missing, r"a\.parquet has no column 'delay'"),
        (_twice, r"a\.parquet has two columns 'delay'"),
        (_garbage, r"a\.parquet can't be read as Parquet after row 0: "),
        (_ragged, r"a\.csv can't be read as CSV with a header line after row 0: .*Expected 2 col"),
        (_empty, r"a\.csv can't be read as CSV with a header line after row 0: Empty CSV file"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, make: Callable[[Path], Path], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        read(make(tmp_path), wanted())


def test_a_column_to_keep_that_is_missing_is_named(tmp_path: Path) -> None:
    path = parquet(tmp_path / "a.parquet", delay=[1.0], hour=[1])
    with pytest.raises(Invalid, match="has no column 'flight'") as refused:
        read(path, wanted(keep=("flight",)))
    assert refused.value.remedy == "It has: delay, hour."


# ---- outputs


def a_chunk(first: int = 0, size: int = 2, **kept: Any) -> Chunk:
    return Chunk(first=first, columns={}, kept=kept, size=size)


@pytest.mark.parametrize(
    ("predictions", "kind", "found"),
    [
        (np.array([0.5, np.nan]), pa.float64(), [0.5, None]),
        (np.array([[0.1, 0.9], [0.2, 0.8]]), pa.list_(pa.float64()), [[0.1, 0.9], [0.2, 0.8]]),
        (np.array([1, 2]), pa.int64(), [1, 2]),
        (["late", "on time"], pa.string(), ["late", "on time"]),
    ],
)
def test_an_output_says_where_each_row_came_from(
    tmp_path: Path, predictions: Any, kind: pa.DataType, found: list[Any]
) -> None:
    output = Output(tmp_path / "o.parquet")
    output.write("a.parquet", a_chunk(7, flight=pa.array(["x", "y"])), predictions)
    output.close(["flight"])
    table = pq.read_table(tmp_path / "o.parquet")
    assert table.column_names == ["source_file", "source_row", "flight", "prediction"]
    assert table["source_row"].to_pylist() == [7, 8]
    assert (table["prediction"].type, table["prediction"].to_pylist()) == (kind, found)


def test_predictions_that_change_their_type_are_refused_with_the_row(tmp_path: Path) -> None:
    output = Output(tmp_path / "o.parquet")
    output.write("a.parquet", a_chunk(), [1, 2])
    with pytest.raises(Invalid, match=r"a\.parquet, from row 2: a column's type differs"):
        output.write("a.parquet", a_chunk(2), ["late", "later"])


def test_predictions_that_are_no_column_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="The predictions are no column"):
        Output(tmp_path / "o.parquet").write("a", a_chunk(), [object(), 1])


def test_no_rows_make_an_empty_table_and_the_same_rows_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        output = Output(tmp_path / name)
        output.write("x", a_chunk(), np.array([1.0, 2.0]))
        output.close([])
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1]
    Output(tmp_path / "e.parquet").close(["flight"])
    assert pq.read_table(tmp_path / "e.parquet").num_rows == 0
