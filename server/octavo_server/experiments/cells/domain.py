"""Records of notebook versions and cells; times are UTC, digests SHA-256 in hex."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Saved = Literal["same", "changed", "absent", "unknown"]
"""How a cell in the stored version compares with what ran."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a cell stands in a version, and what it says there."""

    index: int
    """From 0."""
    sha256: str
    """Digest of its source in UTF-8."""


@dataclass(frozen=True, kw_only=True)
class Outline:
    """What a notebook's file holds, without its text."""

    cells: int
    """How many cells there are."""
    places: Mapping[str, Place]
    """The cells that have an id, by it."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """A stored notebook version."""

    project: str
    """The project."""
    sha256: str
    """Digest of the file when the run began."""
    blob: str
    """Digest of the stored bytes; the same where `exact`."""
    exact: bool
    """True: the stored bytes are the file's."""
    path: str
    """Where it lay, relative to the home of who stored it."""
    size: int
    """Stored bytes."""
    outline: Outline
    """Its cells."""
    stored_by: str
    """Who stored it."""
    stored_at: datetime
    """When."""

    @property
    def cells(self) -> int:
        """How many cells it has."""
        return self.outline.cells


@dataclass(frozen=True, kw_only=True)
class Source:
    """The source of a cell as it ran."""

    sha256: str
    """Its digest."""
    source: str
    """The text."""
    stored_by: str
    """Who stored it."""
    stored_at: datetime
    """When."""


@dataclass(frozen=True, kw_only=True)
class Execution:
    """A run that a cell of a notebook made."""

    run_id: str
    """The run."""
    cell: str
    """Id of the cell."""


@dataclass(frozen=True, kw_only=True)
class CellRun:
    """A run with what the margin shows of it."""

    run_id: str
    """MLflow's id."""
    name: str
    """Its name."""
    status: str
    """Where it is."""
    owner: str
    """Who started it."""
    started_at: datetime | None
    """Start."""
    cell_sha256: str | None
    """Digest of the cell's source as it ran."""
    metrics: Mapping[str, float | None]
    """Latest values; None for one that is no finite number."""


Notebook = dict[str, Any]
"""A notebook's JSON; nothing in it is trusted."""
