"""Rows of the read model <-> records."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Literal

from octavo_server.database.rows import Row, Rows, Where
from octavo_server.database.tables.cells import cell_runs
from octavo_server.database.tables.experiments import (
    metric_names,
    run_metrics,
    tracked_experiments,
    tracked_runs,
    tracking_sync,
)
from octavo_server.experiments.runs import rules
from octavo_server.experiments.runs.domain import (
    DataInput,
    Experiment,
    Order,
    Point,
    Position,
    Run,
    RunStatus,
    Sync,
    TrackedExperiment,
)

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
        rows.delete(run_metrics, ("experiment_id", "=", key))
        rows.delete(metric_names, ("experiment_id", "=", key))
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


def save_runs(rows: Rows, runs: Iterable[Run], revision: int) -> int:
    """Keeps the runs that changed under `revision`; returns how many did."""
    changed = 0
    named = {(row["experiment_id"], row["name"]) for row in rows.find(metric_names)}
    for run in runs:
        before = rows.get(tracked_runs, run_id=run.run_id)
        values = _values(run)
        if before and all(before[name] == value for name, value in values.items()):
            continue
        changed += 1
        values["revision"] = revision
        if before:
            rows.update(tracked_runs, values, ("run_id", "=", run.run_id))
        else:
            rows.insert(tracked_runs, {"run_id": run.run_id, **values})
        _save_metrics(rows, run, before, named)
        _save_cell(rows, run, before)
    return changed


def _save_cell(rows: Rows, run: Run, before: Row | None) -> None:
    link = run.notebook
    if run.removed or link is None or not link.cell:
        if before:
            rows.delete(cell_runs, ("run_id", "=", run.run_id))
        return
    values = {
        "run_id": run.run_id,
        "project": run.project,
        "path": link.path[:500],
        "cell": link.cell[:200],
        "owner": run.owner[:255],
        "started_at": run.started_at,
    }
    rows.upsert(cell_runs, [values])


def _save_metrics(rows: Rows, run: Run, before: Row | None, named: set[tuple[str, str]]) -> None:
    known = before["detail"]["metrics"] if before and not before["removed"] else {}
    if run.removed:
        rows.delete(run_metrics, ("run_id", "=", run.run_id))
        return
    place = {"project": run.project, "experiment_id": run.experiment_id}
    for name, value in run.metrics.items():
        name = name[: rules.LONGEST_METRIC]
        this: tuple[Where, Where] = (("run_id", "=", run.run_id), ("name", "=", name))
        if value is None:
            rows.delete(run_metrics, *this)
        elif name not in known or not rows.update(run_metrics, {"value": value}, *this):
            rows.insert(run_metrics, {"run_id": run.run_id, "name": name, "value": value, **place})
        if (run.experiment_id, name) not in named:
            named.add((run.experiment_id, name))
            rows.insert(metric_names, {"name": name, **place})


def _values(run: Run) -> dict[str, Any]:
    return {
        "project": run.project,
        "experiment_id": run.experiment_id,
        "name": run.name[:500],
        "status": run.status.value,
        "owner": run.owner[:255],
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "search": rules.search_text(run),
        "detail": {
            "metrics": {
                name: [point.value, point.step, point.at.timestamp()]
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
            name: Point(value=value, step=step, at=datetime.fromtimestamp(at, tz=UTC))
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


def experiments(rows: Rows, project: str) -> list[Experiment]:
    """The project's experiments, the one with the newest run first."""
    found = []
    for row in rows.find(tracked_experiments, ("project", "=", project), order_by=("name",)):
        here: tuple[Where, ...] = (
            ("experiment_id", "=", row["experiment_id"]),
            ("removed", "=", False),
        )
        newest = rows.find(tracked_runs, *here, order_by=("-started_at",), limit=1)
        found.append(
            Experiment(
                experiment_id=row["experiment_id"],
                name=row["name"],
                title=rules.title_of(project, row["name"]),
                runs=rows.count(tracked_runs, *here),
                live=rows.count(tracked_runs, *here, ("status", "in", ["running", "scheduled"])),
                last_run_at=newest[0]["started_at"] if newest else None,
            )
        )
    found.sort(key=lambda one: (one.last_run_at is None, -_stamp(one.last_run_at)))
    return found


