"""Brings newly loaded online values into the store in use, in one SQLite transaction.

The values of a build lie in a file of their own with one table a view, and a plan: which tables of
the store in use are replaced, merged or dropped. Views that the plan does not name stay untouched,
so what was pushed into them while the build ran stays too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

REPLACE, MERGE, DROP = "replace", "merge", "drop"
PLAN_TABLE = "octavo_plan"
BUSY_S = 30.0
"""Seconds to wait for another writer of the store."""


def note_plan(online: sqlite3.Connection, plan: Mapping[str, str]) -> None:
    """Write what is to be done with each table of the store in use into the new values' file."""
    with online:
        online.execute(f"CREATE TABLE {PLAN_TABLE} (name TEXT PRIMARY KEY, how TEXT NOT NULL)")
        online.executemany(f"INSERT INTO {PLAN_TABLE} VALUES (?, ?)", plan.items())  # noqa: S608


def take_over(waiting: Path, in_use: Path) -> None:
    """Do what the plan in ``waiting`` says to ``in_use``: all of it, or nothing."""
    with closing(sqlite3.connect(in_use, timeout=BUSY_S, isolation_level=None)) as store:
        store.execute("PRAGMA cache_spill = OFF")  # readers wait for the commit alone
        store.execute("ATTACH DATABASE ? AS fresh", (str(waiting),))
        store.execute("BEGIN IMMEDIATE")
        try:
            plan = store.execute(f"SELECT name, how FROM fresh.{PLAN_TABLE}").fetchall()  # noqa: S608
            for name, how in plan:
                _one(store, name, how)
            store.execute("COMMIT")
        except BaseException:
            store.execute("ROLLBACK")
            raise
    in_use.chmod(0o644)


def _one(store: sqlite3.Connection, name: str, how: str) -> None:
    table = _quoted(name)
    there = _definitions(store, "main", name)
    fresh = _definitions(store, "fresh", name)
    if how == DROP or (how == REPLACE and there):
        store.execute(f"DROP TABLE IF EXISTS main.{table}")
        there = []
    if not fresh:
        return
    if not there:
        # SQLite kept the words of Feast's own CREATE; unqualified, they mean the main database.
        for statement in fresh:
            store.execute(statement)
    columns = [row[1] for row in store.execute(f"PRAGMA fresh.table_info({table})")]
    listed = ", ".join(_quoted(one) for one in columns)
    newer = ", ".join(f"{_quoted(one)} = excluded.{_quoted(one)}" for one in columns)
    store.execute(
        f"INSERT INTO main.{table} ({listed}) SELECT {listed} FROM fresh.{table} WHERE true "  # noqa: S608
        f"ON CONFLICT (entity_key, feature_name) DO UPDATE SET {newer} "
        f"WHERE excluded.event_ts >= {table}.event_ts"
    )


def _definitions(store: sqlite3.Connection, database: str, name: str) -> list[str]:
    """Return the statements that made a table and its indexes, the table's first."""
    found = store.execute(
        f"SELECT sql FROM {database}.sqlite_master "  # noqa: S608
        "WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type DESC",
        (name,),
    )
    return [row[0] for row in found]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
