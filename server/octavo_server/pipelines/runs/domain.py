"""Records of runs, and the moves that a run may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from octavo.records.notebooks import CellError, Input, ParameterValue, Verdict
from octavo.records.pipelines import Artifact, RunState
from octavo_server.identity import Caller
from octavo_server.permissions import ADMIN, SERVICE

MOVES: Final[dict[RunState, frozenset[RunState]]] = {
    RunState.QUEUED: frozenset(
        {RunState.RUNNING, RunState.CANCELLED, RunState.REFUSED, RunState.FAILED}
    ),
    RunState.RUNNING: frozenset(
        {
            RunState.SUCCEEDED,
            RunState.FAILED,
            RunState.CANCELLED,
            RunState.UNKNOWN,
            RunState.QUEUED,  # its attempt was lost or failed, and it may be tried again
        }
    ),
    RunState.UNKNOWN: frozenset({RunState.QUEUED, RunState.FAILED}),  # a person decided
    RunState.SUCCEEDED: frozenset(),
    RunState.FAILED: frozenset(),
    RunState.CANCELLED: frozenset(),
    RunState.REFUSED: frozenset(),
    RunState.SKIPPED: frozenset(),
}
"""The allowed moves."""

ENDED: Final = frozenset(state for state, moves in MOVES.items() if not moves)
"""States that a run never leaves."""

AttemptState = Literal["running", "succeeded", "failed", "cancelled", "lost"]
Environment = Literal["dev", "prod"]


def sees_all(caller: Caller) -> bool:
    """Whether a caller sees what is private to others: admins of the project, and services."""
    return bool(caller.roles & {ADMIN, SERVICE})


class Trigger(StrEnum):
    """What started a run."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    HAND_OFF = "hand_off"
    """A person gave the notebook of their workspace away: nobody has approved it."""
    DATA = "data"
    """Data of the lake changed."""
    PIPELINE = "pipeline"
    """Another pipeline's run ended."""
    BACKFILL = "backfill"
    """A person asked for past times."""
    STEP = "step"
    """A graph's run came to this step."""
    RESUME = "resume"
    """A person let a graph's run that had failed go on."""


RunKind = Literal["release", "graph"]


