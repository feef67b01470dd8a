"""Wire records of typed parameters: what a notebook lets a run choose, and within which bounds."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from octavo.records.base import Answer

ParameterValue = bool | int | float | str
"""A parameter's value on the wire; a date is its ISO 8601 form, such as ``2013-06-15``."""


class ParameterType(StrEnum):
    """The types that a notebook's parameter can have."""

    INT = "int"
    FLOAT = "float"
    BOOL = "bool"
    STR = "str"
    DATE = "date"


class Parameter(Answer):
    """A typed parameter, inferred from the cell tagged `parameters` and tightened there."""

    name: str = Field(description="A Python identifier.")
    type: ParameterType = Field(description="Its type.")
    default: ParameterValue = Field(description="The value used where a run gives none.")
    help: str = Field(default="", description="The comment on its line, in words.")
    literal: Literal["text", "date"] | None = Field(
        default=None,
        description="For a date: whether the notebook sees ISO text or a `datetime.date`.",
    )
    unit: str = Field(default="", description="What it is counted in, such as `min`; may be empty.")
    minimum: ParameterValue | None = Field(
        default=None, description="Smallest value of a number or date; null: none is stated."
    )
    maximum: ParameterValue | None = Field(
        default=None, description="Largest value of a number or date; null: none is stated."
    )
    choices: list[ParameterValue] = Field(
        default_factory=list, description="The only values allowed; empty: any within the bounds."
    )
