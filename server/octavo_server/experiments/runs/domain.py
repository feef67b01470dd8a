"""Records of experiments and runs; times are UTC."""

import math
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class RunStatus(StrEnum):
    """Where a run is; the words of MLflow in lower case."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"


MICRO = 1_000_000
"""Millionths of a euro in a euro."""
LIVE = frozenset({RunStatus.SCHEDULED, RunStatus.RUNNING})
"""States that end by themselves."""


@dataclass(frozen=True, kw_only=True)
class TrackedExperiment:
    """An experiment of MLflow that belongs to a project."""

    experiment_id: str
    """MLflow's id."""
    project: str
    """The project."""
    name: str
    """Full name in MLflow."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """An experiment with what a list shows."""

    experiment_id: str
    """MLflow's id."""
    name: str
    """Full name in MLflow."""
    title: str
    """Name without the project's prefix."""
    runs: int
    """How many runs it holds."""
    live: int
    """How many of them are live."""
    last_run_at: datetime | None
    """Start of the newest run."""


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """The notebook version that made a run."""

    path: str
    """Path relative to the person's home."""
    digest: str | None
    """SHA-256 of the file's bytes when the run began."""
    cell: str | None
    """Id of the executing cell, where known."""
    commit: str | None
    """Git commit, where known."""
    cell_digest: str | None
    """SHA-256 of the cell's source as it ran, where known."""


@dataclass(frozen=True, kw_only=True)
class DataInput:
    """A data set that a run says it read."""

    name: str
    """Its name."""
    digest: str
    """Digest that MLflow recorded."""
    source: str
    """Where it came from."""
    context: str | None
    """What for."""


@dataclass(frozen=True, kw_only=True)
class Point:
    """One logged value."""

    step: int
    """The step."""
    at: datetime
    """When it was logged."""
    value: float | None
    """The value; None for one that is no finite number."""
    odd: str = ""
    """What it is then: nan, inf or -inf; empty for a finite number."""


LARGEST = sys.float_info.max
"""What MLflow's database keeps in place of an infinity."""


def point_of(value: object, step: int, at: datetime) -> Point:
    """A point of a number, or of the text for one that is not finite; None is NaN."""
    value = math.nan if value is None else value
    number = value if isinstance(value, float) else float(str(value))
    if abs(number) >= LARGEST:
        number = math.copysign(math.inf, number)
    if math.isfinite(number):
        return Point(step=step, at=at, value=number)
    return Point(step=step, at=at, value=None, odd=str(number))


