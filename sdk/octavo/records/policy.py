"""Wire records of the area `policy`."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from octavo.records.base import Answer, Reason, Request


class PolicyVersion(Answer):
    """One version of all policies."""

    id: str = Field(description="Identifier.")
    digest: str = Field(description="SHA-256 of the text, in hex.")
    text: str = Field(description="Cedar policies.")
    state: str = Field(description="proposed, active, retired or rejected.")
    author: str = Field(description="Who proposed it.")
    reason: str = Field(description="Why.")
    created_at: datetime = Field(description="When it was proposed (UTC).")
    reviewer: str | None = Field(description="Who decided; null: nobody yet.")
    review_reason: str | None = Field(description="What the reviewer said.")
    reviewed_at: datetime | None = Field(description="When it was decided (UTC).")


class PolicyVersions(Answer):
    """The policies' versions, newest first."""

    items: list[PolicyVersion] = Field(description="At most 50.")
    next_cursor: str | None = Field(default=None, description="Always null.")


class PolicyChange(Request):
    """New policies, offered for review."""

    text: str = Field(min_length=1, max_length=200_000, description="Cedar policies, all of them.")
    reason: Reason = Field(description="Why, as a sentence.")
