"""Reads a partition's files in chunks of rows as a signature wants them, and writes outputs.

Used by the child that scores; the files are given as open descriptors.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from octavo_scorer.contract import Contract
from octavo_scorer.errors import Invalid
from octavo_scorer.formats import cell_reader

CHUNK_ROWS: Final = 8_192
CSV_BLOCK: Final = 4 << 20
QUOTED: Final = 300


class Bytes(Protocol):
    """An open file."""

    def fileno(self) -> int:
        """Its descriptor."""


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """Some rows of a file."""

    first: int
    """Number of the first row in its file, from 0."""
    columns: Mapping[str, list[Any]]
    """Values by column of the signature, as a request would send them."""
    kept: Mapping[str, Any]
    """Arrow columns that the output holds too."""
    size: int
    """Rows."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What is read of each file."""

    contract: Contract
    """What the model takes."""
    keep: tuple[str, ...]
    """Columns for the output."""
    keys: Mapping[str, str | None]
    """Columns that the folders' names give."""

    def read_of(self, name: str, there: Sequence[str]) -> list[str]:
        """Return the columns to read of a file. Raises Invalid naming those that are missing."""
        twice = next((one for one in there if there.count(one) > 1), None)
        if twice is not None:
            raise Invalid(f"{name} has two columns {twice[:80]!r}.", "Rename one of them.")
        known = {*there, *self.keys}
        inputs = [one.name for one in self.contract.columns]
        needed = [one.name for one in self.contract.columns if one.required]
        missing = [one for one in [*needed, *self.keep] if one not in known]
        if missing:
            said = ", ".join(repr(one[:80]) for one in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            raise Invalid(
                f"{name} has no column {said}{more}.",
                f"It has: {', '.join(there[:40])[:600]}.",
            )
        return [one for one in dict.fromkeys([*inputs, *self.keep]) if one in set(there)]


def chunks(name: str, file: Any, wanted: Wanted) -> Iterator[Chunk]:
    """Give a file's rows. Raises Invalid for what can't be read, naming the file."""
    read = _csv if name.endswith(".csv") else _parquet
    first = 0
    try:
        for part, text in read(name, file, wanted):
            for start in range(0, part.num_rows, CHUNK_ROWS):
                some = part.slice(start, CHUNK_ROWS)
                yield _chunk(some, wanted, first, text)
                first += some.num_rows
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        kind = "CSV with a header line" if name.endswith(".csv") else "Parquet"
        raise Invalid(
            f"{name} can't be read as {kind} after row {first}: {str(error)[:QUOTED]}.",
            "Write the file again, then start another batch.",
        ) from error


def _parquet(name: str, file: Any, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, bool]]:
    table = pq.ParquetFile(file)
    columns = wanted.read_of(name, table.schema_arrow.names)
    if not columns:
        yield _rows_alone(table.metadata.num_rows), False
        return
    for batch in table.iter_batches(batch_size=CHUNK_ROWS, columns=columns, use_threads=False):
        yield batch, False


def _csv(name: str, file: Any, wanted: Wanted) -> Iterator[tuple[pa.RecordBatch, bool]]:
    reading = pa_csv.ReadOptions(use_threads=False, block_size=CSV_BLOCK)
    reader = pa_csv.open_csv(file, read_options=reading)
    there = reader.schema.names
    columns = wanted.read_of(name, there)
    reader.close()
    file.seek(0)
    as_text = pa_csv.ConvertOptions(
        column_types=dict.fromkeys(there, pa.string()),
        include_columns=columns or there[:1],
        strings_can_be_null=False,
    )
    for batch in pa_csv.open_csv(file, read_options=reading, convert_options=as_text):
        yield batch, True


def _rows_alone(rows: int) -> pa.RecordBatch:
    """Return rows of which no column is read: their folders say it all."""
    return pa.RecordBatch.from_arrays([pa.nulls(rows)], names=[""])