@dataclass(frozen=True, kw_only=True)
class LoggedModel:
    """A model that a run logged."""

    model_id: str
    """MLflow's id."""
    run_id: str
    """The run."""
    name: str
    """Its name in the run."""
    status: str
    """READY, PENDING, FAILED."""
    created_at: datetime | None
    """When it was logged."""
    location: str
    """Where its files are, a `mlflow-artifacts:` address."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run with everything the read model keeps of it."""

    run_id: str
    """MLflow's id."""
    project: str
    """The project."""
    experiment_id: str
    """Its experiment."""
    name: str
    """Its name."""
    status: RunStatus
    """Where it is."""
    owner: str
    """Who started it, as the tracking service knows it."""
    started_at: datetime | None
    """Start."""
    ended_at: datetime | None
    """End; None while it is live."""
    latest: Mapping[str, Point]
    """The latest point of each metric."""
    params: Mapping[str, str]
    """Parameters."""
    tags: Mapping[str, str]
    """All tags."""
    inputs: tuple[DataInput, ...] = ()
    """Data sets it read."""
    models: int = 0
    """How many models it logged."""
    removed: bool = False
    """True when it was deleted in MLflow."""
    revision: int = 0
    """Number of the refresh that last changed it."""
    experiment: str = field(default="", compare=False)
    """Title of the experiment, filled in when read."""
    cost_micro_eur: int | None = field(default=None, compare=False)
    """What it cost, millionths of a euro, filled in when read; None where no price is known."""

    @property
    def cost_eur(self) -> float | None:
        """What it cost, in euro."""
        return None if self.cost_micro_eur is None else self.cost_micro_eur / MICRO

    @property
    def metrics(self) -> dict[str, float | None]:
        """Latest value of each metric."""
        return {name: point.value for name, point in self.latest.items()}

    @property
    def odd(self) -> dict[str, str]:
        """Which metrics are no finite number, and what they are."""
        return {name: point.odd for name, point in self.latest.items() if point.odd}

    @property
    def notebook(self) -> Notebook | None:
        """The notebook version, from the tags that Octavo's SDK writes."""
        path = self.tags.get("octavo.notebook.path")
        if not path:
            return None
        return Notebook(
            path=path,
            digest=self.tags.get("octavo.notebook.sha256"),
            cell=self.tags.get("octavo.notebook.cell"),
            commit=self.tags.get("octavo.git.commit"),
            cell_digest=self.tags.get("octavo.notebook.cell_sha256"),
        )

    @property
    def profile(self) -> str | None:
        """Spawner profile."""
        return self.tags.get("octavo.profile")

    @property
    def session(self) -> str | None:
        """Workspace session."""
        return self.tags.get("octavo.session")

    @property
    def pipeline_run(self) -> str | None:
        """Octavo run that started it."""
        return self.tags.get("octavo.run")

    @property
    def registered(self) -> list[str]:
        """Model versions made from it, as name/version."""
        return [one for one in self.tags.get("octavo.registered", "").split(",") if one]


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What MLflow was told since the last look."""

    boot: str
    """Names the tracking process whose numbers these are."""
    seq: int
    """Number of the newest write."""
    complete: bool
    """False: too much happened, compare everything."""
    experiments: bool
    """True: the list of experiments may have changed."""
    runs: tuple[str, ...]
    """Runs that were written to."""


@dataclass(frozen=True, kw_only=True)
class Sync:
    """How far the read model is."""

    boot: str = ""
    """The tracking process that `seq` belongs to."""
    seq: int = 0
    """Number of the newest write that is in the read model."""
    revision: int = 0
    """Number of the newest refresh that changed something."""
    synced_at: datetime | None = None
    """When it last agreed with MLflow."""
    swept_at: datetime | None = None
    """When everything was last compared."""


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """How far the read model can be trusted."""

    as_of: datetime
    """When it last agreed with MLflow."""
    stale: str | None = None
    """Why it may be out of date; None where it is not."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The run that an experiment's other runs are compared with."""

    experiment_id: str
    """The experiment."""
    run_id: str
    """The run."""
    name: str
    """The run's name."""
    pinned_by: str
    """Who chose it."""
    pinned_at: datetime
    """When."""
    metrics: Mapping[str, float]
    """Its finite metrics."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A run as a line of the table."""

    run: Run
    """The run."""
    metrics: Mapping[str, float | None]
    """The shown metrics."""
    params: Mapping[str, str]
    """The shown parameters."""
    tags: Mapping[str, str]
    """The shown tags."""
    deltas: Mapping[str, float]
    """Shown metrics minus those of the baseline."""
    baseline: bool
    """True for the baseline itself."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """A part of a list of runs."""

    items: tuple[Row, ...]
    """The runs."""
    next_cursor: str | None
    """Where the next page begins."""
    total: int
    """How many match."""
    offset: int
    """How many come before."""
    metrics: tuple[str, ...]
    """Names of metrics that runs of the asked experiments have."""
    baselines: tuple[Baseline, ...]
    """Baselines of the shown experiments."""
    nowhere: tuple[str, ...]
    """Metrics, parameters and tags that the filter names and no run of the project has."""
    revision: int
    """Revision of what was asked."""
    fresh: Freshness
    """How old it is."""


@dataclass(frozen=True, kw_only=True)
class Detail:
    """Everything about one run."""

    run: Run
    """The run."""
    metrics: Mapping[str, Point]
    """The latest points of the metrics that were looked for, by name; at most so many."""
    found: int
    """How many metrics were found, those left out too."""
    curves: tuple[str, ...]
    """Those of the metrics that it logged more than once."""
    models: tuple[LoggedModel, ...]
    """Models it logged, newest first."""
