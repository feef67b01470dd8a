"""Records of submissions and releases, and the moves a submission may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from octavo.records.notebooks import (
    CellError,
    Environment,
    Input,
    LintReport,
    Parameter,
    ParameterValue,
    SubmissionReview,
    SubmissionState,
    Tolerance,
    Verdict,
)

MOVES: Final[dict[SubmissionState, frozenset[SubmissionState]]] = {
    SubmissionState.QUEUED: frozenset({SubmissionState.REPLAYING}),
    SubmissionState.REPLAYING: frozenset({SubmissionState.REVIEWABLE, SubmissionState.FAILED}),
    SubmissionState.REVIEWABLE: frozenset({SubmissionState.APPROVED, SubmissionState.REJECTED}),
    SubmissionState.FAILED: frozenset(),
    SubmissionState.APPROVED: frozenset(),
    SubmissionState.REJECTED: frozenset(),
}
"""The allowed moves."""


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A notebook offered for review."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    name: str
    """Name of the release line."""
    path: str
    """Where it lay in the workspace."""
    state: SubmissionState
    """Where it stands."""
    submitted_by: str
    """Who offered it."""
    submitted_at: datetime
    """When (UTC)."""
    note: str
    """To the reviewer."""
    notebook_digest: str
    """SHA-256 of its bytes, which the blob store keeps."""
    profile: str
    """Id of the spawner profile."""
    idempotent: bool
    """Whether a lost attempt may be retried."""
    tolerance: Tolerance
    """What still counts as the same result."""
    parameters: tuple[Parameter, ...]
    """The typed parameters."""
    replay_parameters: Mapping[str, ParameterValue]
    """All values that the replay uses."""
    lint: LintReport
    """The findings."""
    inputs: tuple[Input, ...]
    """What it reads, pinned."""
    environment: Environment | None = None
    """What the replay loaded."""
    verdict: Verdict | None = None
    """The second execution against the first."""
    replay_error: CellError | None = None
    """What made the replay fail."""
    replay_seconds: float | None = None
    """Seconds of the second execution."""
    results_digest: str | None = None
    """SHA-256 of the results that runs are compared with, which the blob store keeps."""
    bundle_digest: str | None = None
    """SHA-256 of all that is reviewed."""
    review: SubmissionReview | None = None
    """The decision."""
    release: str | None = None
    """Digest of the release it became."""
    previous_release: str | None = None
    """Digest of the line's last release when it was offered."""


@dataclass(frozen=True, kw_only=True)
class ReplayProgress:
    """How far a replay is."""

    submission: str
    """Id of the submission."""
    worker: str
    """Id of the worker process that replays it."""
    pass_number: int
    """Which execution, from 1."""
    cell: int
    """Cells finished in it."""
    cells: int
    """Cells in all; 0: not known yet."""
    step: str
    """What it does right now."""
    started_at: datetime
    """When it started (UTC)."""


@dataclass(frozen=True, kw_only=True)
class Release:
    """An approved, signed, immutable bundle."""

    digest: str
    """SHA-256 of its manifest's canonical JSON: its name."""
    project: str
    """Its project."""
    name: str
    """Name of the release line."""
    number: int
    """Counts the line's releases from 1."""
    submission: str
    """Id of the submission it came from."""
    created_at: datetime
    """When it was approved (UTC)."""
    manifest: Mapping[str, Any]
    """The manifest as signed."""
    key_id: str
    """Name of the key that signed it."""
    withdrawn_by: str | None = None
    """Who took its approval back."""
    withdrawn_at: datetime | None = None
    """When (UTC)."""
    withdrawn_reason: str | None = None
    """Why, as a sentence."""

    @property
    def valid_until(self) -> datetime | None:
        """When its approval ends (UTC); None: it was made before approvals ended."""
        said = self.manifest.get("valid_until")
        return None if said is None else datetime.fromisoformat(said)


@dataclass(frozen=True, kw_only=True)
class VerifiedRelease:
    """A release whose bytes and signature were found good just now, and what a run needs of it."""

    digest: str
    """Its name."""
    name: str
    """Name of the release line."""
    number: int
    """Number in the line."""
    notebook: bytes
    """The approved notebook."""
    parameters: tuple[Parameter, ...]
    """The typed parameters."""
    replay_parameters: Mapping[str, ParameterValue]
    """What the replay ran with."""
    profile: str
    """Id of the spawner profile."""
    inputs: tuple[Input, ...]
    """What the replay read."""
    environment: Environment
    """The locked packages."""
    tolerance: Tolerance
    """What still counts as the same result."""
    idempotent: bool
    """Whether a lost attempt may be retried."""
    results: Mapping[str, Any]
    """The replay's results: ``cells`` and ``files``."""
    replay_seconds: float
    """How long the replay took."""
