"""Which notebook version and which cell made a run; times are UTC, digests SHA-256 in hex."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, cut
from octavo.records.experiments import Name, RunStatus
from octavo.records.notebooks import CellDiff

Text = Annotated[str, Field(max_length=300_000), cut(300_000)]

LARGEST_VERSION = 16 * 2**20
"""The most bytes of a notebook version that are stored; outputs are left out of larger ones."""
LARGEST_SOURCE = 256 * 2**10
"""The most bytes of a cell's source that are stored."""
WITHOUT_OUTPUTS = "application/x-ipynb+json; outputs=none"
"""Content type of a version from which the client left the outputs out."""


class NotebookVersion(Answer):
    """A notebook as its file was when a run began."""

    sha256: Name = Field(description="SHA-256 of the file's bytes when the run began.")
    path: Name = Field(description="Where it lay, relative to the home of who stored it.")
    exact: bool = Field(
        description="True: the stored bytes are the file's, checked by their digest. False: they "
        "were sent without outputs, so that nothing but the word of who stored it says that they "
        "belong to the digest."
    )
    size: int = Field(description="Stored bytes.")
    cells: int = Field(description="How many cells it has.")
    stored_by: Name = Field(description="Who stored it.")
    stored_at: datetime = Field(description="When, UTC.")


class CellSource(Answer):
    """The source of a cell as it was executed."""

    sha256: Name = Field(description="SHA-256 of the source in UTF-8.")
    source: Text = Field(description="The source.")
    stored_by: Name = Field(description="Who stored it.")
    stored_at: datetime = Field(description="When, UTC.")


class RunNotebook(Answer):
    """What is known of the notebook and the cell that made a run."""

    run_id: Name = Field(description="The run.")
    path: Name = Field(description="Path of the notebook, relative to the person's home.")
    sha256: Name | None = Field(description="Digest of the file when the run began, where known.")
    commit: Name | None = Field(description="Git commit of its folder, where it is a repository.")
    cell: Name | None = Field(description="Id of the cell that was executing, where known.")
    cell_sha256: Name | None = Field(description="Digest of the cell's source as it ran.")
    version: NotebookVersion | None = Field(description="The stored version; null: not stored.")
    cell_index: int | None = Field(description="Where in the stored version the cell stands.")
    saved: Literal["same", "changed", "absent", "unknown"] = Field(
        description="How the cell in the stored version compares with what ran: same; changed "
        "since the last save; absent from it; unknown where a part is missing."
    )
    source: Text | None = Field(description="The cell as it ran, where it is stored.")
    notes: list[Text] = Field(description="What is missing or differs, as sentences.")


class CellRun(Answer):
    """A past execution of a cell that made a run."""

    run_id: Name = Field(description="The run.")
    name: Name = Field(description="Its name.")
    status: RunStatus = Field(description="Where it is.")
    owner: Name = Field(description="Who started it.")
    started_at: datetime | None = Field(description="Start, UTC.")
    cell_sha256: Name | None = Field(description="Digest of the cell's source as it ran.")
    metrics: dict[str, float | None] = Field(
        description="Its leading metrics; null stands for a value that is no finite number."
    )


class CellHistory(Answer):
    """The past executions of one cell."""

    cell: Name = Field(description="Id of the cell.")
    total: int = Field(description="How many runs it made, of those that were looked at.")
    runs: list[CellRun] = Field(description="The newest of them, newest first.")


class NotebookCells(Answer):
    """The cells of a notebook that made runs."""

    notebook: Name = Field(description="Path of the notebook.")
    items: list[CellHistory] = Field(description="The cell with the newest run first.")
    complete: bool = Field(
        description="False: the notebook made so many runs that only the newest were looked at."
    )
    as_of: datetime = Field(description="When the read model last agreed with MLflow, UTC.")
    stale: Text | None = Field(description="Why it may be out of date; null where it is not.")


class NotebookSide(Answer):
    """One of two compared runs as a notebook."""

    run_id: Name = Field(description="The run.")
    name: Name = Field(description="Its name.")
    path: Name = Field(description="Path of the notebook.")
    sha256: Name = Field(description="Digest of the version.")
    exact: bool = Field(description="False: stored without outputs.")
    cell: Name | None = Field(description="Id of the cell that made the run.")
    cell_index: int | None = Field(description="Where that cell stands in what is compared.")
    as_it_ran: bool = Field(
        description="True: the cell that made the run was not saved so, and is compared as it ran."
    )


class NotebookDifference(Answer):
    """Two runs as notebooks, cell by cell; outputs are not compared."""

    old: NotebookSide = Field(description="The first run.")
    new: NotebookSide = Field(description="The second run.")
    added: int = Field(description="Cells that only the second has.")
    removed: int = Field(description="Cells that only the first has.")
    changed: int = Field(description="Cells that differ.")
    same: int = Field(description="Cells that are the same.")
    cells: list[CellDiff] = Field(description="All cells of both in order.")
