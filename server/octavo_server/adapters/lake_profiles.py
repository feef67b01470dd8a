"""Profiles the months of a lake's table; run as a child process, so that numpy stays out of ours.

``python -m octavo_server.adapters.lake_profiles`` reads an order (JSON) from standard input and
writes one JSON object a line: ``{"month", "rows", "features", "findings"}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import octavo.monitoring as profiles

Order = Mapping[str, Any]


def months(folder: Path, partition: str, year: str) -> dict[str, list[Path]]:
    """Return month -> files of a folder partitioned as ``<partition>=<value>``.

    A value is ``YYYY-MM``, or a month's number when ``year`` says which year.
    """
    found: dict[str, list[Path]] = {}
    for part in sorted(folder.glob(f"{partition}=*")):
        value = part.name.partition("=")[2]
        month = value if len(value) == 7 else f"{year}-{int(value):02d}"
        files = sorted(part.rglob("*.parquet"))
        if files:
            found[month] = files
    return dict(sorted(found.items()))


def month_profile(month: str, files: list[Path], order: Order) -> dict[str, Any]:
    """Return one month's profile: a column that can't be profiled is a finding."""
    wanted: list[str] = order["columns"]
    baseline: Mapping[str, Any] = order["features"]
    answer: dict[str, Any] = {"month": month, "rows": 0, "features": {}, "findings": []}

    def finding(column: str, problem: str, message: str) -> None:
        answer["findings"].append(
            {"month": month, "column": column, "problem": problem, "message": message}
        )

    try:
        tables = [pq.ParquetFile(path) for path in files]
        answer["rows"] = sum(table.metadata.num_rows for table in tables)
        present = set.intersection(*[set(table.schema_arrow.names) for table in tables])
        kept = [name for name in wanted if name in present and name in baseline]
        data = pa.concat_tables([table.read(columns=kept) for table in tables])
    except (OSError, pa.ArrowException) as error:
        finding("-", "unreadable", f"{month} can't be read: {error}"[:300])
        return answer
    for name in wanted:
        if name not in present:
            finding(name, "missing", f"{name} is missing in {month}.")
        elif name not in baseline:
            finding(name, "missing", f"{name} has no profile of the training window.")
    for name in kept:
        column = data.column(name)
        try:
            found = profiles.feature(_array(column), name=name, like=baseline[name])
        except (profiles.UnusableColumn, ValueError, TypeError) as error:
            finding(name, "wrong_type", f"{name} can't be compared in {month}: {error}"[:300])
            continue
        answer["features"][name] = found
        if found["rows"] and found["nulls"] == found["rows"]:
            finding(name, "all_null", f"{name} has no value in {month}.")
    return answer


def _array(column: pa.ChunkedArray) -> Any:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.null_count and pa.types.is_integer(column.type):
        column = column.cast(pa.float64())
    return column.to_numpy()


def answers(order: Order) -> Iterator[dict[str, Any]]:
    """Return one object for each month after ``order["after"]``."""
    found = months(Path(order["folder"]), order["partition"], order["year"])
    for month, files in found.items():
        if month > order["after"]:
            yield month_profile(month, files, order)


def main() -> None:
    """Do what standard input orders."""
    for answer in answers(json.load(sys.stdin)):
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
