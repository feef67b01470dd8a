"""Writes newest values into Feast's SQLite online store, beside those who read it.

Only what is newer is taken over: by event time, and of the same event time by the time at which it
was made. So a window of last year, or a row that comes late, never hides a newer value, and doing
it twice changes nothing. A transaction keeps its pages in memory until it commits: readers wait
for the commit alone.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from octavo.features import CURRENT
from octavo.records.materialization import PushValue
from octavo_server.adapters.feast_online import ONLINE_FILE, feast_project, key_bytes
from octavo_server.adapters.feast_values import value_bytes, value_text
from octavo_server.errors import Unavailable
from octavo_server.features.catalog.service import View

WAIT_S = 30.0
"""How long a writer waits for another."""
ENTITIES = 5_000
"""Entities that one transaction writes."""

_COLUMNS = "entity_key, feature_name, value, value_text, event_ts, created_ts"
_NEWER = (
    "ON CONFLICT (entity_key, feature_name) DO UPDATE SET value = excluded.value, "
    "value_text = excluded.value_text, event_ts = excluded.event_ts, "
    "created_ts = excluded.created_ts "
    "WHERE excluded.event_ts > event_ts OR (excluded.event_ts = event_ts "
    "AND coalesce(excluded.created_ts, 0) >= coalesce(created_ts, 0) "
    "AND (excluded.value IS NOT value OR excluded.created_ts IS NOT created_ts))"
)


class SqliteOnlineWriter:
    """Writes to ``online.db`` beside the snapshots."""

    def merge(self, features: Path, project: str, view: str, staged: Path) -> int:
        """Take over what is newer in ``staged``; return how many values were written."""
        table = _table(project, view)
        with _writing(features, project) as connection:
            connection.execute("ATTACH ? AS staged", (f"{staged.as_uri()}?mode=ro",))
            written, after = 0, b""
            while True:
                last = _chunk_end(connection, table, after)
                if last is None:
                    return written
                written += _take_over(connection, table, after, last)
                after = last

    def write(
        self,
        features: Path,
        view: View,
        rows: Sequence[Mapping[str, PushValue]],
        pushed_at: datetime,
    ) -> int:
        """Write checked rows of ``view``, the oldest first; return how many were outdated."""
        table, event = _table(view.project, view.name), view.source.event_column
        created = int(pushed_at.timestamp())
        outdated = 0
        with _writing(features, view.project) as connection:
            connection.execute("BEGIN IMMEDIATE")
            for row in rows:
                key = key_bytes({name: _key(row[name]) for name in view.join_keys}, view.key_types)
                at = int(datetime.fromisoformat(str(row[event])).timestamp())
                values = [
                    (
                        key,
                        one.name,
                        value_bytes(row[one.name], one.dtype),
                        value_text(row[one.name], one.dtype),
                        at,
                        created,
                    )
                    for one in view.features
                ]
                before = connection.total_changes
                # Project and view are checked identifiers; a table's name can't be bound.
                connection.executemany(
                    f"INSERT INTO {table} ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?) {_NEWER}",  # noqa: S608
                    values,
                )
                outdated += connection.total_changes == before
            connection.execute("COMMIT")
        return outdated

    def snapshot(self, features: Path) -> str | None:
        """Return the snapshot that new readers get."""
        pointer = features / CURRENT
        return str(pointer.readlink()) if pointer.is_symlink() else None


def _table(project: str, view: str) -> str:
    return f'"{feast_project(project)}_{view}"'


def _key(value: PushValue) -> str | int:
    return value if isinstance(value, int) else str(value)


@contextmanager
def _writing(features: Path, project: str) -> Iterator[sqlite3.Connection]:
    """Open the store for writing. Raises Unavailable for what goes wrong with it."""
    file = features / ONLINE_FILE
    try:
        with closing(
            sqlite3.connect(
                f"{file.as_uri()}?mode=rw", uri=True, timeout=WAIT_S, isolation_level=None
            )
        ) as connection:
            connection.execute("PRAGMA cache_spill = OFF")
            connection.execute("PRAGMA synchronous = NORMAL")
            yield connection
    except (sqlite3.Error, KeyError) as error:
        raise Unavailable(
            f"The online store of {project} can't be written: {error}.",
            "Try again; if it stays, publish the features again.",
        ) from error


def _chunk_end(connection: sqlite3.Connection, table: str, after: bytes) -> bytes | None:
    """Return the last of the next entities; None when there are no more."""
    query = (
        "SELECT max(entity_key) FROM (SELECT DISTINCT entity_key "  # noqa: S608
        f"FROM staged.{table} WHERE entity_key > ? ORDER BY entity_key LIMIT {ENTITIES})"
    )
    found: bytes | None = connection.execute(query, (after,)).fetchone()[0]
    return found


def _take_over(connection: sqlite3.Connection, table: str, after: bytes, last: bytes) -> int:
    connection.execute("BEGIN IMMEDIATE")
    before = connection.total_changes
    connection.execute(
        f"INSERT INTO main.{table} ({_COLUMNS}) SELECT {_COLUMNS} FROM staged.{table} "  # noqa: S608
        f"WHERE entity_key > ? AND entity_key <= ? {_NEWER}",
        (after, last),
    )
    written = connection.total_changes - before
    connection.execute("COMMIT")
    return written
