"""Records of a model on its way to a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Final

from octavo_server.registry.versions.service import (
    ArtifactFile,
    Packaging,
)


class State(StrEnum):
    """Where a registration is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED: Final = frozenset({State.QUEUED, State.RUNNING})
"""States that a registration leaves by itself."""
MOVES: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.QUEUED: frozenset({State.RUNNING, State.FAILED, State.CANCELLED}),
        State.RUNNING: frozenset({State.DONE, State.FAILED, State.CANCELLED}),
        State.DONE: frozenset(),
        State.FAILED: frozenset(),
        State.CANCELLED: frozenset(),
    }
)
"""State -> states that may follow."""


class Step(StrEnum):
    """What a registration does, in this order."""

    QUEUED = "queued"
    COPY = "copy"
    SCAN = "scan"
    TRIAL = "trial"
    CONVERT = "convert"
    SIGN = "sign"
    DONE = "done"


STEP_WORDS: Final[Mapping[Step, str]] = MappingProxyType(
    {
        Step.QUEUED: "Waiting for its turn",
        Step.COPY: "Copying and hashing the files",
        Step.SCAN: "Scanning the files",
        Step.TRIAL: "Predicting on the input example",
        Step.CONVERT: "Making the ONNX form and comparing its outputs",
        Step.SIGN: "Keeping and signing the version",
        Step.DONE: "Registered",
    }
)
"""Step -> what it is, for a person."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What somebody asks to be registered."""

    project: str
    """The project."""
    name: str
    """Name of the model."""
    run_id: str
    """The MLflow run."""
    model_id: str | None
    """The logged model; None where the run logged exactly one."""
    card: str = ""
    """The card; empty takes the draft."""
    owner: str | None = None
    """Who answers for it; None: who asks."""
    convert: bool = True
    """Whether an ONNX form is tried."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A registration that was asked for; times are UTC."""

    id: str
    """Its id."""
    project: str
    """The project."""
    name: str
    """Name of the model."""
    run_id: str
    """The MLflow run."""
    model_id: str
    """The logged model."""
    card: str
    """The card; empty takes the draft."""
    owner: str
    """Who answers for the version."""
    convert: bool
    """Whether an ONNX form is tried."""
    state: State
    """Where it is."""
    step: Step
    """What it does, or did last."""
    done: int = 0
    """Bytes copied."""
    total: int = 0
    """Bytes to copy; 0 before that is known."""
    message: str = ""
    """Why it failed."""
    remedy: str = ""
    """What to do then."""
    version: int | None = None
    """The version that was made."""
    requested_by: str
    """Who asked."""
    cancel_requested_by: str | None = None
    """Who cancelled it."""
    created_at: datetime
    """When it was asked for."""
    started_at: datetime | None = None
    """When it began."""
    step_at: datetime | None = None
    """When its step began."""
    seen_at: datetime
    """When its process last said that it is at it."""
    ended_at: datetime | None = None
    """When it ended."""

    @property
    def label(self) -> str:
        """The step in words."""
        return STEP_WORDS[self.step]

    @property
    def order(self) -> Order:
        """What was asked for."""
        return Order(
            project=self.project,
            name=self.name,
            run_id=self.run_id,
            model_id=self.model_id,
            card=self.card,
            owner=self.owner,
            convert=self.convert,
        )


@dataclass(frozen=True, kw_only=True)
class Staged:
    """A private, read-only copy of files on their way into the store."""

    folder: Path
    """Where the copy lies."""
    files: tuple[ArtifactFile, ...]
    """Its files, by path, with the digests of the bytes that were copied."""


@dataclass(frozen=True, kw_only=True)
class Checkout:
    """A copy of a model's files where they are looked at."""

    staged: Staged
    """The private copy that goes into the store."""
    folder: Path
    """Where its files lie for whoever looks at them."""
    packaging: Packaging
    """What they say."""


@dataclass(frozen=True, kw_only=True)
class ConvertedForm:
    """An ONNX form as a child made it, staged beside the model."""

    staged: Staged
    """Its files."""
    max_difference: float
    """Largest difference from the model's own outputs."""
    rows: int
    """Rows on which both were compared."""
    speedup: float | None
    """How many times faster one row was."""
    detail: str
    """What was compared, in words."""
