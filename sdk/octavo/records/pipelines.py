"""Wire records of the area `pipelines`: pipelines, schedules, runs and their evidence."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible
from octavo.records.graphs import Conduct, Graph, GraphStep, ReleaseName, Title, WhenFull
from octavo.records.notebooks import (
    CellError,
    Input,
    Parameter,
    ParameterValue,
    Progress,
    Sha256,
    Verdict,
)

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,62}$")]
"""A name in a project: lower-case letters, digits and dashes."""

Values = dict[Annotated[str, Field(max_length=63)], ParameterValue]
"""Parameter name to value."""


class PipelineRequest(Conduct):
    """A pipeline to make of a release or of steps, or new ones for an existing pipeline."""

    name: Name = Field(description="Its name in the project.")
    release: ReleaseName | None = Field(
        default=None, description="The release it runs; give this or `graph`."
    )
    graph: Graph | None = Field(default=None, description="The steps it runs.")
    title: Title = Field(default="", description="For people.")
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="Defaults that differ from the declared."
    )


class CatchUp(StrEnum):
    """What becomes of ticks that were missed while nothing ran."""

    LATEST = "latest"
    """One run for the newest, which stands for all."""
    ALL = "all"
    """One run each, the oldest first."""
    SKIP = "skip"
    """None."""


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


class RunRequest(Request):
    """Start a run now."""

    parameters: Values = Field(
        default_factory=dict, max_length=64, description="The pipeline's defaults where absent."
    )


class HandOffRequest(Request):
    """The notebook of one's workspace, to be run from the top without the workspace."""

    notebook: dict[str, Any] = Field(description="The notebook as nbformat 4 JSON, <= 10 MiB.")
    path: str = Field(
        min_length=1, max_length=512, description="Where it lies in the workspace; for people."
    )
    profile: str = Field(
        max_length=63, description="Profile without a GPU to run it on, such as `cpu-small`."
    )
    session: str | None = Field(
        default=None, max_length=64, description="One's open session that it comes from."
    )


class Attempt(Answer):
    """One try of a run."""

    number: int = Field(description="From 1.")
    state: Literal["running", "succeeded", "failed", "cancelled", "lost"] = Field(
        description="`lost`: its process vanished, nobody knows what it did."
    )
    started_at: datetime = Field(description="UTC.")
    ended_at: datetime | None = Field(description="UTC.")
    message: str = Field(description="Why it ended, in a sentence.")
    account: str = Field(description="The OS account it ran under; empty: the service's own.")
    peak_memory_mib: float | None = Field(description="Highest resident memory seen, in MiB.")


class Artifact(Answer):
    """A file that a run committed."""

    path: str = Field(description="Relative to the run's folder of artifacts.")
    digest: Sha256 = Field(description="SHA-256 of its bytes.")
    size: int = Field(description="In bytes.")


class HandedFile(Answer):
    """A file that another step left and this run finds."""

    path: str = Field(description="Below the run's folder `inputs`.")
    source: str = Field(description="`<step>.<output>`.")
    digest: Sha256 = Field(description="SHA-256 of its bytes.")
    size: int = Field(description="In bytes.")
    kind: str = Field(description="What it was declared to be.")


