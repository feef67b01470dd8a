"""Logged rows in Parquet: written by a child, read back, removed by day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from tests.support.services import NOON

from octavo_server.adapters.request_log import ParquetLog
from octavo_server.deployments.serving.domain import LoggedRow, LogSize
from octavo_server.errors import Unavailable

ROW = LoggedRow(
    project="flights",
    deployment="late",
    request_id="q0",
    at=NOON,
    version=3,
    caller="consumer:app",
    latency_ms=4.25,
    inputs='{"delay":3.5}',
    prediction="[0.8,0.2]",
)


def rows(count: int, days: int = 0) -> list[LoggedRow]:
    at = NOON + timedelta(days=days)
    return [
        replace(ROW, request_id=f"q{days}-{number}", at=at + timedelta(milliseconds=number))
        for number in range(count)
    ]


@pytest.fixture
def parquet(tmp_path: Path) -> Iterator[ParquetLog]:
    opened = ParquetLog(tmp_path / "log")
    yield opened
    opened.close()


def test_rows_are_written_read_back_and_removed_by_day(parquet: ParquetLog, tmp_path: Path) -> None:
    assert parquet.newest("flights", "late", 5) == []
    assert parquet.size("flights", "late") == LogSize()
    assert parquet.append(rows(6_000)) == 0
    assert parquet.append(rows(10, days=1)) == 0
    parquet.close()
    newest = parquet.newest("flights", "late", 12)
    assert [one.request_id for one in newest[:2]] == ["q1-9", "q1-8"]
    assert newest[10] == replace(ROW, request_id="q0-5999", at=NOON + timedelta(seconds=5.999))
    size = parquet.size("flights", "late")
    assert (size.files, size.oldest_day) == (3, "2026-03-01")
    everything = tmp_path / "log" / "flights" / "late" / "*" / "*.parquet"
    assert duckdb.read_parquet(str(everything)).count("version").fetchall() == [(6_010,)]
    assert parquet.forget("flights", "late", "2026-03-02") == 2
    assert parquet.size("flights", "late").oldest_day == "2026-03-02"
    assert not any(path.name.startswith(".") for path in (tmp_path / "log").rglob("*"))


def test_a_writer_that_dies_is_replaced(parquet: ParquetLog, tmp_path: Path) -> None:
    parquet.append(rows(1))
    _until(lambda: parquet._child is not None)
    assert parquet._child is not None
    parquet._child.kill()
    _until(lambda: parquet._child is not None and parquet._child.poll() is not None)
    parquet.append(rows(2, days=1))
    parquet.close()
    assert len(parquet.newest("flights", "late", 9)) >= 2


def test_a_file_that_is_none_is_told(parquet: ParquetLog, tmp_path: Path) -> None:
    day = tmp_path / "log" / "flights" / "late" / "day=2026-03-01"
    day.mkdir(parents=True)
    (day / "x.parquet").write_text("not parquet")
    with pytest.raises(Unavailable, match="request log of late can't be read"):
        parquet.newest("flights", "late", 1)


def test_names_do_not_lead_out_of_the_folder(parquet: ParquetLog, tmp_path: Path) -> None:
    assert parquet.size("../..", "../late") == LogSize()
    assert parquet.newest("flights", "../../etc", 1) == []


def _until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
