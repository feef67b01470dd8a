"""What the `experiments` area says about runs; times are UTC, metrics are plain numbers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, cut
from octavo.records.run_table import FieldText, RunBaseline

Name = Annotated[str, Field(max_length=500), cut(500)]
Text = Annotated[str, Field(max_length=8_000), cut(8_000)]


class RunStatus(StrEnum):
    """Where a run is; the words of MLflow in lower case."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    KILLED = "killed"


class Experiment(Answer):
    """A named group of runs that belongs to the project."""

    experiment_id: Name = Field(description="MLflow's id of the experiment.")
    name: Name = Field(description="Full name in MLflow, with the project's prefix.")
    title: Name = Field(description="The name without the project's prefix.")
    runs: int = Field(description="How many runs it holds.")
    live: int = Field(description="How many of them are running now.")
    last_run_at: datetime | None = Field(description="Start of the newest run, UTC.")


class ExperimentList(Answer):
    """The experiments of a project, the one with the newest run first."""

    items: list[Experiment] = Field(description="The experiments.")
    next_cursor: Text | None = Field(description="Always null: the list is short.")
    as_of: datetime | None = Field(description="When the read model last agreed with MLflow, UTC.")


class NotebookLink(Answer):
    """The notebook version that made a run."""

    path: Name = Field(description="Path of the notebook, relative to the person's home.")
    digest: Name | None = Field(description="SHA-256 of the file's bytes when the run began.")
    cell: Name | None = Field(description="Id of the cell that was executing, where known.")
    commit: Name | None = Field(description="Git commit of the folder, where it is a repository.")
    cell_digest: Name | None = Field(description="SHA-256 of the cell's source as it ran.")


class Run(Answer):
    """One run as a row: enough for a table and a panel."""

    run_id: Name = Field(description="MLflow's id of the run, 32 hex digits.")
    name: Name = Field(description="The run's name.")
    experiment_id: Name = Field(description="MLflow's id of its experiment.")
    experiment: Name = Field(description="The experiment's name without the project's prefix.")
    status: RunStatus = Field(description="Where the run is.")
    owner: Name = Field(description="Who started it.")
    started_at: datetime | None = Field(description="Start, UTC.")
    ended_at: datetime | None = Field(description="End, UTC; null while it runs.")
    metrics: dict[str, float | None] = Field(
        description="Latest value of each asked metric, of at most 200 where none is asked for; "
        "null stands for a value that is no finite number."
    )
    odd: dict[str, Literal["nan", "inf", "-inf"]] = Field(
        default_factory=dict, description="What the metrics are that are no finite number."
    )
    params: dict[str, Text] = Field(default_factory=dict, description="The asked parameters.")
    tags: dict[str, Text] = Field(default_factory=dict, description="The asked tags.")
    deltas: dict[str, float] = Field(
        default_factory=dict,
        description="Metric minus that of the experiment's baseline, where both have it.",
    )
    baseline: bool = Field(default=False, description="True for its experiment's baseline.")
    revision: int = Field(default=0, description="Number of the refresh that last changed it.")
    notebook: NotebookLink | None = Field(description="The notebook version it came from.")
    profile: Name | None = Field(description="Spawner profile of the workspace or run.")
    session: Name | None = Field(description="Workspace session it was started in.")
    cost_eur: float | None = Field(
        description="What its profile cost while it ran, euro; null where no price is known."
    )
    pipeline_run: Name | None = Field(description="Octavo run it was started by, if any.")
    models: int = Field(description="How many models the run logged.")
    registered: list[Name] = Field(description="Model versions made from it, as name/version.")


class RunPage(Answer):
    """A page of runs."""

    items: list[Run] = Field(description="The runs, in the asked order.")
    next_cursor: Text | None = Field(description="Give it back as cursor= for the next page.")
    total: int = Field(description="How many runs match in all.")
    offset: int = Field(description="How many matching runs come before the first item.")
    metrics: list[Name] = Field(
        description="Names of metrics that the runs of the asked experiments have, those that most "
        "runs have first; at most 200. See GET fields for all."
    )
    nowhere: list[FieldText] = Field(
        default_factory=list,
        description="Metrics, parameters and tags that the filter names and no run of the project "
        "has, as they are written in filters.",
    )
    baselines: list[RunBaseline] = Field(description="The baselines of the shown experiments.")
    revision: int = Field(description="Number of the refresh that last changed a run.")
    as_of: datetime | None = Field(description="When the read model last agreed with MLflow, UTC.")
    stale: Text | None = Field(
        description="Why the list may be out of date, such as an MLflow that doesn't answer; null "
        "where it is up to date."
    )


class LatestMetric(Answer):
    """The latest value of a metric."""

    name: Name = Field(description="The metric's name.")
    value: float | None = Field(description="The value; null for one that is no finite number.")
    odd: Literal["nan", "inf", "-inf"] | None = Field(
        default=None, description="What it is then; null for a finite number."
    )
    step: int = Field(description="The step it was logged at.")
    at: datetime = Field(description="When it was logged, UTC.")


class DataInput(Answer):
    """A data set that a run says it read."""

    name: Name = Field(description="Name of the data set.")
    digest: Name = Field(description="Digest that MLflow recorded for it.")
    source: Text = Field(description="Where it came from.")
    context: Name | None = Field(description="What for: training, evaluation, ...")


class LoggedModel(Answer):
    """A model that a run logged and that can be registered."""

    model_id: Name = Field(description="MLflow's id of the logged model.")
    name: Name = Field(description="Its name in the run.")
    status: Name = Field(description="MLflow's status: READY, PENDING, FAILED.")
    created_at: datetime | None = Field(description="When it was logged, UTC.")


class RunDetail(Answer):
    """Everything about one run."""

    run: Run = Field(description="The row.")
    params: dict[str, Text] = Field(description="Parameters.")
    tags: dict[str, Text] = Field(description="Tags, MLflow's own ones left out.")
    metrics: list[LatestMetric] = Field(
        description="Metrics whose names contain what was searched for, with their latest value, "
        "by name; at most 500."
    )
    metrics_found: int = Field(description="How many metrics that are, those left out too.")
    curves: list[Name] = Field(description="Those of the metrics with a history, see curves.")
    inputs: list[DataInput] = Field(description="Data sets it read.")
    models: list[LoggedModel] = Field(description="Models it logged.")
    tracking_url: Text = Field(description="The run in MLflow's own pages.")


class RunEvent(Answer):
    """A change of a run, as sent by the event stream (event name `run`)."""

    run: Run = Field(description="The run as it is now.")
    removed: bool = Field(description="True when the run was deleted.")
    as_of: datetime = Field(description="When the change was seen, UTC.")
