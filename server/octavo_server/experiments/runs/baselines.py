"""Which run an experiment's other runs are compared with."""

import math
from collections.abc import Iterable
from typing import Final

from octavo_server.audit.service import AuditService
from octavo_server.database.rows import Row, Rows
from octavo_server.database.tables.experiments import run_baselines
from octavo_server.errors import NotFound
from octavo_server.experiments.runs import store
from octavo_server.experiments.runs.domain import Baseline, Run
from octavo_server.identity import Caller

MOST: Final = 500


class Baselines:
    """Pins and unpins baselines."""

    def __init__(self, audit: AuditService) -> None:
        self._audit = audit

    def pin(self, caller: Caller, project: str, run: Run) -> Baseline:
        """Make ``run`` the baseline of its experiment, in place of the one before."""
        subject = f"experiment:{run.experiment_id}"
        with self._audit.change(caller, "experiments.baseline_pinned", subject, project) as change:
            before = change.rows.get(run_baselines, experiment_id=run.experiment_id)
            values = {
                "experiment_id": run.experiment_id,
                "project": project,
                "run_id": run.run_id,
                "pinned_by": caller.name,
                "pinned_at": change.at,
            }
            change.rows.upsert(run_baselines, [values])
            change.note(run=run.run_id, before=before["run_id"] if before else None)
        return _baseline(values, run)

    def unpin(self, caller: Caller, project: str, run: Run) -> None:
        """Leave the run's experiment without a baseline. Raises NotFound where it is none."""
        subject = f"experiment:{run.experiment_id}"
        key = {"experiment_id": run.experiment_id, "run_id": run.run_id}
        with self._audit.change(
            caller, "experiments.baseline_unpinned", subject, project
        ) as change:
            if change.rows.get(run_baselines, **key) is None:
                raise NotFound(
                    f"Run {run.run_id} is not the baseline of experiment {run.experiment!r}.",
                    "Reload the list: somebody else may have changed it.",
                )
            change.rows.delete(run_baselines, *[(name, "=", value) for name, value in key.items()])
            change.note(run=run.run_id)


def baselines_of(rows: Rows, project: str, experiments: Iterable[str]) -> dict[str, Baseline]:
    """Return the baselines of some experiments by experiment; a removed run is none."""
    wanted = sorted(set(experiments))[:MOST]
    pinned = {
        row["run_id"]: row
        for row in rows.find(
            run_baselines, ("project", "=", project), ("experiment_id", "in", wanted)
        )
    }
    runs = store.runs_by_id(rows, project, list(pinned))
    return {run.experiment_id: _baseline(pinned[run.run_id], run) for run in runs}


def _baseline(row: Row, run: Run) -> Baseline:
    return Baseline(
        experiment_id=row["experiment_id"],
        run_id=row["run_id"],
        name=run.name,
        pinned_by=row["pinned_by"],
        pinned_at=row["pinned_at"],
        metrics={
            name: value
            for name, value in run.metrics.items()
            if value is not None and math.isfinite(value)
        },
    )