class PipelineRunSummary(Answer):
    """A run as a list shows it."""

    id: str = Field(description="Its id.")
    project: str = Field(description="Its project.")
    pipeline: str = Field(description="Name of the pipeline; empty for a hand-off.")
    release: Sha256 | None = Field(
        description="Digest of the release it executes; null for a hand-off."
    )
    notebook: str | None = Field(description="Path of the notebook of a hand-off; else null.")
    environment: Literal["dev", "prod"] = Field(description="A hand-off is dev, a release prod.")
    approved: bool = Field(description="Whether what it executes was approved; a hand-off isn't.")
    state: RunState = Field(description="Where it stands.")
    trigger: Literal[
        "manual", "schedule", "hand_off", "data", "pipeline", "backfill", "step", "resume"
    ] = Field(description="What started it.")
    kind: Literal["release", "graph"] = Field(
        default="release", description="`graph`: a run of several steps, each a run of its own."
    )
    parent: str | None = Field(default=None, description="Run of the graph it is a step of.")
    step: str = Field(default="", description="Name of the step; empty: it is no step.")
    item: int = Field(default=0, description="Which value of the step's fan-out, from 0.")
    reuses: str | None = Field(
        default=None, description="Run whose result it took, because nothing had changed."
    )
    priority: int = Field(default=0, description="Runs with a higher one start first.")
    requested_by: str = Field(description="Who asked for it or made its schedule.")
    tick: datetime | None = Field(description="The schedule's time it stands for, UTC.")
    created_at: datetime = Field(description="UTC.")
    started_at: datetime | None = Field(description="UTC.")
    ended_at: datetime | None = Field(description="UTC.")
    verdict: str | None = Field(description="Outcome against the release's replay.")
    cost: float | None = Field(description="In the platform's currency; null: not booked yet.")
    progress: Progress = Field(description="How far it is.")


class PipelineRun(PipelineRunSummary):
    """A run with its evidence."""

    parameters: dict[str, ParameterValue] = Field(description="All values it runs with.")
    profile: str = Field(description="Id of the spawner profile.")
    schedule: str | None = Field(description="Id of its schedule.")
    expected_s: float | None = Field(description="Seconds the release's replay took.")
    message: str = Field(description="Why it is in this state, in a sentence.")
    error: CellError | None = Field(description="The cell that failed.")
    attempts: list[Attempt] = Field(description="All tries.")
    comparison: Verdict | None = Field(description="The verdict, cell by cell.")
    inputs: list[Input] = Field(description="What it read, by digest.")
    inputs_changed: list[str] = Field(description="Inputs that differ from the release's.")
    artifacts: list[Artifact] = Field(description="The files it committed.")
    output_digest: str | None = Field(description="SHA-256 of the output notebook.")
    cancel_requested_by: str | None = Field(description="Who asked to cancel it.")
    steps: list[GraphStep] = Field(
        default_factory=list, description="Of a graph: its steps in order, as they stand."
    )
    handed: list[HandedFile] = Field(
        default_factory=list, description="Files that other steps handed over, by digest."
    )
    resumes: str | None = Field(default=None, description="Run that it goes on with.")
    not_before: datetime | None = Field(
        default=None, description="UTC; it is tried again from then on."
    )


class PipelineRunList(Answer):
    """A page of runs, the newest first."""

    items: list[PipelineRunSummary] = Field(description="The page.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")


class TriggerKind(StrEnum):
    """What a trigger waits for."""

    DATA = "data"
    PIPELINE = "pipeline"


class TriggerRequest(Request):
    """Start a pipeline when data or another pipeline has something new."""

    on: TriggerKind = Field(description="`data` or `pipeline`.")
    source: str = Field(
        min_length=1,
        max_length=256,
        description="Path in the lake, or name of a pipeline of the project.",
    )
    settle_s: float = Field(
        default=60.0,
        ge=1,
        le=86_400,
        description="Seconds for which new data must stay the same before it counts.",
    )
    ended: Literal["succeeded", "failed", "any"] = Field(
        default="succeeded", description="How the other pipeline's run has to have ended."
    )
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="The pipeline's defaults where absent."
    )


