"""Wire records of the area `notebooks`: lint, submissions, replays, reviews and releases."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, Visible
from octavo.records.linting import (
    LintAnswer,
    LintFinding,
    LintReport,
    LintRequest,
    Severity,
)
from octavo.records.parameters import Parameter, ParameterType, ParameterValue

__all__ = [  # what was always found here, besides what is defined below
    "LintAnswer",
    "LintFinding",
    "LintReport",
    "LintRequest",
    "Parameter",
    "ParameterType",
    "ParameterValue",
    "Severity",
]

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256, lower-case hex."""


class Tolerance(Request):
    """How far two numbers may be apart and still count as equivalent."""

    relative: float = Field(default=1e-6, ge=0, le=0.1, description="Of the larger of the two.")
    absolute: float = Field(default=1e-9, ge=0, le=1e6, description="In the number's own unit.")


class SubmissionRequest(Request):
    """A notebook offered for review, with what its runs may rely on."""

    name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{1,62}$", description="Name of the release line, such as `score`."
    )
    path: str = Field(max_length=512, description="Where it lies in the workspace; for people.")
    notebook: dict[str, Any] = Field(description="The notebook as nbformat 4 JSON, <= 10 MiB.")
    profile: str = Field(
        default="cpu-small", max_length=63, description="Id of the spawner profile it runs under."
    )
    parameters: dict[Annotated[str, Field(max_length=63)], ParameterValue] = Field(
        default_factory=dict,
        max_length=64,
        description="Values for the replay; the defaults where absent.",
    )
    data: list[Annotated[str, Field(max_length=256)]] = Field(
        default_factory=list,
        max_length=64,
        description="Files or folders of the lake it reads; none: the folder `curated`.",
    )
    idempotent: bool = Field(
        default=False, description="A second execution does no harm: lost attempts may be retried."
    )
    tolerance: Tolerance = Field(
        default_factory=Tolerance, description="What still counts as the same result."
    )
    note: Annotated[str, Field(max_length=2000), Visible] = Field(
        default="", description="To the reviewer."
    )


class SubmissionState(StrEnum):
    """Where a submission stands."""

    QUEUED = "queued"
    REPLAYING = "replaying"
    REVIEWABLE = "reviewable"
    FAILED = "failed"
    APPROVED = "approved"
    REJECTED = "rejected"


class Input(Answer):
    """Something that a notebook read, pinned by digest."""

    kind: Literal["data", "features", "model"] = Field(description="What it is.")
    name: str = Field(description="Path in the lake, `registry`, or model/version.")
    digest: str = Field(description="SHA-256 of its content; for a model what the registry pins.")


class Environment(Answer):
    """The packages that the replay loaded, exactly."""

    digest: Sha256 = Field(description="SHA-256 of the canonical JSON of the two below.")
    python: str = Field(description="Version of the interpreter.")
    packages: dict[str, str] = Field(description="Distribution name to version.")


class Outcome(StrEnum):
    """How two executions of the same thing compare."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"
    DIFFERENT = "different"
    VOLATILE = "volatile"


class CellComparison(Answer):
    """How one cell's outputs, or one artifact, compare."""

    cell: int | None = Field(description="Index of the cell from 0; null: an artifact.")
    name: str = Field(description="First line of the cell, or the artifact's path.")
    outcome: Outcome = Field(description="The comparison's result.")
    detail: str = Field(default="", description="The largest or the first difference.")


class Verdict(Answer):
    """How a whole execution compares with another."""

    outcome: Literal["identical", "equivalent", "different", "not_compared"] = Field(
        description="The worst of the cells; `not_compared` says why in `reason`."
    )
    identical: int = Field(
        default=0, description="Cells and artifacts that are byte for byte equal."
    )
    equivalent: int = Field(default=0, description="Within the stated tolerance.")
    different: int = Field(default=0, description="Neither.")
    volatile: int = Field(default=0, description="Cells tagged `volatile`: shown, never compared.")
    reason: str = Field(default="", description="Why it wasn't compared, or against what it was.")
    cells: list[CellComparison] = Field(
        default_factory=list, description="All that is not identical, in order."
    )


