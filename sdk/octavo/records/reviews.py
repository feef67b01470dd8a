"""The wire record of every review, whatever is reviewed."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from octavo.records.base import Reason, Request


class Review(Request):
    """One person's decision on another person's work."""

    decision: Literal["approve", "reject"] = Field(description="What the reviewer decides.")
    reason: Reason = Field(description="Why, as a sentence that others will read.")
    digest: str = Field(
        min_length=1, max_length=100, description="SHA-256 of what the reviewer has seen."
    )
