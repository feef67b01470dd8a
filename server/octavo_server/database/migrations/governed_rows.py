"""What the rows of the second version become in the third: cells of runs, dashboards' edges.

Used by migration 0003 alone. It holds the shapes of that moment and imports no area, so that later
changes of the code can't change what an upgrade does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from octavo_server.database.tables.base import UtcDateTime, json_type

Row = Mapping[str, Any]

RUNS = sa.table(
    "tracked_runs",
    *(sa.column(name) for name in ("run_id", "project", "owner", "removed")),
    sa.column("started_at", UtcDateTime()),
    sa.column("detail", json_type()),
)
CELL_RUNS = sa.table(
    "cell_runs",
    *(sa.column(name) for name in ("run_id", "project", "path", "cell", "owner")),
    sa.column("started_at", UtcDateTime()),
)
EDGES = sa.table(
    "lineage_edges",
    *(sa.column(name) for name in ("source", "target", "relation", "project")),
    sa.column("at", UtcDateTime()),
)
CHUNK = 1_000


def fill_cells(bind: sa.Connection) -> None:
    """Note which notebook cell made each run; until now only the run's tags said so."""
    found = bind.execute(sa.select(*RUNS.columns)).mappings()
    for rows in found.partitions(CHUNK):
        cells = [cell for row in rows if (cell := cell_of(dict(row)))]
        if cells:
            bind.execute(sa.insert(CELL_RUNS), cells)


def cell_of(row: Row) -> dict[str, Any] | None:
    """Return the cell that made a run; None where its tags name none."""
    tags = row["detail"]["tags"]
    path, cell = tags.get("octavo.notebook.path"), tags.get("octavo.notebook.cell")
    if row["removed"] or not path or not cell:
        return None
    kept = {name: row[name] for name in ("run_id", "project", "owner", "started_at")}
    return {**kept, "path": path[:500], "cell": cell[:200]}


def fill_dashboards(bind: sa.Connection) -> None:
    """Say in the lineage which dashboard watches each deployment."""
    served = sa.select(*EDGES.columns).where(EDGES.c.relation == "served_by")
    edges = {
        (row["target"], row["project"]): {
            "source": row["target"],
            "target": f"dashboard:{row['target'].partition(':')[2]}",
            "relation": "watched by",
            "project": row["project"],
            "at": row["at"],
        }
        for row in bind.execute(served.order_by(EDGES.c.at.desc())).mappings()
    }
    if edges:
        bind.execute(sa.insert(EDGES), list(edges.values()))
