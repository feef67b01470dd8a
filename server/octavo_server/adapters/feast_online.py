"""Reads Feast's SQLite online store without Feast: one query, no import of 400 MiB.

The entity key's bytes are Feast's serialisation version 3: number of keys, then each key's name,
then each value with its type and length, both in the order of the sorted names. A test compares
every answer with Feast's own.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Mapping, Sequence
from contextlib import closing
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


class SqliteOnlineStore:
    """Newest values from ``online.db`` beside the snapshots."""

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
        with closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            for key, column, text, at in connection.execute(query, [*keys, *columns]):
                event_at = datetime.fromtimestamp(at, UTC)
                found.setdefault(key, {})[column] = StoredValue(text=text, event_at=event_at)
        return found


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
