"""Wire records of pipelines with several steps: what runs after what, on what, and how often."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible
from octavo.records.parameters import Parameter, ParameterValue

StepName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
"""A step's name in its pipeline."""
PortName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
"""Name of something that a step hands over or takes."""
ParameterName = Annotated[str, Field(min_length=1, max_length=63)]
ReleaseName = Annotated[
    str,
    Field(
        pattern=r"^([0-9a-f]{64}|[a-z][a-z0-9-]{1,62}@([1-9][0-9]{0,8}|latest))$",
        description="A release's digest, `<name>@<number>`, or `<name>@latest`: the newest when "
        "the pipeline is applied; runs keep to that one.",
    ),
]
FileKind = Literal["file", "csv", "json", "parquet"]
"""What a file that is handed over must be: its content is looked at."""
FilePath = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){0,5}$",
        max_length=256,
    ),
]
"""A file below a run's working folder."""


Source = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}\.[a-z][a-z0-9_]{0,39}$")]
"""A step's output: ``<step>.<output>``."""


class StepOutput(Request):
    """A file that a step leaves for others."""

    path: FilePath = Field(description="Where the step writes it, below its working folder.")
    kind: FileKind = Field(default="file", description="What it must be.")


class FanOut(Request):
    """One run of the step for each value of a parameter."""

    parameter: ParameterName = Field(description="The step's parameter.")
    values: list[ParameterValue] = Field(
        min_length=1, max_length=100, description="Its values, one run each."
    )


class Condition(Request):
    """Something that must hold, else the step is skipped: about a parameter or another step."""

    parameter: ParameterName | None = Field(
        default=None, description="A parameter of the pipeline; give `one_of` with it."
    )
    one_of: list[ParameterValue] = Field(
        default_factory=list, max_length=100, description="Values that the parameter may have."
    )
    step: StepName | None = Field(default=None, description="A step that this one comes after.")
    ended: Literal["succeeded", "failed", "any"] = Field(
        default="succeeded", description="How that step has to have ended."
    )


class Retry(Request):
    """How a step that failed is tried again; only for releases that are declared idempotent."""

    attempts: int = Field(ge=2, le=10, description="Attempts in all.")
    wait_s: float = Field(default=30.0, ge=1, le=3_600, description="Seconds before the second.")
    factor: float = Field(
        default=2.0, ge=1, le=10, description="By how much each further wait is longer."
    )
    most_wait_s: float = Field(
        default=3_600.0, ge=1, le=86_400, description="Longest wait, seconds."
    )


class Cache(Request):
    """Whether a step takes the result of an earlier run of exactly the same."""

    max_age_hours: float = Field(
        default=168.0, gt=0, le=8_760, description="Hours after which a result is too old."
    )


class Step(Request):
    """One release in a pipeline."""

    name: StepName = Field(description="Its name in the pipeline.")
    release: ReleaseName
    parameters: dict[ParameterName, ParameterValue] = Field(
        default_factory=dict, max_length=64, description="Values; the release's defaults else."
    )
    uses: dict[ParameterName, ParameterName] = Field(
        default_factory=dict,
        max_length=64,
        description="The step's parameters that get the value of a parameter of the pipeline.",
    )
    needs: list[StepName] = Field(
        default_factory=list, max_length=50, description="Steps that it comes after."
    )
    inputs: dict[ParameterName, Source] = Field(
        default_factory=dict,
        max_length=32,
        description="The step's text parameters that get the path of a file: `<step>.<output>`. "
        "Of a step that fans out they get a folder with one numbered folder a run.",
    )
    outputs: dict[PortName, StepOutput] = Field(
        default_factory=dict, max_length=32, description="Files that it hands over."
    )
    fan_out: FanOut | None = Field(default=None, description="One run a value; none: one run.")
    when: list[Condition] = Field(
        default_factory=list,
        max_length=20,
        description="All must hold. Without one about a step, all steps before it must succeed.",
    )
    retry: Retry | None = Field(default=None, description="None: a failure is final.")
    cache: Cache | None = Field(default=None, description="None: it always runs.")
    timeout_minutes: float | None = Field(
        default=None, gt=0, le=10_080, description="None: the platform's limit for runs."
    )


class Graph(Request):
    """Steps, and the parameters that the whole pipeline takes."""

    parameters: list[Parameter] = Field(
        default_factory=list, max_length=64, description="What a run may be given."
    )
    steps: list[Step] = Field(min_length=1, max_length=50, description="In any order.")


WhenFull = Literal["queue", "skip"]
"""What becomes of a run that comes while as many are under way as may be."""


class Conduct(Request):
    """How a pipeline's runs share the place."""

    priority: int = Field(
        default=0, ge=-100, le=100, description="Runs with a higher one start first."
    )
    concurrency: int = Field(
        default=0, ge=0, le=1_000, description="Runs of it at a time; 0: no limit of its own."
    )
    when_full: WhenFull = Field(
        default="queue",
        description="`queue`: a run waits for its place; `skip`: a scheduled one is skipped.",
    )


class GraphStep(Answer):
    """A step of a run, as its page draws it."""

    name: str = Field(description="Its name.")
    needs: list[str] = Field(description="All steps that it comes after.")
    release: str = Field(description="Digest of its release.")
    state: str = Field(description="`waiting`, or as its runs stand; the worst of a fan-out.")
    runs: list[str] = Field(description="Ids of its runs, by item.")
    done: int = Field(description="Runs of it that have ended.")
    items: int = Field(description="Runs of it in all.")
    message: str = Field(description="Why it stands there, in a sentence.")


Title = Annotated[str, Field(max_length=120), Visible]
