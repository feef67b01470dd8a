"""Joins some rows with feature views as of each row's own time; a short child process.

``python -m octavo_server.adapters.feature_join_child`` reads one JSON order from stdin and writes
one JSON answer. It imports DuckDB and nothing else of the engines: the rules of the join are
Feast's (``get_historical_features`` with the cut-off by creation time), a test holds the two
against each other. Beside the joined row it says what else there was, so that a missing value can
be explained.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

MEMORY = "512MB"
"""What one join may take before it fails; the source's columns are read, never the whole of it."""
_MICROSECOND = "epoch_us(CAST({} AS TIMESTAMPTZ))"


def quoted(name: str) -> str:
    """Return an identifier in DuckDB's quotes."""
    return '"' + name.replace('"', '""') + '"'


class Join:
    """Joins on one connection that reads nothing outside the given folder."""

    def __init__(self, lake: str) -> None:
        self._connection = duckdb.connect()
        folder = lake.replace("'", "''")
        for statement in (
            "SET TimeZone = 'UTC'",
            "SET threads = 2",
            f"SET memory_limit = '{MEMORY}'",
            "SET temp_directory = ''",
            "SET enable_progress_bar = false",
            "SET autoinstall_known_extensions = false",
            "SET autoload_known_extensions = false",
            f"SET allowed_directories = ['{folder}']",
            "SET enable_external_access = false",
            "SET lock_configuration = true",
        ):
            self._connection.execute(statement)

    def view(self, order: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return for each row what was joined from one view, and what else there was."""
        types = self._types(order["path"])
        self._lay_rows(order, types)
        cursor = self._connection.execute(_query(order, types), [order["path"]])
        names = [one[0] for one in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def _types(self, path: str) -> dict[str, str]:
        rows = self._connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()
        return {str(row[0]): str(row[1]) for row in rows}

    def _lay_rows(self, order: Mapping[str, Any], types: Mapping[str, str]) -> None:
        """Make the table of rows: number, time in microseconds, keys of the source's own types."""
        keys = [(f"k{n}", types[key["name"]]) for n, key in enumerate(order["keys"])]
        columns = "".join(f", {name} {kind}" for name, kind in keys)
        run = self._connection.execute
        run(f"CREATE OR REPLACE TEMP TABLE wanted (place INTEGER, own_time BIGINT{columns})")
        cast = "".join(f", TRY_CAST(? AS {kind})" for _, kind in keys)
        for row, at in enumerate(order["times"]):
            values = [key["values"][row] for key in order["keys"]]
            run(f"INSERT INTO wanted SELECT ?, ?{cast}", [row, at, *values])


def _query(order: Mapping[str, Any], types: Mapping[str, str]) -> str:
    """Return the SQL of one view; identifiers are quoted, the path is bound."""
    event = _MICROSECOND.format(quoted(order["event"]))
    created = _MICROSECOND.format(quoted(order["created"])) if order["created"] else "NULL::BIGINT"
    late = "created <= own_time" if order["created"] else "true"
    fresh = "true" if order["ttl_us"] is None else f"own_time - event <= {int(order['ttl_us'])}"
    keys = order["keys"]
    on = " AND ".join(f"source.s{n} = wanted.k{n}" for n in range(len(keys))) or "true"
    taken = [f"{quoted(key['name'])} AS s{n}" for n, key in enumerate(keys)]
    values = [
        f"{_text(name, types[name])} AS {quoted(f'v{n}')}"
        for n, name in enumerate(order["columns"])
    ]
    listed = ", ".join([f"{event} AS event", f"{created} AS created", *taken, *values])
    kept = ", ".join(quoted(f"v{n}") for n in range(len(values)))
    return f"""
        WITH source AS (SELECT {listed} FROM read_parquet(?)),
        met AS (
            SELECT wanted.place, wanted.own_time, source.*,
                event <= own_time AS happened,
                event <= own_time AND {late} AS readable,
                {fresh} AS fresh
            FROM wanted JOIN source ON {on}
        ),
        facts AS (
            SELECT place,
                count(*) AS met,
                min(event) AS first_event,
                max(event) FILTER (readable) AS newest_event,
                max(event) FILTER (happened AND fresh AND NOT readable) AS late_event,
                arg_max(created, event) FILTER (happened AND fresh AND NOT readable) AS late_created
            FROM met GROUP BY place
        ),
        best AS (
            SELECT place, event, created, {kept} FROM met WHERE readable AND fresh
            QUALIFY row_number() OVER (
                PARTITION BY place ORDER BY event DESC, created DESC NULLS LAST
            ) = 1
        )
        SELECT place, coalesce(met, 0) AS met, first_event, newest_event, late_event, late_created,
            event, created, {kept}
        FROM wanted LEFT JOIN facts USING (place) LEFT JOIN best USING (place) ORDER BY place
    """  # noqa: S608  # identifiers are quoted, numbers are int, the path is bound


def _text(name: str, kind: str) -> str:
    """Return SQL for a value as text; a time in UTC as ISO 8601 has it."""
    column = quoted(name)
    if kind.startswith(("TIMESTAMP", "DATE")):
        column = f"CAST({column} AS TIMESTAMPTZ)"
    return f"CAST({column} AS VARCHAR)"


def answer(order: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    """Return the joined rows of each view."""
    join = Join(order["lake"])
    return {view["name"]: join.view({**view, "times": order["times"]}) for view in order["views"]}


def main() -> int:
    """Answer one order, or say in one line why not."""
    try:
        json.dump(answer(json.load(sys.stdin)), sys.stdout, allow_nan=False)
    except (duckdb.Error, KeyError) as error:
        lines = str(error).splitlines() or [type(error).__name__]
        missing = "the source has no column " if isinstance(error, KeyError) else ""
        sys.stderr.write(f"{missing}{lines[0]}\n")
        return 1
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
