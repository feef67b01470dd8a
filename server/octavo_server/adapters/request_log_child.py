"""Writes logged rows to Parquet and reads them back, in a process of its own.

``python -m octavo_server.adapters.request_log_child write FOLDER`` reads batches from standard
input, each a length of four bytes and a msgpack list of rows; it ends with its input.
``... read FOLDER LIMIT`` prints the newest rows below a deployment's folder as JSON.

The file that is being filled is written anew every few seconds under its final name, by a
temporary file and a rename: a reader sees all of it, and a kill loses seconds.
"""

from __future__ import annotations

import secrets
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_A_FILE = 5_000
"""Rows after which a new file begins."""
SECONDS_A_FILE = 600.0
"""Seconds after which a new file begins."""
WRITE_EVERY_S = 2.0
"""Seconds between two writings of the file that is being filled."""
MOST_OPEN = 64
"""Files that are being filled; the oldest of more is finished."""
SCHEMA = pa.schema(
    [
        ("request_id", pa.string()),
        ("at", pa.timestamp("us", tz="UTC")),
        ("version", pa.int32()),
        ("caller", pa.string()),
        ("latency_ms", pa.float64()),
        ("inputs", pa.string()),
        ("prediction", pa.string()),
    ]
)
"""The columns of every file; ``inputs`` and ``prediction`` are JSON."""

Row = dict[str, Any]


@dataclass(kw_only=True)
class _Open:
    path: Path
    begun: float
    rows: list[Row] = field(default_factory=list)
    written: int = 0


class Writer:
    """The files that are being filled, by deployment and day."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open: dict[tuple[str, str, str], _Open] = {}
        self._written_at = 0.0

    def take(self, rows: Sequence[Row]) -> None:
        """Add rows to their files."""
        for row in rows:
            at = datetime.fromtimestamp(row["at"], UTC)
            key = (row.pop("project"), row.pop("deployment"), f"{at:%Y-%m-%d}")
            self._file(key, at).rows.append({**row, "at": at})

    def write(self, *, force: bool = False) -> None:
        """Write what is new, at most every few seconds; finish what is full or old."""
        now = time.monotonic()
        if not force and now - self._written_at < WRITE_EVERY_S:
            return
        self._written_at = now
        for key, one in list(self._open.items()):
            if len(one.rows) > one.written:
                _put(one.path, one.rows)
                one.written = len(one.rows)
            if len(one.rows) >= ROWS_A_FILE or now - one.begun > SECONDS_A_FILE:
                del self._open[key]

    def _file(self, key: tuple[str, str, str], at: datetime) -> _Open:
        found = self._open.get(key)
        if found is not None and len(found.rows) >= ROWS_A_FILE:
            _put(found.path, found.rows)
            found = None
        if found is None:
            while len(self._open) >= MOST_OPEN:
                oldest = self._open.pop(next(iter(self._open)))
                _put(oldest.path, oldest.rows)
            project, deployment, day = key
            name = f"{at:%H%M%S%f}-{secrets.token_hex(4)}.parquet"
            path = self._root / project / deployment / f"day={day}" / name
            found = self._open[key] = _Open(path=path, begun=time.monotonic())
        return found


def newest(folder: Path, limit: int) -> list[Row]:
    """Return the newest rows below a deployment's folder, newest first."""
    found: list[Row] = []
    for day in sorted(folder.glob("day=*"), reverse=True):
        files = sorted(day.glob("*.parquet"), reverse=True)
        for file in files:
            try:
                # A file is read by itself: hive-style folders would add their own columns.
                found += pq.ParquetFile(file).read().to_pylist()
            except FileNotFoundError:
                continue  # retention was faster
            # Files of a day may overlap in time where several services write them.
            if len(found) >= 2 * limit:
                break
        if len(found) >= limit:
            break
    found.sort(key=lambda row: row["at"], reverse=True)
    return found[:limit]


def serve(stream: BinaryIO, writer: Writer) -> None:
    """Take batches until the stream ends, then write the rest."""
    while len(head := stream.read(4)) == 4:
        batch = stream.read(struct.unpack("<I", head)[0])
        writer.take(msgspec.msgpack.decode(batch))
        writer.write()
    writer.write(force=True)


def _put(path: Path, rows: Sequence[Row]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    waiting = path.with_name(f".{path.name}.part")
    pq.write_table(pa.Table.from_pylist(list(rows), SCHEMA), waiting, compression="zstd")
    waiting.replace(path)


def main(argv: Sequence[str]) -> None:
    """Write or read, as the first argument says."""
    how, folder, *rest = argv
    if how == "write":
        serve(sys.stdin.buffer, Writer(Path(folder)))
        return
    rows = newest(Path(folder), int(rest[0]))
    sys.stdout.buffer.write(msgspec.json.encode(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