def _chunk(batch: pa.RecordBatch, wanted: Wanted, first: int, text: bool) -> Chunk:
    size, columns = batch.num_rows, {}
    there = set(batch.schema.names)
    for one in wanted.contract.columns:
        if one.name in there:
            array = batch.column(one.name)
            read = cell_reader(wanted.contract, one.name)
            columns[one.name] = (
                [read(cell) for cell in array.to_pylist()] if text else values(array)
            )
        elif one.name in wanted.keys:
            columns[one.name] = [_key(wanted, one.name)] * size
    kept = {
        name: batch.column(name) if name in there else pa.array([wanted.keys[name]] * size)
        for name in wanted.keep
    }
    return Chunk(first=first, columns=columns, kept=kept, size=size)


def _key(wanted: Wanted, name: str) -> Any:
    text = wanted.keys[name]
    return None if text is None else cell_reader(wanted.contract, name)(text)


def values(array: Any) -> list[Any]:
    """Return an Arrow column's values as JSON would have them; not a number is a missing value."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array = array.dictionary_decode()
        kind = array.type
    if pa.types.is_floating(kind):
        array = pc.if_else(pc.is_nan(array), pa.scalar(None, kind), array)
    elif pa.types.is_decimal(kind):
        array = pc.cast(array, pa.float64())
    elif pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return [None if one is None else one.isoformat() for one in array.to_pylist()]
    found: list[Any] = array.to_pylist()
    return found


class Output:
    """The file of one partition: where each row came from, what was kept, and its prediction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._writer: pq.ParquetWriter | None = None
        self._schema: pa.Schema | None = None
        self.rows = 0

    def write(self, name: str, chunk: Chunk, predictions: Any) -> None:
        """Add a chunk with one prediction a row. Raises Invalid for what no column holds."""
        arrays = {
            "source_file": pa.array([name] * chunk.size).dictionary_encode(),
            "source_row": pa.array(range(chunk.first, chunk.first + chunk.size), pa.int64()),
            **chunk.kept,
            "prediction": _predicted(predictions),
        }
        table = pa.table(arrays)
        if self._writer is None or self._schema is None:
            self._schema = _without_null(table.schema)
            self._writer = pq.ParquetWriter(self._path, self._schema, compression="zstd")
        try:
            self._writer.write_table(table.cast(self._schema))
        except (pa.ArrowException, ValueError) as error:
            raise Invalid(
                f"{name}, from row {chunk.first}: a column's type differs from the rows before: "
                f"{str(error)[:QUOTED]}.",
                "Give all files the same types, and let the model answer one type.",
            ) from error
        self.rows += chunk.size

    def close(self, keep: Sequence[str]) -> None:
        """End the file; without any row it holds the columns alone."""
        if self._writer is None:
            kept = [(name, pa.string()) for name in keep]
            own = [("source_file", pa.string()), ("source_row", pa.int64())]
            schema = pa.schema([*own, *kept, ("prediction", pa.float64())])
            self._writer = pq.ParquetWriter(self._path, schema, compression="zstd")
        self._writer.close()


def _without_null(schema: pa.Schema) -> pa.Schema:
    """Give a column that has shown no value yet the type of numbers."""
    fields = [
        field.with_type(pa.float64()) if pa.types.is_null(field.type) else field for field in schema
    ]
    return pa.schema(fields)


def _predicted(predictions: Any) -> Any:
    """Return predictions as an Arrow column; not a number is a missing value."""
    try:
        if getattr(predictions, "ndim", 1) == 2 and predictions.dtype.kind in "biuf":
            return _lists(predictions)
        if getattr(predictions, "ndim", 1) > 1:
            predictions = predictions.tolist()
        if isinstance(predictions, list):
            return pa.array([_plain(one) for one in predictions])
        return pa.array(predictions, from_pandas=True)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise Invalid(
            f"The predictions are no column: {str(error)[:QUOTED]}.",
            "Let the model answer numbers, texts, lists or one object of the same fields a row.",
        ) from error


def _lists(matrix: Any) -> Any:
    """Return a matrix as a column of lists, without a Python object for each number."""
    rows, wide = matrix.shape
    flat = pa.array(matrix.reshape(-1), from_pandas=True)
    return pa.ListArray.from_arrays(
        pa.array([row * wide for row in range(rows + 1)], pa.int32()), flat
    )


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    return value.item() if hasattr(value, "item") else value