def _stamp(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def metrics_of(rows: Rows, project: str, experiment_id: str | None) -> tuple[str, ...]:
    """Names of the metrics that the project's (or one experiment's) runs have."""
    where: list[Where] = [("project", "=", project)]
    if experiment_id is not None:
        where.append(("experiment_id", "=", experiment_id))
    return tuple(sorted({row["name"] for row in rows.find(metric_names, *where)}))


def get_run(rows: Rows, project: str, run_id: str) -> Run | None:
    """A run of the project that was not removed."""
    row = rows.get(tracked_runs, run_id=run_id, project=project, removed=False)
    return _run(row, titles(rows, project)) if row else None


def runs_since(rows: Rows, project: str, revision: int, most: int) -> list[Run]:
    """Runs that changed after `revision`, oldest change first."""
    found = rows.find(
        tracked_runs,
        ("project", "=", project),
        ("revision", ">", revision),
        order_by=("revision", "run_id"),
        limit=most,
    )
    names = titles(rows, project)
    return [_run(row, names) for row in found]


class RunList:
    """Walks the runs of a project in an order, from a position on, chunk by chunk."""

    def __init__(
        self, rows: Rows, project: str, experiment_id: str | None, search: str, order: Order
    ) -> None:
        self._rows = rows
        self._project = project
        self._order = order
        self._scope: list[Where] = [("project", "=", project)]
        if experiment_id is not None:
            self._scope.append(("experiment_id", "=", experiment_id))
        self._words: list[Where] = [("search", "contains", word) for word in search.split()]

    def total(self) -> int:
        """How many runs match."""
        return self._rows.count(tracked_runs, *self._scope, ("removed", "=", False), *self._words)

    def page(self, after: Position | None, limit: int) -> tuple[list[Run], list[Position]]:
        """The runs after a position with the position of each; at most `limit`."""
        found: list[tuple[Run, Position]] = []
        names = titles(self._rows, self._project)
        while len(found) < limit:
            chunk = self._chunk(after, max(limit - len(found), CHUNK if self._words else 1))
            if not chunk:
                break
            after = chunk[-1]
            found += self._matching(chunk, names)
        found = found[:limit]
        return [run for run, _ in found], [position for _, position in found]

    def _matching(
        self, chunk: Sequence[Position], names: dict[str, str]
    ) -> list[tuple[Run, Position]]:
        ids = [position.run_id for position in chunk]
        found = self._rows.find(
            tracked_runs, ("run_id", "in", ids), ("removed", "=", False), *self._words
        )
        by_id = {row["run_id"]: row for row in found}
        return [
            (_run(by_id[position.run_id], names), position)
            for position in chunk
            if position.run_id in by_id
        ]

    def _chunk(self, after: Position | None, size: int) -> list[Position]:
        """The next positions in order; those with a sort value come before those without."""
        found: list[Position] = []
        if after is None or after.value is not None:
            found = self._valued(after, size)
            after = None
        if len(found) < size:
            found += self._valueless(after, size - len(found))
        return found

    def _valued(self, after: Position | None, size: int) -> list[Position]:
        table, column = self._column()
        where = [*self._scope, *self._metric_name()]
        if table is tracked_runs:
            where += [("removed", "=", False), *self._words]
        sign = "-" if self._order.descending else ""
        beyond: Literal["<", ">"] = "<" if self._order.descending else ">"
        found: list[Row] = []
        if after is not None:
            value = _typed(column, after.value)
            same: list[Where] = [(column, "=", value), ("run_id", ">", after.run_id)]
            found = self._rows.find(table, *where, *same, order_by=("run_id",), limit=size)
            where.append((column, beyond, value))
        else:
            where.append((column, "!=", None))
        order = (f"{sign}{column}", "run_id")
        if len(found) < size:
            found += self._rows.find(table, *where, order_by=order, limit=size - len(found))
        return [Position(value=_plain(row[column]), run_id=row["run_id"]) for row in found]

    def _valueless(self, after: Position | None, size: int) -> list[Position]:
        where: list[Where] = [*self._scope, ("removed", "=", False), *self._words]
        if self._order.metric is None:
            where.append((self._order.key, "=", None))
        elif self._all_have_it():
            return []
        if after is not None:
            where.append(("run_id", ">", after.run_id))
        found: list[Position] = []
        while len(found) < size:
            rows = self._rows.find(tracked_runs, *where, order_by=("run_id",), limit=CHUNK)
            if not rows:
                break
            ids = [row["run_id"] for row in rows]
            found += [Position(value=None, run_id=one) for one in self._without_metric(ids)]
            where = [one for one in where if one[0] != "run_id"] + [("run_id", ">", ids[-1])]
        return found[:size]

    def _all_have_it(self) -> bool:
        """Whether every run has the metric, so that none is left to look for."""
        having = self._rows.count(run_metrics, *self._scope, *self._metric_name())
        return having >= self._rows.count(tracked_runs, *self._scope, ("removed", "=", False))

    def _without_metric(self, ids: list[str]) -> list[str]:
        if self._order.metric is None:
            return ids
        held = self._rows.find(run_metrics, ("run_id", "in", ids), *self._metric_name())
        having = {row["run_id"] for row in held}
        return [one for one in ids if one not in having]

    def _column(self) -> tuple[Any, str]:
        metric = self._order.metric
        return (tracked_runs, self._order.key) if metric is None else (run_metrics, "value")

    def _metric_name(self) -> list[Where]:
        return [] if self._order.metric is None else [("name", "=", self._order.metric)]


def _plain(value: Any) -> str | float:
    return value.isoformat() if isinstance(value, datetime) else value


def _typed(column: str, value: str | float | None) -> Any:
    return datetime.fromisoformat(str(value)) if column.endswith("_at") else value