class PipelineTrigger(Answer):
    """Something that starts a pipeline beside the clock."""

    id: str = Field(description="Its id.")
    on: TriggerKind = Field(description="What it waits for.")
    source: str = Field(description="Path in the lake, or name of a pipeline.")
    settle_s: float = Field(description="Seconds for which new data must stay the same.")
    ended: str = Field(description="How the other pipeline's run has to have ended.")
    parameters: dict[str, ParameterValue] = Field(description="What its runs are given.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="UTC.")
    last_run: str | None = Field(description="Id of the run it started last.")


class TriggerList(Answer):
    """The triggers of a pipeline."""

    items: list[PipelineTrigger] = Field(description="All of them.")


class Schedule(Answer):
    """A cron line in a time zone."""

    id: str = Field(description="Its id.")
    pipeline: str = Field(description="Name of the pipeline.")
    cron: str = Field(description="Five fields: minute, hour, day, month, weekday.")
    time_zone: str = Field(description="IANA name, such as `Europe/Berlin`.")
    parameters: dict[str, ParameterValue] = Field(description="What its runs are given.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="UTC.")
    next_at: datetime | None = Field(description="Its next tick, UTC; null: never again.")
    upcoming: list[datetime] = Field(description="The next five ticks, UTC.")
    last_run: str | None = Field(description="Id of the run of the last tick.")
    catch_up: CatchUp = Field(description="What becomes of missed ticks.")
    max_age_hours: float | None = Field(description="Older missed ticks are never made up for.")
    paused: bool = Field(description="Whether its ticks pass by.")


class ScheduleRequest(Request):
    """Run a pipeline by the clock."""

    cron: str = Field(max_length=120, description="Five fields: minute, hour, day, month, weekday.")
    time_zone: str = Field(default="UTC", max_length=64, description="IANA name.")
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="The pipeline's defaults where absent."
    )
    catch_up: CatchUp = Field(
        default=CatchUp.LATEST, description="What becomes of missed ticks: latest, all or skip."
    )
    max_age_hours: float | None = Field(
        default=None, gt=0, le=8_760, description="Older missed ticks are never made up for."
    )


class ScheduleList(Answer):
    """The schedules of a pipeline."""

    items: list[Schedule] = Field(description="All of them.")
    next_cursor: str | None = Field(default=None, description="Always null.")


class UsedRelease(Answer):
    """A release that a pipeline runs."""

    digest: Sha256 = Field(description="Its name.")
    name: str = Field(description="Name of the release line.")
    number: int = Field(description="Number in the line.")
    step: str = Field(description="The step that runs it; empty: the pipeline has none.")
    profile: str = Field(description="Id of the spawner profile it runs under.")


class Pipeline(Answer):
    """A named way to run a release."""

    name: str = Field(description="Its name in the project.")
    project: str = Field(description="Its project.")
    title: str = Field(description="For people.")
    release: Sha256 | None = Field(description="The release it runs; null: it has steps.")
    release_name: str = Field(description="Name of the release line; empty: it has steps.")
    release_number: int = Field(description="Number in the line; 0: it has steps.")
    profile: str = Field(description="Id of the spawner profile; empty: it has steps.")
    graph: Graph | None = Field(default=None, description="Its steps, releases by digest.")
    releases: list[UsedRelease] = Field(description="All releases that it runs.")
    priority: int = Field(description="Runs with a higher one start first.")
    concurrency: int = Field(description="Runs of it at a time; 0: no limit of its own.")
    when_full: WhenFull = Field(description="What becomes of a run that finds no place.")
    parameters: list[Parameter] = Field(description="What a run takes, defaults applied.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="UTC.")
    schedules: list[Schedule] = Field(description="Its schedules.")
    last_run: PipelineRunSummary | None = Field(description="Its newest run.")


class ScheduleDefinition(ScheduleRequest):
    """A schedule in a definition."""


class PipelineDefinition(PipelineRequest):
    """All of a pipeline: the form of `pipeline.yaml`."""

    schedules: list[ScheduleDefinition] = Field(
        default_factory=list, max_length=50, description="All of its schedules."
    )
    triggers: list[TriggerRequest] = Field(
        default_factory=list, max_length=20, description="All that starts it beside the clock."
    )


class DefinitionText(Request):
    """A definition as people write it."""

    yaml: str = Field(max_length=65_536, description="The text of `pipeline.yaml`.")


class PipelineText(Answer):
    """A pipeline as people write it."""

    yaml: str = Field(description="The text of `pipeline.yaml`.")


class ApplyRequest(DefinitionText):
    """A definition to put into force, as its plan was read."""

    digest: Sha256 = Field(description="Digest of the plan.")


class PlanChange(Answer):
    """One thing that a plan would change."""

    op: Literal["add", "change", "remove"] = Field(description="What happens to it.")
    what: str = Field(description="Its place, such as `steps.train.release`.")
    before: str = Field(description="Its value now; empty: there is none.")
    after: str = Field(description="Its value then; empty: there is none.")


class Plan(Answer):
    """What applying a definition would do; nothing has been done."""

    name: str = Field(description="Name of the pipeline.")
    digest: Sha256 = Field(
        description="Names this definition against what is there now; apply with it."
    )
    new: bool = Field(description="Whether there is no such pipeline yet.")
    changes: list[PlanChange] = Field(description="In order; empty: nothing would change.")
    releases: list[UsedRelease] = Field(description="The releases that it would run.")


class BackfillRequest(Request):
    """Run a pipeline once for each day of a range."""

    parameter: Annotated[str, Field(max_length=63)] = Field(
        description="The date parameter that gets the day."
    )
    first: date = Field(description="First day.")
    last: date = Field(description="Last day, counted too; at most 1,000 days in all.")
    newest_first: bool = Field(default=False, description="Begin with the last day.")
    at_a_time: int = Field(default=2, ge=1, le=50, description="Runs under way together.")
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="The pipeline's defaults where absent."
    )


class PipelineBackfill(Answer):
    """A pipeline run once for each day of a range."""

    id: str = Field(description="Its id.")
    pipeline: str = Field(description="Name of the pipeline.")
    parameter: str = Field(description="The date parameter that gets the day.")
    first: str = Field(description="First day, ISO 8601.")
    last: str = Field(description="Last day, ISO 8601.")
    days: int = Field(description="Days in all.")
    at_a_time: int = Field(description="Runs under way together, at most.")
    state: Literal["running", "done", "cancelled"] = Field(description="Where it stands.")
    started: int = Field(description="Days whose run was made.")
    ended: int = Field(description="Days whose run is over.")
    succeeded: int = Field(description="Days whose run succeeded.")
    created_by: str = Field(description="Who asked for it.")
    created_at: datetime = Field(description="UTC.")
    ended_at: datetime | None = Field(description="UTC.")
    cancel_requested_by: str | None = Field(description="Who asked to cancel it.")


class BackfillList(Answer):
    """A pipeline's backfills, the newest first."""

    items: list[PipelineBackfill] = Field(description="The newest hundred.")


class PipelineList(Answer):
    """A page of pipelines by name."""

    items: list[Pipeline] = Field(description="The page.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")


class PipelineRunEvent(Answer):
    """One thing that happened in a run; the stream of `events` sends these."""

    seq: int = Field(description="Counts a run's events from 1; resume after it.")
    kind: Literal["state", "run", "cell_started", "cell_finished", "error", "log", "done"] = Field(
        description="What kind of thing."
    )
    at: datetime = Field(description="When, UTC.")
    attempt: int = Field(description="In which attempt; 0: before any.")
    cell: int | None = Field(default=None, description="Index of the cell from 0.")
    cells: int | None = Field(default=None, description="How many cells there are.")
    seconds: float | None = Field(default=None, description="How long the cell took.")
    memory_mib: float | None = Field(
        default=None, description="Highest memory while the cell ran, in MiB."
    )
    state: RunState | None = Field(default=None, description="The run's state from now on.")
    message: str = Field(default="", description="In words.")


class ResolveRequest(Request):
    """A person's decision about a run whose outcome nobody knows."""

    decision: Literal["retry", "give_up"] = Field(description="The decision.")
    reason: Annotated[str, Field(min_length=10, max_length=2000), Visible] = Field(
        description="At least a sentence."
    )


class Provenance(Answer):
    """The signed statement of what ran, on what, with which result."""

    envelope: dict[str, Any] = Field(description="DSSE envelope around an in-toto Statement v1.")
    statement: dict[str, Any] = Field(description="The same statement, decoded.")
    verified: bool = Field(description="Whether the signature holds, found out just now.")
    key_id: str = Field(description="Name of the key that signed it.")
