"""Rows of the read model <-> records."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.cells import cell_runs
from octavo_server.database.tables.experiments import (
    tracked_experiments,
    tracked_runs,
    tracking_sync,
)
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.domain import (
    DataInput,
    Run,
    RunStatus,
    Sync,
    TrackedExperiment,
    point_of,
)
from octavo_server.experiments.runs.index.table import IndexedRun

SYNC_ID: Final = "mlflow"
CHUNK: Final = 200


def sync(rows: Rows) -> Sync:
    """How far the read model is."""
    row = rows.get(tracking_sync, id=SYNC_ID)
    return Sync(**{key: value for key, value in row.items() if key != "id"}) if row else Sync()


def save_sync(rows: Rows, state: Sync) -> None:
    """Keeps how far the read model is."""
    values = {
        "boot": state.boot,
        "seq": state.seq,
        "revision": state.revision,
        "synced_at": state.synced_at,
        "swept_at": state.swept_at,
    }
    if not rows.update(tracking_sync, values, ("id", "=", SYNC_ID)):
        rows.insert(tracking_sync, {"id": SYNC_ID, **values})


def tracked(rows: Rows) -> list[TrackedExperiment]:
    """All experiments of all projects."""
    return [TrackedExperiment(**row) for row in rows.find(tracked_experiments)]


def save_experiments(rows: Rows, found: Sequence[TrackedExperiment], revision: int) -> bool:
    """Makes the stored list of experiments equal to `found`; True when it changed."""
    before = {one.experiment_id: one for one in tracked(rows)}
    after = {one.experiment_id: one for one in found}
    for key in before.keys() - after.keys():
        rows.delete(tracked_experiments, ("experiment_id", "=", key))
        ids = [one["run_id"] for one in rows.find(tracked_runs, ("experiment_id", "=", key))]
        for start in range(0, len(ids), CHUNK):
            rows.delete(cell_runs, ("run_id", "in", ids[start : start + CHUNK]))
        gone: Where = ("experiment_id", "=", key)
        rows.update(tracked_runs, {"removed": True, "revision": revision}, gone)
    for key, one in after.items():
        if before.get(key) == one:
            continue
        values = {"project": one.project, "name": one.name}
        if not rows.update(tracked_experiments, values, ("experiment_id", "=", key)):
            rows.insert(tracked_experiments, {"experiment_id": key, **values})
    return before != after


def save_runs(rows: Rows, runs: Sequence[Run], revision: int) -> int:
    """Keeps the runs that changed under `revision`; returns how many did."""
    known: dict[str, Row] = {}
    ids = [run.run_id for run in runs]
    for start in range(0, len(ids), CHUNK):
        found = rows.find(tracked_runs, ("run_id", "in", ids[start : start + CHUNK]))
        known.update((row["run_id"], row) for row in found)
    changed = []
    for run in sorted(runs, key=lambda one: one.run_id):
        before, values = known.get(run.run_id), _values(run)
        if before and all(before[name] == value for name, value in values.items()):
            continue
        changed.append({"run_id": run.run_id, **values, "revision": revision})
    rows.upsert(tracked_runs, changed)
    written = {one["run_id"] for one in changed}
    _save_cells(rows, [run for run in runs if run.run_id in written])
    return len(changed)


def kept_ids(rows: Rows) -> set[str]:
    """Ids of all runs that were not removed."""
    here: Where = ("removed", "=", False)
    return {row["run_id"] for row in rows.sums(tracked_runs, (), here, by=("run_id",))}


def remove_runs(rows: Rows, run_ids: Sequence[str], revision: int) -> None:
    """Marks runs as removed."""
    for start in range(0, len(run_ids), CHUNK):
        some: Where = ("run_id", "in", list(run_ids[start : start + CHUNK]))
        rows.update(tracked_runs, {"removed": True, "revision": revision}, some)
        rows.delete(cell_runs, some)


def _save_cells(rows: Rows, runs: Sequence[Run]) -> None:
    """Keeps which cell made each run, for the margin of notebooks."""
    made = {run.run_id: run for run in runs if not run.removed and run.notebook}
    kept = [_cell(run) for _, run in sorted(made.items()) if run.notebook and run.notebook.cell]
    without = sorted({run.run_id for run in runs} - {one["run_id"] for one in kept})
    for start in range(0, len(without), CHUNK):
        rows.delete(cell_runs, ("run_id", "in", without[start : start + CHUNK]))
    rows.upsert(cell_runs, kept)


def _cell(run: Run) -> Row:
    link = run.notebook
    return {
        "run_id": run.run_id,
        "project": run.project,
        "path": link.path[:500] if link else "",
        "cell": (link.cell or "")[:200] if link else "",
        "owner": run.owner[:255],
        "started_at": run.started_at,
    }


def _values(run: Run) -> dict[str, Any]:
    return {
        "project": run.project,
        "experiment_id": run.experiment_id,
        "name": run.name[:500],
        "status": run.status.value,
        "owner": run.owner[:255],
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "detail": {
            "metrics": {
                name: [point.odd or point.value, point.step, point.at.timestamp()]
                for name, point in run.latest.items()
            },
            "params": dict(run.params),
            "tags": dict(run.tags),
            "inputs": [vars(one) for one in run.inputs],
            "models": run.models,
        },
        "removed": run.removed,
    }


def _run(row: Row, titles: dict[str, str]) -> Run:
    detail = row["detail"]
    return Run(
        run_id=row["run_id"],
        project=row["project"],
        experiment_id=row["experiment_id"],
        experiment=titles.get(row["experiment_id"], ""),
        name=row["name"],
        status=RunStatus(row["status"]),
        owner=row["owner"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        latest={
            name: point_of(value, step, datetime.fromtimestamp(at, tz=UTC))
            for name, (value, step, at) in detail["metrics"].items()
        },
        params=detail["params"],
        tags=detail["tags"],
        inputs=tuple(DataInput(**one) for one in detail["inputs"]),
        models=detail["models"],
        removed=row["removed"],
        revision=row["revision"],
    )


def titles(rows: Rows, project: str) -> dict[str, str]:
    """Titles of the project's experiments by id."""
    found = rows.find(tracked_experiments, ("project", "=", project))
    return {row["experiment_id"]: rules.title_of(project, row["name"]) for row in found}


