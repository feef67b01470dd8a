"""What all wire records share."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Reason = Annotated[
    str, StringConstraints(strip_whitespace=True), Field(min_length=3, max_length=2000)
]
"""Why somebody does something, as a sentence that others read; spaces around it don't count."""


class Answer(BaseModel):
    """What the platform answers; built from its records by their attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Request(BaseModel):
    """What a caller sends: unknown fields, NaN and infinities are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ErrorBody(Answer):
    """The one shape of all errors."""

    error: str = Field(description="Stable code for programs.")
    message: str = Field(description="What was wrong, with which value.")
    remedy: str = Field(description="What to do about it; may be empty.")
    request_id: str | None = Field(description="Names the request in the service's log.")
