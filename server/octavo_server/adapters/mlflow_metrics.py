"""Reads metric histories straight from MLflow's tables, inside the tracking process.

MLflow's own routes give at most 25,000 points, as objects, sorted and paged by offset.  One query
over its index of (run, metric, step) gives a million in about a second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any, Final

import numpy as np

from octavo_server.tracking.histories import INFINITE, POINT

PIECE: Final = 50_000
"""Rows that are taken at a time."""
_ROW: Final = np.dtype([("step", "<i8"), ("at", "<i8"), ("value", "<f8"), ("no_number", "?")])


class StoreHistories:
    """Looks into MLflow's store, in process."""

    def points(self, run: str, metric: str, since: int | None, most: int) -> list[bytes]:
        """At most `most` values by step as POINT records, in pieces.

        All are read before the first is sent: a slow reader must not hold up who logs.
        """
        from sqlalchemy import select

        table = _metrics()
        columns = table.c.step, table.c.timestamp, table.c.value, table.c.is_nan
        # By step, so that SQLite takes the index that begins with the run.
        asked = select(*columns).where(table.c.run_uuid == run, table.c.key == metric)
        asked = asked.order_by(table.c.step).limit(most)
        if since is not None:
            # The sum keeps SQLite from the index by time, which holds every run.
            asked = asked.where(table.c.timestamp + 0 >= since)
        return [packed(rows) for rows in _pieces(asked)]

    def repeated(self, run: str, metrics: Sequence[str]) -> list[str]:
        """Those of `metrics` that the run logged more than once."""
        from sqlalchemy import func, select

        table = _metrics()
        here = table.c.run_uuid == run, table.c.key.in_(metrics)
        asked = select(table.c.key).where(*here).group_by(table.c.key).having(func.count() > 1)
        return sorted(row[0] for rows in _pieces(asked) for row in rows)


def _metrics() -> Any:
    from mlflow.store.tracking.dbmodels.models import SqlMetric

    return SqlMetric.__table__


def _pieces(asked: Any) -> Iterator[list[Sequence[Any]]]:
    """Rows as the database's driver gives them: making objects of them takes four times as long."""
    from mlflow.server.handlers import _get_tracking_store

    store: Any = _get_tracking_store()
    text = asked.compile(store.engine, compile_kwargs={"render_postcompile": True})
    values = text.construct_params()
    order = text.positiontup
    with closing(store.engine.raw_connection()) as connection:
        cursor = connection.cursor()
        cursor.execute(str(text), values if order is None else [values[one] for one in order])
        while rows := cursor.fetchmany(PIECE):
            yield rows


def packed(rows: Sequence[Sequence[Any]]) -> bytes:
    """Rows of step, time, value and "is no number" as POINT records."""
    read = np.fromiter((tuple(row) for row in rows), dtype=_ROW, count=len(rows))
    found = np.empty(len(rows), dtype=POINT)
    for name in ("step", "at", "value"):
        found[name] = read[name]
    found["value"][read["value"] >= INFINITE] = np.inf
    found["value"][read["value"] <= -INFINITE] = -np.inf
    found["value"][read["no_number"]] = np.nan
    return found.tobytes()