def get_run(rows: Rows, project: str, run_id: str) -> Run | None:
    """A run of the project that was not removed."""
    row = rows.get(tracked_runs, run_id=run_id, project=project, removed=False)
    return _run(row, titles(rows, project)) if row else None


def runs_since(rows: Rows, project: str, revision: int, most: int) -> list[Run]:
    """About `most` runs that changed after `revision`, oldest change first.

    The last revision is whole: more runs come where it takes more.
    """
    here: Where = ("project", "=", project)
    order = ("revision", "run_id")
    found = rows.find(tracked_runs, here, ("revision", ">", revision), order_by=order, limit=most)
    if len(found) == most:
        last = found[-1]["revision"]
        same = rows.find(tracked_runs, here, ("revision", "=", last), order_by=("run_id",))
        found = [row for row in found if row["revision"] < last] + same
    names = titles(rows, project)
    return [_run(row, names) for row in found]


def runs_by_id(rows: Rows, project: str, run_ids: Sequence[str]) -> list[Run]:
    """The runs of the project with these ids, in their order; what is gone is left out."""
    names = titles(rows, project)
    found: dict[str, Row] = {}
    for start in range(0, len(run_ids), CHUNK):
        # By the key alone: with more conditions SQLite walks through all runs of the project.
        some = rows.find(tracked_runs, ("run_id", "in", list(run_ids[start : start + CHUNK])))
        found.update((row["run_id"], row) for row in some)
    return [
        _run(found[one], names)
        for one in run_ids
        if one in found and found[one]["project"] == project and not found[one]["removed"]
    ]


def indexed_after(
    rows: Rows, project: str, revision: int, run_id: str, most: int
) -> list[IndexedRun]:
    """What the index keeps of the runs that come after one in the order of their changes."""
    here: Where = ("project", "=", project)
    found = rows.find(
        tracked_runs,
        here,
        ("revision", "=", revision),
        ("run_id", ">", run_id),
        order_by=("run_id",),
        limit=most,
    )
    if len(found) < most:
        found += rows.find(
            tracked_runs,
            here,
            ("revision", ">", revision),
            order_by=("revision", "run_id"),
            limit=most - len(found),
        )
    return [_indexed(row) for row in found]


def _indexed(row: Row) -> IndexedRun:
    detail = row["detail"]
    return IndexedRun(
        run_id=row["run_id"],
        experiment_id=row["experiment_id"],
        name=row["name"],
        status=row["status"],
        owner=row["owner"],
        started_at=row["started_at"],
        ended_at=row["ended_at"],
        metrics={
            name: math.nan if value is None else float(value)
            for name, (value, _, _) in detail["metrics"].items()
        },
        params=detail["params"],
        tags=detail["tags"],
        models=detail["models"],
        removed=row["removed"],
        revision=row["revision"],
    )
