"""Rows of notebook versions, cell sources and the runs that cells made."""

from collections.abc import Sequence
from typing import Any, Final

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.cells import cell_runs, cell_sources, notebook_versions
from octavo_server.database.tables.experiments import tracked_runs
from octavo_server.experiments.cells.domain import (
    CellRun,
    Execution,
    Outline,
    Place,
    Source,
    Version,
)

CHUNK: Final = 200


def version(rows: Rows, project: str, sha256: str) -> Version | None:
    """A stored version."""
    row = rows.get(notebook_versions, project=project, sha256=sha256)
    if row is None:
        return None
    places = {
        name: Place(index=index, sha256=digest) for name, (index, digest) in row["cells"].items()
    }
    kept = {key: value for key, value in row.items() if key not in ("cells", "cell_count")}
    return Version(**kept, outline=Outline(cells=row["cell_count"], places=places))


def save_version(rows: Rows, one: Version) -> None:
    """Keep a version, in the place of one without outputs."""
    values: dict[str, Any] = {
        "blob": one.blob,
        "exact": one.exact,
        "path": one.path,
        "size": one.size,
        "cells": {name: [place.index, place.sha256] for name, place in one.outline.places.items()},
        "cell_count": one.outline.cells,
        "stored_by": one.stored_by,
        "stored_at": one.stored_at,
    }
    key: tuple[Where, Where] = (("project", "=", one.project), ("sha256", "=", one.sha256))
    if not rows.update(notebook_versions, values, *key):
        rows.insert(notebook_versions, {"project": one.project, "sha256": one.sha256, **values})


def stored_bytes(rows: Rows, project: str) -> int:
    """How many bytes of versions the project has."""
    (found,) = rows.sums(notebook_versions, ["size"], ("project", "=", project))
    return int(found["size"])


def source(rows: Rows, project: str, sha256: str) -> Source | None:
    """A cell's stored source."""
    row = rows.get(cell_sources, project=project, sha256=sha256)
    if row is None:
        return None
    return Source(**{key: value for key, value in row.items() if key != "project"})


def save_source(rows: Rows, project: str, one: Source) -> None:
    """Keep a cell's source."""
    rows.insert(cell_sources, {"project": project, **vars(one)})


def executions(
    rows: Rows, project: str, path: str, owner: str | None, most: int
) -> list[Execution]:
    """The runs that the notebook's cells made, newest first, at most `most`."""
    where: list[Where] = [("project", "=", project), ("path", "=", path)]
    if owner is not None:
        where.append(("owner", "=", owner))
    found = rows.find(cell_runs, *where, order_by=("-started_at", "run_id"), limit=most)
    return [Execution(run_id=row["run_id"], cell=row["cell"]) for row in found]


def runs(rows: Rows, run_ids: Sequence[str]) -> dict[str, CellRun]:
    """Runs by id, without those that were removed."""
    found: dict[str, CellRun] = {}
    for start in range(0, len(run_ids), CHUNK):
        some = run_ids[start : start + CHUNK]
        for row in rows.find(tracked_runs, ("run_id", "in", some), ("removed", "=", False)):
            found[row["run_id"]] = _run(row)
    return found


def _run(row: Row) -> CellRun:
    detail = row["detail"]
    return CellRun(
        run_id=row["run_id"],
        name=row["name"],
        status=row["status"],
        owner=row["owner"],
        started_at=row["started_at"],
        cell_sha256=detail["tags"].get("octavo.notebook.cell_sha256"),
        metrics={name: _finite(value) for name, (value, *_) in detail["metrics"].items()},
    )


def _finite(value: Any) -> float | None:
    """A metric's number; the read model keeps one that is not finite as text, or as nothing."""
    return float(value) if isinstance(value, int | float) else None
