"""Reads the head of a table, in a process of its own that ends when it is done.

The file comes on standard input, its kind (csv, tsv, json, parquet) and "complete" or "head" as
arguments.  Writes one JSON object: columns, rows, more_rows, more_columns, text - or wrong, why
the file can't be read.  What people logged is not to be trusted: who starts this process limits
its memory and its time and gives it an account of its own.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

MOST_ROWS = 200
MOST_COLUMNS = 100
LONGEST_CELL = 300
LONGEST_FIELD = 1_000_000
TEXT_CHARACTERS = 64_000


def main() -> None:
    """Answer one question."""
    kind, complete = sys.argv[1], sys.argv[2] == "complete"
    content = sys.stdin.buffer.read()
    try:
        found = read(kind, content, complete=complete)
    except Exception as error:  # noqa: BLE001 - files are broken in as many ways as there are
        found = {"wrong": f"{type(error).__name__}: {error}"[:300]}
    json.dump(found, sys.stdout)


def read(kind: str, content: bytes, *, complete: bool) -> dict[str, Any]:
    """Return the head of the table. Raises whatever its reader raises."""
    if kind == "parquet":
        return _parquet(content)
    if kind == "json":
        return _json(content)
    return _csv(content, "\t" if kind == "tsv" else None, complete=complete)


def sheet(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, more: bool) -> dict[str, Any]:
    """Return what is written: at most so many columns and rows, each cell as short text."""
    width = min(len(columns), MOST_COLUMNS)
    taken = list(islice(rows, MOST_ROWS + 1))
    return {
        "columns": [_text(one) or "" for one in columns[:width]],
        "rows": [
            [_text(row[at]) if at < len(row) else None for at in range(width)]
            for row in taken[:MOST_ROWS]
        ],
        "more_rows": more or len(taken) > MOST_ROWS,
        "more_columns": len(columns) - width,
        "text": None,
    }


def _text(value: Any) -> str | None:
    if value is None:
        return None
    text = value if isinstance(value, str) else str(value)
    text = text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _csv(content: bytes, delimiter: str | None, *, complete: bool) -> dict[str, Any]:
    csv.field_size_limit(LONGEST_FIELD)
    text = content.decode("utf-8-sig", "replace").replace("\0", "\ufffd")
    first = text.partition("\n")[0]
    if delimiter is None:
        delimiter = ";" if first.count(";") > first.count(",") else ","
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    taken = list(islice(rows, MOST_ROWS + 2))
    if not complete and len(taken) < MOST_ROWS + 2:
        taken = taken[:-1]  # the last one may be cut off
    head, *body = taken or [[]]
    return sheet(head, body, more=not complete)


def _json(content: bytes) -> dict[str, Any]:
    found = json.loads(content)
    if isinstance(found, dict) and isinstance(found.get("data"), list):
        names = found.get("columns")
        if isinstance(names, list) and all(isinstance(row, list) for row in found["data"]):
            return sheet([str(one) for one in names], found["data"], more=False)
    if isinstance(found, list) and found and all(isinstance(row, dict) for row in found):
        names = list(dict.fromkeys(name for row in found[:MOST_ROWS] for name in row))
        return sheet(names, ([row.get(name) for name in names] for row in found), more=False)
    text = json.dumps(found, indent=1, ensure_ascii=False)
    more = len(text) > TEXT_CHARACTERS
    shown = {"more_rows": more, "more_columns": 0, "text": text[:TEXT_CHARACTERS]}
    return {"columns": [], "rows": [], **shown}


def _parquet(content: bytes) -> dict[str, Any]:
    import pyarrow.parquet

    file = pyarrow.parquet.ParquetFile(io.BytesIO(content))
    names = list(file.schema_arrow.names)
    shown = names[:MOST_COLUMNS]
    batches = file.iter_batches(batch_size=MOST_ROWS, columns=shown, use_threads=False)
    batch = next(iter(batches), None)
    columns = [] if batch is None else [column.to_pylist() for column in batch.columns]
    rows = list(zip(*columns, strict=True))
    return sheet(names, rows, more=file.metadata.num_rows > len(rows))


if __name__ == "__main__":
    main()
