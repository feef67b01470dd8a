"""A stand-in for MLflow's records, for tests of the services above it.

- `FakeTracking`: holds experiments and runs; `write` and `add` change them as a client would,
  `away = True` makes it unreachable, `forgetful = True` makes it lose count of its writes,
  `broken` are runs whose tags can't be written, `again` metrics that were logged more than once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from octavo_server.errors import Unavailable
from octavo_server.experiments.runs.domain import (
    Changes,
    LoggedModel,
    Run,
    TrackedExperiment,
)


class FakeTracking:
    """MLflow as `octavo_server.experiments.runs.ports.Tracking` sees it."""

    def __init__(self, experiments: Sequence[TrackedExperiment]) -> None:
        self.listed = list(experiments)
        self.grown = False
        self.held: dict[str, Run] = {}
        self.written: list[str] = []
        self.away = False
        self.forgetful = False
        self.broken: set[str] = set()
        self.again: frozenset[str] = frozenset()
        self.asked_for: list[Sequence[str] | None] = []

    def add(self, experiment: TrackedExperiment) -> None:
        """Make an experiment, as a client would."""
        self.listed.append(experiment)
        self.grown = True

    def write(self, run: Run) -> None:
        """Change a run."""
        self.held[run.run_id] = run
        self.written.append(run.run_id)

    def changes(self, boot: str, seq: int) -> Changes:
        """What was written since."""
        if self.away:
            raise Unavailable("MLflow does not answer.", "Try again.")
        return Changes(
            boot="boot",
            seq=len(self.written),
            complete=boot == "boot" and not self.forgetful,
            experiments=self.grown,
            runs=tuple(sorted(set(self.written[seq:]))),
        )

    def experiments(self) -> list[TrackedExperiment]:
        """All experiments."""
        return list(self.listed)

    def runs(
        self, experiments: Sequence[TrackedExperiment], run_ids: Sequence[str] | None = None
    ) -> Iterator[list[Run]]:
        """One page with all runs that were asked for."""
        self.asked_for.append(run_ids)
        known = {one.experiment_id for one in experiments}
        yield [
            run
            for run in self.held.values()
            if run.experiment_id in known and (run_ids is None or run.run_id in run_ids)
        ]

    def repeated(self, run_id: str, metrics: Sequence[str]) -> frozenset[str]:
        """Those in `again`."""
        if self.away:
            raise Unavailable("MLflow does not answer.", "Try again.")
        return self.again.intersection(metrics)

    def models(self, experiment_id: str, run_id: str) -> list[LoggedModel]:
        """No models."""
        return []

    def tag(self, run_id: str, values: Mapping[str, str], removed: Sequence[str]) -> None:
        """Set and remove tags; a run in `broken` refuses."""
        if self.away or run_id in self.broken:
            raise Unavailable("MLflow does not answer.", "Try again.")
        run = self.held[run_id]
        kept = {name: value for name, value in run.tags.items() if name not in removed}
        self.write(replace(run, tags={**kept, **values}))