class CellError(Answer):
    """A cell that failed."""

    cell: int | None = Field(description="Index of the cell from 0; null: outside any cell.")
    source: str = Field(default="", description="The cell's source.")
    ename: str = Field(description="Name of the exception.")
    evalue: str = Field(default="", description="Its message.")
    traceback: str = Field(default="", description="The traceback as plain text.")


class Progress(Answer):
    """How far a long execution is."""

    pass_number: int = Field(default=1, description="Which execution of a replay, from 1.")
    passes: int = Field(default=1, description="How many executions there will be.")
    cell: int = Field(default=0, description="Cells finished in this execution.")
    cells: int = Field(default=0, description="Cells in all; 0: not known yet.")
    elapsed_s: float = Field(default=0.0, description="Seconds since it started.")
    step: str = Field(default="", description="What it does right now, in words.")


class Replay(Answer):
    """The clean-room replay: two executions in fresh processes, compared."""

    state: Literal["queued", "running", "done", "failed"] = Field(description="Where it stands.")
    progress: Progress | None = Field(default=None, description="How far it is.")
    verdict: Verdict | None = Field(default=None, description="The second against the first.")
    error: CellError | None = Field(default=None, description="What made it fail.")
    seconds: float | None = Field(default=None, description="Seconds of one execution.")


class PolicyResult(Answer):
    """What the policy decided at a gate."""

    allowed: bool = Field(description="Whether it may pass.")
    reasons: list[str] = Field(description="One sentence a rule that decided.")
    digest: str = Field(description="SHA-256 of the policy that decided.")


class SubmissionReview(Answer):
    """A person's decision on a submission."""

    decision: Literal["approve", "reject"] = Field(description="The decision.")
    reason: str = Field(description="The reviewer's sentence.")
    reviewer: str = Field(description="Who decided.")
    at: datetime = Field(description="When, UTC.")
    digest: Sha256 = Field(description="Digest of the bundle that was reviewed.")


class SubmissionSummary(Answer):
    """A submission as a list shows it."""

    id: str = Field(description="Its id.")
    project: str = Field(description="Its project.")
    name: str = Field(description="Name of the release line.")
    path: str = Field(description="Where it lay in the workspace.")
    state: SubmissionState = Field(description="Where it stands.")
    submitted_by: str = Field(description="Who offered it.")
    submitted_at: datetime = Field(description="When, UTC.")
    lint_errors: int = Field(description="Lint findings of severity `error`.")
    lint_warnings: int = Field(description="Lint findings of severity `warning`.")
    verdict: str | None = Field(description="The replay's outcome; null: not there yet.")
    release: str | None = Field(description="Digest of the release it became.")


class Submission(SubmissionSummary):
    """A submission with everything a reviewer needs but the diff."""

    note: str = Field(description="To the reviewer.")
    notebook_digest: Sha256 = Field(description="SHA-256 of the notebook's bytes.")
    bundle_digest: Sha256 | None = Field(
        description="SHA-256 of all that is reviewed; a review names it. Null until replayed."
    )
    lint: LintReport = Field(description="The findings.")
    parameters: list[Parameter] = Field(description="The typed parameters.")
    replay_parameters: dict[str, ParameterValue] = Field(description="Values the replay used.")
    profile: str = Field(description="Id of the spawner profile.")
    environment: Environment | None = Field(description="What the replay loaded.")
    inputs: list[Input] = Field(description="What it read, pinned.")
    idempotent: bool = Field(description="Whether a lost attempt may be retried.")
    tolerance: Tolerance = Field(description="What still counts as the same result.")
    replay: Replay = Field(description="The clean-room replay.")
    policy: PolicyResult | None = Field(
        description="What the policy would say to an approval; null until replayed."
    )
    review: SubmissionReview | None = Field(description="The decision, once there is one.")
    previous_release: str | None = Field(description="Digest of the line's last release.")
    may_review: bool = Field(description="Whether the asking person may decide on it.")
    may_not_review_because: str = Field(description="Why not; empty if they may.")


