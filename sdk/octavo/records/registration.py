"""A registration on its way: a model is copied, scanned, tried, converted and signed; UTC."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Reason, Request, cut
from octavo.records.registry import Name, Text


class RegistrationState(StrEnum):
    """Where a registration is."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RegistrationStep(StrEnum):
    """What a registration does, in this order."""

    QUEUED = "queued"
    COPY = "copy"
    SCAN = "scan"
    TRIAL = "trial"
    CONVERT = "convert"
    SIGN = "sign"
    DONE = "done"


class Registration(Answer):
    """A registration that was asked for, and how far it is."""

    id: Name = Field(description="Its id.")
    project: Name = Field(description="The project.")
    name: Name = Field(description="Name of the model.")
    run_id: Name = Field(description="The MLflow run.")
    model_id: Name = Field(description="The logged model.")
    state: RegistrationState = Field(
        description="queued, running, done, failed (message says why) or cancelled."
    )
    step: RegistrationStep = Field(description="What it does now, or did last.")
    label: Name = Field(description="The step in words.")
    done: int = Field(description="Bytes copied so far; 0 before the copy.")
    total: int = Field(description="Bytes to copy; 0 before that is known.")
    message: Annotated[Text, cut(20_000)] = Field(description="Why it failed; empty otherwise.")
    remedy: Annotated[Text, cut(20_000)] = Field(description="What to do then; may be empty.")
    version: int | None = Field(description="The version that was made; null before.")
    requested_by: Name = Field(description="Who asked.")
    cancel_requested_by: Name | None = Field(description="Who cancelled it; null: nobody.")
    created_at: datetime = Field(description="When it was asked for.")
    started_at: datetime | None = Field(description="When it began; null while it waits.")
    step_at: datetime | None = Field(description="When its step began.")
    ended_at: datetime | None = Field(description="When it ended; null before.")


class RegistrationList(Answer):
    """Registrations of a project, the newest first."""

    items: list[Registration] = Field(description="The registrations, at most 50.")


class ShelvedContent(Answer):
    """Something in the store of models that no version refers to."""

    kind: Literal["manifest", "file"] = Field(description="manifest: a list of files; or a file.")
    digest: Name = Field(description="Its SHA-256.")
    size: int = Field(description="Bytes.")
    kept_at: datetime = Field(description="When it was kept last.")


class LeftoverList(Answer):
    """What the store of models holds that no version refers to, the oldest first."""

    items: list[ShelvedContent] = Field(description="The oldest, at most 1,000.")
    count: int = Field(description="How many there are.")
    size: int = Field(description="Bytes that removing them all frees.")
    older_than_days: int = Field(description="They are at least that old.")
    listing: Name = Field(description="Digest of the whole list; who removes it confirms with it.")


class LeftoverRequest(Request):
    """Remove what was listed."""

    listing: str = Field(pattern=r"^[0-9a-f]{64}$", description="The list's digest.")
    older_than_days: int = Field(ge=1, le=3_650, description="As in the list.")
    reason: Reason = Field(description="Why, a sentence; it stays in the audit trail.")


class LeftoversRemoved(Answer):
    """What was removed."""

    count: int = Field(description="How many things.")
    size: int = Field(description="Bytes that this freed.")
    spared: int = Field(description="Things that somebody kept again meanwhile; they stay.")
