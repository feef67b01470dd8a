"""What experiments need from outside: MLflow, as its adapter reads it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from octavo_server.experiments.runs.domain import (
    Changes,
    LoggedModel,
    Run,
    TrackedExperiment,
)


class Tracking(Protocol):
    """MLflow's records. Every method raises Unavailable when MLflow doesn't answer."""

    def changes(self, boot: str, seq: int) -> Changes:
        """What was written since `seq` of the process `boot`."""

    def experiments(self) -> list[TrackedExperiment]:
        """All experiments that belong to a project."""

    def runs(
        self, experiments: Sequence[TrackedExperiment], run_ids: Sequence[str] | None = None
    ) -> Iterator[list[Run]]:
        """Pages of the experiments' runs, the removed ones too; with `run_ids` only those."""

    def repeated(self, run_id: str, metrics: Sequence[str]) -> frozenset[str]:
        """Those of `metrics` that the run logged more than once."""

    def models(self, experiment_id: str, run_id: str) -> list[LoggedModel]:
        """The models that a run logged, newest first."""


class TagWriter(Protocol):
    """Writes tags of runs to MLflow."""

    def tag(self, run_id: str, values: Mapping[str, str], removed: Sequence[str]) -> None:
        """Set and remove tags of one run. Raises NotFound, Invalid or Unavailable."""
