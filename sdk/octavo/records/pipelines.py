"""Wire records of the area `pipelines`: pipelines, schedules, runs and their evidence."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible
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


class PipelineRequest(Request):
    """A pipeline to make of a release, or a new release for an existing one."""

    name: Name = Field(description="Its name in the project.")
    release: Sha256 = Field(description="Digest of the release it runs.")
    title: str = Field(default="", max_length=120, description="For people.")
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="Defaults that differ from the release's."
    )


class RunState(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


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
    trigger: Literal["manual", "schedule", "hand_off"] = Field(description="What started it.")
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


class PipelineRunList(Answer):
    """A page of runs, the newest first."""

    items: list[PipelineRunSummary] = Field(description="The page.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")


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


class ScheduleRequest(Request):
    """Run a pipeline by the clock."""

    cron: str = Field(max_length=120, description="Five fields: minute, hour, day, month, weekday.")
    time_zone: str = Field(default="UTC", max_length=64, description="IANA name.")
    parameters: Values = Field(
        default_factory=dict, max_length=64, description="The pipeline's defaults where absent."
    )


class ScheduleList(Answer):
    """The schedules of a pipeline."""

    items: list[Schedule] = Field(description="All of them.")
    next_cursor: str | None = Field(default=None, description="Always null.")


class Pipeline(Answer):
    """A named way to run a release."""

    name: str = Field(description="Its name in the project.")
    project: str = Field(description="Its project.")
    title: str = Field(description="For people.")
    release: Sha256 = Field(description="Digest of the release it runs.")
    release_name: str = Field(description="Name of the release line.")
    release_number: int = Field(description="Number in the line.")
    profile: str = Field(description="Id of the spawner profile.")
    parameters: list[Parameter] = Field(description="The release's parameters, defaults applied.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="UTC.")
    schedules: list[Schedule] = Field(description="Its schedules.")
    last_run: PipelineRunSummary | None = Field(description="Its newest run.")


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
