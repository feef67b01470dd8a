"""Wire records of batches: a table of the lake, scored partition by partition; times are UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible, cut
from octavo.records.registry import ALIAS_NAME, MODEL_NAME

MOST_KEPT = 50
MOST_PARTITIONS = 2_000
LONGEST_PATH = 300

Environment = Literal["dev", "test", "prod"]
Words = Annotated[str, Field(max_length=2_000), cut(2_000)]
Path = Annotated[str, Field(min_length=1, max_length=LONGEST_PATH), Visible]
ColumnName = Annotated[str, Field(min_length=1, max_length=200), Visible]


class BatchState(StrEnum):
    """Where a batch is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PARTIAL = "partial"
    FAILED = "failed"
    CANCELLED = "cancelled"


class PartitionState(StrEnum):
    """Where a partition is."""

    WAITING = "waiting"
    STAGED = "staged"
    DONE = "done"
    FAILED = "failed"


class BatchRequest(Request):
    """What to score, and with what."""

    source: Path = Field(
        description="File or folder of the project's lake, such as curated/flights_late."
    )
    model: str = Field(pattern=MODEL_NAME, max_length=63, description="Registered model.")
    version: int | None = Field(
        default=None, ge=1, le=1_000_000, description="Its version; else an alias."
    )
    alias: str | None = Field(
        default=None,
        pattern=ALIAS_NAME,
        max_length=31,
        description="Alias whose version is taken; moving it later changes nothing.",
    )
    environment: Environment = Field(
        default="prod", description="Whose policy the version has to meet."
    )
    profile: str | None = Field(
        default=None,
        pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
        max_length=63,
        description="Spawner profile it runs with and is priced by; left out: the setting's.",
    )
    keep: list[ColumnName] = Field(
        default_factory=list,
        max_length=MOST_KEPT,
        description="Columns of the data that the output holds too, such as its keys.",
    )
    max_failures: int = Field(
        default=5,
        ge=0,
        le=MOST_PARTITIONS,
        description="Partitions that may fail while the others go on; one more ends the batch.",
    )


class BatchPlan(Answer):
    """What a batch would do; nothing has happened yet."""

    source: Words = Field(description="Path in the project's lake.")
    model: str = Field(description="Registered model.")
    version: int = Field(description="Version that would score.")
    digest: str = Field(description="SHA-256 of its manifest.")
    partitions: int = Field(description="Partitions, one output file each.")
    files: int = Field(description="Files of all partitions.")
    bytes: int = Field(description="Bytes of all files.")
    first: list[Words] = Field(description="Names of the first partitions, at most ten.")
    profile: str = Field(description="Profile whose price counts.")
    price_eur_per_hour: float = Field(description="Its price.")
    refusal: Words | None = Field(description="Why it can't be started now; None: it can.")


class Batch(Answer):
    """One batch, and how far it is."""

    id: str = Field(description="Its id.")
    project: str = Field(description="Its project.")
    source: Words = Field(description="Path in the project's lake.")
    model: str = Field(description="Registered model.")
    version: int = Field(description="Version that scores.")
    alias: str | None = Field(description="Alias that named the version at the start.")
    digest: str = Field(description="SHA-256 of the version's manifest.")
    environment: Environment = Field(description="Whose policy the version met.")
    profile: str = Field(description="Profile it runs with.")
    keep: list[Words] = Field(description="Columns of the data that the output holds too.")
    max_failures: int = Field(description="Partitions that may fail while the others go on.")
    output: Words = Field(description="Folder of the outputs, in the project's lake.")
    state: BatchState = Field(description="Where it is.")
    message: Words = Field(description="Why it is there, a sentence.")
    requested_by: str = Field(description="Who started it.")
    cancel_requested_by: str | None = Field(description="Who cancelled it.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When its first attempt began.")
    ended_at: datetime | None = Field(description="When it ended.")
    partitions: int = Field(description="Partitions.")
    done: int = Field(description="Partitions whose output is committed.")
    failed: int = Field(description="Partitions that failed.")
    rows: int = Field(description="Rows that are scored and committed.")
    input_bytes: int = Field(description="Bytes of the data.")
    attempts: int = Field(description="How often a worker took it in hand.")
    seconds: float = Field(description="Seconds that its partitions took.")
    cost_eur: float | None = Field(description="What it cost so far, in euro.")
    manifest_digest: str | None = Field(description="SHA-256 of the outputs' signed manifest.")
    can_cancel: bool = Field(description="Whether it can be cancelled now.")
    can_resume: bool = Field(description="Whether what is left of it can be scored.")


class BatchList(Answer):
    """A page of batches, the newest first."""

    items: list[Batch] = Field(description="The batches.")
    next_cursor: str | None = Field(description="Cursor of the next page; None on the last.")


class BatchPartition(Answer):
    """One partition: one output file."""

    number: int = Field(description="Its place in the batch, from 0.")
    name: Words = Field(description="Its path below the batch's source.")
    state: PartitionState = Field(description="waiting, staged (scored), done or failed.")
    files: int = Field(description="Files it is read from.")
    input_bytes: int = Field(description="Their bytes.")
    input_digest: str | None = Field(description="SHA-256 over the digests of its files.")
    output: Words = Field(description="Its output, below the batch's folder.")
    digest: str | None = Field(description="SHA-256 of the output's bytes.")
    size: int = Field(description="Bytes of the output.")
    rows: int = Field(description="Rows scored.")
    seconds: float = Field(description="How long that took.")
    engine: str | None = Field(description="onnx, pyfunc, or mixed.")
    message: Words = Field(description="Why it failed, with column and row; else empty.")
    remedy: Words = Field(description="What to do then.")
    tries: int = Field(description="How often it was scored.")
    committed_at: datetime | None = Field(description="When its output was committed.")


class BatchPartitionList(Answer):
    """A page of a batch's partitions, in their order."""

    items: list[BatchPartition] = Field(description="The partitions.")
    next_cursor: str | None = Field(description="Cursor of the next page; None on the last.")


class BatchManifest(Answer):
    """What a batch's outputs are, signed."""

    digest: str = Field(description="SHA-256 of the manifest's bytes in the lake.")
    envelope: dict[str, Any] = Field(description="DSSE envelope around the in-toto statement.")
    statement: dict[str, Any] = Field(description="The statement, as the signature covers it.")
    ok: bool = Field(description="Whether a trusted key signed it.")
    problem: Words = Field(description="Why not; empty when it holds.")
