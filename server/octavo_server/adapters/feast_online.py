"""Reads Feast's SQLite online store without Feast: one query, no import of 400 MiB.

The entity key's bytes are Feast's serialisation version 3: number of keys, then each key's name,
then each value with its type and length, both in the order of the sorted names. A test compares
every answer with Feast's own.
"""

from __future__ import annotations

import sqlite3
import struct
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from octavo_server.errors import Unavailable
from octavo_server.features.catalog.domain import View
from octavo_server.features.values.domain import StoredValue

ONLINE_FILE = "online.db"
_STRING, _INT32, _INT64 = 2, 3, 4
_TYPES = {"String": _STRING, "Int32": _INT32, "Int64": _INT64}


def feast_project(project: str) -> str:
    """Return the name of ``project`` inside Feast, where a dash is not allowed."""
    return project.replace("-", "_")


def waiting_online(snapshot: str) -> str:
    """Return the name of an online store that waits for its snapshot to become current."""
    return f".{snapshot}.{ONLINE_FILE}"


def key_bytes(key: Mapping[str, str | int], types: Mapping[str, str]) -> bytes:
    """Return the serialised entity key. Raises KeyError for a key type that Octavo can't read."""
    names = sorted(key)
    parts = [struct.pack("<I", len(names))]
    for name in names:
        encoded = name.encode()
        parts += [struct.pack("<II", _STRING, len(encoded)), encoded]
    for name in names:
        kind = _TYPES[types[name]]
        value = _value_bytes(key[name], kind)
        parts += [struct.pack("<II", kind, len(value)), value]
    return b"".join(parts)


def _value_bytes(value: str | int, kind: int) -> bytes:
    if kind == _STRING:
        return str(value).encode()
    return struct.pack("<i" if kind == _INT32 else "<q", int(value))


MOST_OPEN = 32
"""Online stores that one thread keeps open."""
BUSY_S = 1.0
"""Seconds to wait for a writer of the store."""


class SqliteOnlineStore:
    """Newest values from ``online.db`` beside the snapshots; each thread keeps its connections."""

    def __init__(self) -> None:
        self._local = threading.local()

    def read(
        self,
        features: Path,
        view: View,
        columns: Sequence[str],
        keys: Sequence[Mapping[str, str | int]],
    ) -> list[dict[str, StoredValue]]:
        """Return, for each key, the stored values by column."""
        try:
            wanted = [key_bytes(key, view.key_types) for key in keys]
            found = self._rows(features / ONLINE_FILE, view, columns, wanted)
        except (sqlite3.Error, KeyError, struct.error) as error:
            raise Unavailable(
                f"The online store of {view.project} can't be read: {error}.",
                "Publish the features again.",
            ) from error
        return [found.get(key, {}) for key in wanted]

    def _rows(
        self, file: Path, view: View, columns: Sequence[str], keys: Sequence[bytes]
    ) -> dict[bytes, dict[str, StoredValue]]:
        # Project and view are checked identifiers; a table's name can't be bound.
        table = f"{feast_project(view.project)}_{view.name}"
        query = (
            "SELECT entity_key, feature_name, value_text, event_ts FROM "  # noqa: S608
            f'"{table}" WHERE entity_key IN ({_marks(keys)}) '
            f"AND feature_name IN ({_marks(columns)})"
        )
        found: dict[bytes, dict[str, StoredValue]] = {}
        for key, column, text, at in self._connection(file).execute(query, [*keys, *columns]):
            event_at = datetime.fromtimestamp(at, UTC)
            found.setdefault(key, {})[column] = StoredValue(text=text, event_at=event_at)
        return found

    def _connection(self, file: Path) -> sqlite3.Connection:
        """Return this thread's connection to a store; a new one where the file was replaced."""
        kept: dict[Path, tuple[tuple[int, int], sqlite3.Connection]]
        kept = self._local.__dict__.setdefault("kept", {})
        try:
            status = file.stat()
        except OSError as error:
            raise sqlite3.OperationalError(str(error)) from error
        same = (status.st_dev, status.st_ino)
        if file in kept and kept[file][0] == same:
            return kept[file][1]
        if (stale := kept.pop(file, None)) is not None:
            stale[1].close()
        while len(kept) >= MOST_OPEN:
            kept.pop(next(iter(kept)))[1].close()
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=BUSY_S)
        kept[file] = (same, connection)
        return connection


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