@dataclass(frozen=True, kw_only=True)
class Handed:
    """A file that another step left and a run finds below its folder ``inputs``."""

    path: str
    """Relative to that folder."""
    digest: str
    """SHA-256 of its bytes, which the blob store keeps."""
    size: int
    """In bytes."""
    kind: str
    """What it must be: ``file``, ``csv``, ``json`` or ``parquet``."""
    source: str
    """``<step>.<output>``."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """One execution: of a pipeline's release, or of a notebook that a person handed off."""

    id: str
    """Its id."""
    project: str
    """Its project."""
    pipeline: str
    """Name of the pipeline; empty for a hand-off."""
    release: str
    """Digest of the release; empty for a hand-off."""
    state: RunState
    """Where it stands."""
    trigger: Trigger
    """What started it."""
    schedule: str | None
    """Id of its schedule."""
    tick: datetime | None
    """The schedule's time it stands for (UTC)."""
    requested_by: str
    """Who asked for it or made its schedule."""
    parameters: Mapping[str, ParameterValue]
    """All values."""
    profile: str
    """Id of the spawner profile."""
    message: str
    """Why it is in this state."""
    created_at: datetime
    """When it was asked for (UTC)."""
    started_at: datetime | None = None
    """When its first attempt started (UTC)."""
    ended_at: datetime | None = None
    """When it was over (UTC)."""
    expected_s: float | None = None
    """Seconds that the release's replay took."""
    attempts: int = 0
    """How many attempts there were."""
    cell: int = 0
    """Cells finished in the last attempt."""
    cells: int = 0
    """Cells in all; 0: not known yet."""
    error: CellError | None = None
    """The cell that failed."""
    comparison: Verdict | None = None
    """How its outputs compare with the release's replay."""
    inputs: tuple[Input, ...] = ()
    """What it read."""
    inputs_changed: tuple[str, ...] = ()
    """Inputs that differ from the release's."""
    artifacts: tuple[Artifact, ...] = ()
    """The files it committed."""
    output_digest: str | None = None
    """SHA-256 of the output notebook, which the blob store keeps."""
    provenance_digest: str | None = None
    """SHA-256 of the signed provenance statement, which the blob store keeps."""
    cancel_requested_by: str | None = None
    """Who asked to cancel it."""
    cost: float | None = None
    """What it cost, in euro."""
    notebook: str | None = None
    """Path of the notebook that was handed off."""
    notebook_digest: str | None = None
    """SHA-256 of the notebook that was handed off, which the blob store keeps."""
    session: str | None = None
    """Id of the workspace session it was handed off from."""
    private_to: str = ""
    """The person who alone sees it, beside the project's admins; empty: every member does."""

    kind: RunKind = "release"
    """``graph``: it is made of its steps' runs, and executes nothing itself."""
    graph: Mapping[str, Any] | None = None
    """Of a graph: the steps as they were when it was asked for, releases by digest."""
    parent: str | None = None
    """Id of the graph's run it is a step of."""
    step: str = ""
    """Name of that step."""
    item: int = 0
    """Which value of the step's fan-out, from 0."""
    reuses: str | None = None
    """Id of the run whose result it took."""
    backfill: str | None = None
    """Id of the backfill it is part of."""
    resumes: str | None = None
    """Id of the graph's run that it goes on with."""
    cache_key: str | None = None
    """SHA-256 of all that its result depends on, where its step may be cached."""
    handed: tuple[Handed, ...] = ()
    """Files that other steps handed over."""
    retry: Mapping[str, Any] | None = None
    """How a failure is tried again; see :class:`octavo.records.graphs.Retry`."""
    not_before: datetime | None = None
    """It isn't started earlier (UTC)."""
    timeout_s: float | None = None
    """Its own limit of time, seconds; None: its profile's."""
    priority: int = 0
    """Runs with a higher one start first."""
    concurrency: int = 0
    """Runs of its pipeline that may be under way at a time; 0: any number."""

    @property
    def verdict(self) -> str | None:
        """How its outputs compare with its release's, in a word."""
        return self.comparison.outcome if self.comparison else None

    @property
    def approved(self) -> bool:
        """Whether what it executes was approved: only a release was."""
        return self.trigger is not Trigger.HAND_OFF

    @property
    def environment(self) -> Environment:
        """Where its results count: releases run in prod, a hand-off is one person's own."""
        return "prod" if self.approved else "dev"

    def visible_to(self, caller: Caller) -> bool:
        """Whether a caller may know of it."""
        return not self.private_to or self.private_to == caller.name or sees_all(caller)


@dataclass(frozen=True, kw_only=True)
class HandOffTarget:
    """A profile that a person wants to hand a notebook off to."""

    profile: str
    """Its id."""
    pipelines: bool
    """Whether runs may use it."""
    gpus: int = 0
    """GPUs it has."""
    environments: tuple[str, ...] = ("dev",)
    """Environments it may be used in."""
    refusals: tuple[str, ...] = ()
    """Why this person may not use it, in sentences; empty: they may."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try of a run."""

    run: str
    """Id of the run."""
    number: int
    """From 1."""
    state: AttemptState
    """How it stands."""
    worker: str
    """Id of the worker process that made it."""
    started_at: datetime
    """When (UTC)."""
    ended_at: datetime | None = None
    """When it was over (UTC)."""
    message: str = ""
    """Why it ended."""
    account: str = ""
    """The OS account it ran under."""
    peak_memory_mib: float | None = None
    """Highest resident memory seen."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """One thing that happened in a run."""

    kind: str
    """``state``, ``cell_started``, ``cell_finished``, ``error`` or ``log``."""
    at: datetime
    """When (UTC)."""
    attempt: int = 0
    """In which attempt; 0: before any."""
    cell: int | None = None
    """Index of the cell."""
    cells: int | None = None
    """Cells in all."""
    seconds: float | None = None
    """How long the cell took."""
    memory_mib: float | None = None
    """Highest memory while the cell ran."""
    state: str | None = None
    """The run's state from now on."""
    message: str = ""
    """In words."""
    seq: int = 0
    """Counts a run's events from 1; the store gives it."""
