"""Writes pushed rows as a Parquet file with the schema of a source; a short child process.

``python -m octavo_server.adapters.pushed_files_child SOURCE ROWS FILE`` takes the rows from a JSON
file; times are ISO 8601. The file appears whole, by one rename.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from octavo_server.adapters.feast_names import REFUSED

FOLDER_MODE, FILE_MODE = 0o755, 0o644


def write(source: Path, rows: list[dict[str, Any]], file: Path) -> None:
    """Write ``rows`` to ``file``. Raises LookupError for a source without a file to be like."""
    schema = schema_of(source, file.parent)
    columns = [_column(field, [row.get(field.name) for row in rows]) for field in schema]
    file.parent.mkdir(exist_ok=True)
    file.parent.chmod(FOLDER_MODE)
    draft = file.with_name(f".{file.name}.part")
    pq.write_table(pa.table(columns, schema=schema), draft)
    draft.chmod(FILE_MODE)
    with draft.open("rb") as written:
        os.fsync(written.fileno())
    draft.replace(file)


def schema_of(source: Path, own: Path) -> pa.Schema:
    """Return the schema of the source's first file that was not pushed."""
    for one in sorted(source.rglob("*.parquet")):
        if own not in one.parents and not one.name.startswith("."):
            return pq.read_schema(one).remove_metadata()
    raise LookupError("the source has no Parquet file whose columns say what a row is")


def _column(field: pa.Field, values: list[Any]) -> pa.Array:
    if pa.types.is_timestamp(field.type):
        values = [None if one is None else datetime.fromisoformat(one) for one in values]
    return pa.array(values, type=field.type)


def main() -> int:
    """Write the file, or say in one sentence why not."""
    source, given, file = (Path(one) for one in sys.argv[1:4])
    try:
        write(source, json.loads(given.read_text()), file)
    except (LookupError, pa.ArrowInvalid, pa.ArrowTypeError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
