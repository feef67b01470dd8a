"""What all wire records share."""

from __future__ import annotations

from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from octavo.records.visible import check_visible

Visible = AfterValidator(check_visible)
"""Refuses a text with characters that nobody sees; the last part of an annotation."""
Reason = Annotated[
    str,
    StringConstraints(strip_whitespace=True),
    Field(min_length=3, max_length=2000),
    Visible,
]
"""Why somebody does something, as a sentence that others read; spaces around it don't count."""
SMALLEST_AMOUNT = 0.01
"""The least that an amount of euro or hours may be, unless it is 0: amounts have two decimals."""


def check_number(value: Any) -> Any:
    """Return the value. Raises PydanticCustomError for true, false and text, which are none."""
    if isinstance(value, bool | str):
        raise PydanticCustomError("no_number", "it must be a number")
    return value


def _check_amount(value: float) -> float:
    if 0 < value < SMALLEST_AMOUNT:
        raise PydanticCustomError(
            "small_amount", "it must be 0 or at least {smallest}", {"smallest": SMALLEST_AMOUNT}
        )
    return value


Amount = AfterValidator(_check_amount)
"""Refuses a number that would be 0 with two decimals, and isn't; the last part of an annotation."""


def cut(most: int) -> BeforeValidator:
    """Shorten a text of an answer that others wrote: how long theirs is fails no answer.

    It stands behind the Field with the length, which is checked in Python otherwise.
    """
    return BeforeValidator(lambda value: value[:most] if isinstance(value, str) else value)


@cache
def _kinds(annotation: Any) -> frozenset[Any]:
    """Return the types that a field takes, those of a union one by one."""
    inner, origin = get_args(annotation), get_origin(annotation)
    if origin is Annotated:
        return _kinds(inner[0])
    if origin in {Union, UnionType}:
        return frozenset().union(*(_kinds(one) for one in inner))
    return frozenset({annotation})


class Answer(BaseModel):
    """What the platform answers; built from its records by their attributes."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class Request(BaseModel):
    """What a caller sends: unknown fields, NaN, infinities and numbers as text are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _numbers(cls, value: Any, info: ValidationInfo) -> Any:
        """Take true, false and text for no number, where the field takes nothing of their kind."""
        annotation: Any = cls.model_fields[str(info.field_name)].annotation
        kinds = _kinds(annotation)
        return check_number(value) if kinds & {int, float} and type(value) not in kinds else value


class ErrorBody(Answer):
    """The one shape of all errors."""

    error: str = Field(description="Stable code for programs.")
    message: str = Field(description="What was wrong, with which value.")
    remedy: str = Field(description="What to do about it; may be empty.")
    request_id: str | None = Field(description="Names the request in the service's log.")