class SubmissionList(Answer):
    """A page of submissions, the newest first."""

    items: list[SubmissionSummary] = Field(description="The page.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")


class DiffLine(Answer):
    """One line of a cell's source in a diff."""

    op: Literal["same", "added", "removed"] = Field(description="What happened to it.")
    text: str = Field(description="The line without its end.")


class CellDiff(Answer):
    """What happened to one cell since the last release."""

    op: Literal["same", "added", "removed", "changed"] = Field(description="What happened to it.")
    cell_type: str = Field(description="`code`, `markdown` or `raw`.")
    old_index: int | None = Field(description="Where it was, from 0.")
    new_index: int | None = Field(description="Where it is, from 0.")
    lines: list[DiffLine] = Field(description="Its source.")
    outputs_changed: bool = Field(description="Whether the saved outputs differ.")


class NotebookDiff(Answer):
    """The semantic diff of a submission with the last release of its line."""

    base: str | None = Field(description="Digest of that release; null: the first one.")
    cells: list[CellDiff] = Field(description="All cells in order.")
    added: int = Field(description="Number of added cells.")
    removed: int = Field(description="Number of removed cells.")
    changed: int = Field(description="Number of changed cells.")
    parameters_changed: list[str] = Field(description="One sentence a changed parameter.")
    metadata_changed: bool = Field(description="Whether the notebook's own metadata differ.")


class ReleaseFile(Answer):
    """One file of a release."""

    name: str = Field(description="Its name in the release's folder.")
    digest: Sha256 = Field(description="SHA-256 of its bytes.")
    size: int = Field(description="In bytes.")


class ReleaseSummary(Answer):
    """A release as a list shows it."""

    digest: Sha256 = Field(description="SHA-256 of its manifest: its name.")
    project: str = Field(description="Its project.")
    name: str = Field(description="Name of the release line.")
    number: int = Field(description="Counts the line's releases from 1.")
    submitted_by: str = Field(description="Who wrote it.")
    approved_by: str = Field(description="Who approved it.")
    created_at: datetime = Field(description="When it was approved, UTC.")
    profile: str = Field(description="Id of the spawner profile it runs under.")
    verdict: str = Field(description="Outcome of its replay.")
    idempotent: bool = Field(description="Whether a lost attempt may be retried.")
    valid_until: datetime | None = Field(
        default=None, description="UTC; the approval ends then. Null: it was made without an end."
    )
    withdrawn_by: str | None = Field(default=None, description="Who took its approval back.")
    withdrawn_at: datetime | None = Field(default=None, description="When, UTC.")
    withdrawn_reason: str | None = Field(default=None, description="Why.")


class WithdrawRequest(Request):
    """Take a release's approval back."""

    reason: Reason = Field(description="Why, as a sentence.")


class Release(ReleaseSummary):
    """A release with its whole manifest."""

    submission: str = Field(description="Id of the submission it came from.")
    parameters: list[Parameter] = Field(description="The typed parameters.")
    environment: Environment = Field(description="The locked packages.")
    inputs: list[Input] = Field(description="What the replay read.")
    files: list[ReleaseFile] = Field(description="Its files.")
    manifest: dict[str, Any] = Field(description="The manifest as signed.")
    key_id: str = Field(description="Name of the key that signed it.")


class ReleaseList(Answer):
    """A page of releases, the newest first."""

    items: list[ReleaseSummary] = Field(description="The page.")
    next_cursor: str | None = Field(description="Pass it as `cursor` for the next page.")


class ReleaseCheck(Answer):
    """One check of a verification."""

    name: str = Field(description="What was checked.")
    ok: bool = Field(description="Whether it holds.")
    detail: str = Field(description="What was found.")


class ReleaseVerification(Answer):
    """Whether a release's stored bytes are the approved ones, found out just now."""

    digest: Sha256 = Field(description="The release.")
    ok: bool = Field(description="Whether all checks hold.")
    checks: list[ReleaseCheck] = Field(description="Each check.")
    verified_at: datetime = Field(description="When, UTC.")
