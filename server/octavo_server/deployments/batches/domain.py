"""Records of batches: what is scored, with what, and how far each partition is; times are UTC."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from octavo.records.batches import BatchState as State
from octavo.records.batches import PartitionState

__all__ = ["PartitionState", "State"]

MOVES: Final[Mapping[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset(
        {
            State.SUCCEEDED,
            State.PARTIAL,
            State.FAILED,
            State.CANCELLED,
            State.QUEUED,  # its worker died; what is committed stays, the rest is scored
        }
    ),
    State.SUCCEEDED: frozenset(),
    State.PARTIAL: frozenset({State.QUEUED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.CANCELLED: frozenset({State.QUEUED}),
}
"""State -> states that may follow; the last three go on when a person resumes them."""
UNFINISHED: Final = frozenset({State.QUEUED, State.RUNNING})
"""States that a batch leaves by itself."""
RESUMABLE: Final = frozenset({State.PARTIAL, State.FAILED, State.CANCELLED})
"""States that a person may lead on from."""


@dataclass(frozen=True, kw_only=True)
class LakeFile:
    """One file of the lake, as it was when the batch was asked for."""

    path: str
    """Path below the project's lake."""
    size: int
    """Bytes."""
    mtime_ns: int
    """When it was last written, nanoseconds since 1970."""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A part of the data that gets one output file."""

    name: str
    """Its path below the batch's source; the file's own name for a single file."""
    keys: Mapping[str, str | None]
    """Column -> value, of folders named key=value; None: no value."""
    files: tuple[LakeFile, ...]
    """Its files in order."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """A registered version, its signature checked just now."""

    version: int
    """The version."""
    digest: str
    """SHA-256 of its manifest."""
    signed: bool
    """Whether the signature on it holds."""
    takes_columns: bool
    """Whether its inputs are named columns."""


@dataclass(frozen=True, kw_only=True)
class Batch:
    """A table of the lake that is scored with one version."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    source: str
    """File or folder, below the project's lake."""
    model: str
    """Registered model."""
    version: int
    """Version that scores."""
    alias: str | None
    """Alias that named the version at the start."""
    digest: str
    """SHA-256 of the version's manifest: nothing else may score."""
    environment: str
    """Whose policy the version met."""
    profile: str
    """Profile it runs with and is priced by."""
    keep: tuple[str, ...]
    """Columns of the data that the output holds too."""
    max_failures: int
    """Partitions that may fail while the others go on."""
    output: str
    """Folder of the outputs, below the project's lake."""
    state: State
    """Where it is."""
    message: str
    """Why, a sentence."""
    requested_by: str
    """Who started it."""
    created_at: datetime
    """When it was asked for."""
    partitions: int
    """Partitions."""
    done: int = 0
    """Partitions whose output is committed."""
    failed: int = 0
    """Partitions that failed."""
    rows: int = 0
    """Rows scored and committed."""
    input_bytes: int = 0
    """Bytes of the data."""
    started_at: datetime | None = None
    """When its first attempt began."""
    ended_at: datetime | None = None
    """When it ended."""
    attempts: int = 0
    """How often a worker took it in hand."""
    lost: int = 0
    """Attempts in a row that came to nothing."""
    attempt_at: datetime | None = None
    """When the last attempt began."""
    worker: str | None = None
    """Worker process that has or had it in hand."""
    seconds: float = 0.0
    """Seconds that its partitions took."""
    cost_eur: float | None = None
    """What it cost so far, in euro."""
    cost_before: float = 0.0
    """What the attempts before the last one cost, in euro."""
    cancel_requested_by: str | None = None
    """Who cancelled it."""
    manifest_digest: str | None = None
    """SHA-256 of the outputs' manifest in the lake."""
    envelope: Mapping[str, Any] | None = None
    """The signed statement on the outputs."""

    @property
    def can_cancel(self) -> bool:
        """Whether it can be cancelled now."""
        return self.state in UNFINISHED and self.cancel_requested_by is None

    @property
    def can_resume(self) -> bool:
        """Whether what is left of it can be scored."""
        return self.state in RESUMABLE


@dataclass(frozen=True, kw_only=True)
class Partition:
    """One partition of a batch: one output file, committed once."""

    batch: str
    """The batch."""
    number: int
    """Its place, from 0."""
    name: str
    """Its path below the source."""
    keys: Mapping[str, str | None]
    """Column -> value of its folders."""
    files: tuple[LakeFile, ...]
    """Its files."""
    output: str
    """Its output, below the batch's folder."""
    state: PartitionState = PartitionState.WAITING
    """Where it is."""
    input_digest: str | None = None
    """SHA-256 over the digests of its files."""
    digest: str | None = None
    """SHA-256 of the output; known before the output shows, so that nothing is scored twice."""
    size: int = 0
    """Bytes of the output."""
    rows: int = 0
    """Rows scored."""
    seconds: float = 0.0
    """How long that took."""
    engine: str | None = None
    """onnx, pyfunc, or mixed."""
    message: str = ""
    """Why it failed."""
    remedy: str = ""
    """What to do then."""
    tries: int = 0
    """How often it was scored."""
    committed_at: datetime | None = None
    """When its output was committed."""

    @property
    def input_bytes(self) -> int:
        """Bytes of its files."""
        return sum(one.size for one in self.files)


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What the sandbox made of one partition; nothing of it shows yet."""

    file: Path
    """The output, in the sandbox: what is in it is a stranger's."""
    rows: int
    """Rows in it."""
    seconds: float
    """How long that took."""
    engine: str
    """onnx, pyfunc, or mixed."""
    input_digest: str
    """SHA-256 over the digests of the files that were read."""
