"""What the `features` area says when a person tries features on rows of their own; UTC."""

from __future__ import annotations

import keyword
from datetime import datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field, model_validator
from pydantic_core import PydanticCustomError

from octavo.records.base import Answer, Request
from octavo.records.features import Name, OnlineValue, SnapshotId, Text

MOST_ROWS = 100
"""Rows that a preview joins at most."""

PreviewReasonCode = Literal[
    "no_key",
    "no_time",
    "no_such_key",
    "before_first_event",
    "not_materialised",
    "outside_ttl",
    "null_in_source",
    "not_a_number",
]
FeatureName = Annotated[str, Field(max_length=201)]
ColumnName = Annotated[str, Field(min_length=1, max_length=200)]


def _variable(name: str) -> str:
    if not name.isidentifier() or keyword.iskeyword(name):
        raise PydanticCustomError("no_variable", "it must be the name of a Python variable")
    return name


Variable = Annotated[str, Field(max_length=200), AfterValidator(_variable)]


class PreviewKey(Request):
    """One join key of all rows; as text, so that no number loses digits."""

    name: Annotated[str, Field(max_length=100)] = Field(description="The join key.")
    kind: Literal["text", "integer", "none"] = Field(
        description="What the values are; none: all are missing."
    )
    values: list[Annotated[str, Field(max_length=1000)] | None] = Field(
        max_length=MOST_ROWS, description="One a row; None where it has none."
    )


class PreviewRequest(Request):
    """Joins some rows of a person's own with features, as of each row's own time."""

    features: list[FeatureName] = Field(
        min_length=1, max_length=100, description="As `view:feature`."
    )
    keys: list[PreviewKey] = Field(max_length=20, description="Each join key once.")
    times: list[AwareDatetime | None] = Field(
        min_length=1, max_length=MOST_ROWS, description="One a row; None where it has none."
    )

    @model_validator(mode="after")
    def _as_many_of_each(self) -> PreviewRequest:
        names = [key.name for key in self.keys]
        for key in self.keys:
            if names.count(key.name) > 1:
                raise PydanticCustomError(
                    "twice", "{name} is given twice; give each join key once", {"name": key.name}
                )
            if len(key.values) != len(self.times):
                raise PydanticCustomError(
                    "uneven",
                    "{name} has {values} values for {rows} rows",
                    {"name": key.name, "values": len(key.values), "rows": len(self.times)},
                )
        return self


class PreviewCell(Answer):
    """What one feature is for one row."""

    value: OnlineValue = Field(description="The value; None with a reason.")
    reason: PreviewReasonCode | None = Field(
        description="Why there is no value. not_materialised: it had happened and was not yet "
        "readable at the row's time."
    )
    detail: Text = Field(default="", description="The reason in words, with the moments it is by.")
    event_at: datetime | None = Field(description="Event time of the joined value.")
    readable_from: datetime | None = Field(
        description="When the joined value could first be read; None without such a column."
    )


class PreviewRow(Answer):
    """One row, joined."""

    at: datetime | None = Field(description="The row's time.")
    cells: list[PreviewCell] = Field(description="In the order of `features`.")


class PreviewReason(Answer):
    """How often a feature is missing for one reason."""

    reason: PreviewReasonCode = Field(description="The reason.")
    words: Name = Field(description="The reason in words.")
    rows: int = Field(description="How many rows.")


class PreviewFeature(Answer):
    """One feature over all rows."""

    feature: Name = Field(description="As `view:feature`.")
    view: Name = Field(description="The view.")
    column: Name = Field(description="The column.")
    dtype: Name = Field(description="Feast's type name.")
    nulls: int = Field(description="Rows without a value.")
    null_rate: float = Field(description="Their share, 0 to 1.")
    reasons: list[PreviewReason] = Field(description="Why, the most frequent first.")


class PreviewLeak(Answer):
    """A value that is newer than the row that it was joined to."""

    feature: Name = Field(description="The column that gives it away, as `view:column`.")
    rows: int = Field(description="How many rows.")
    detail: Text = Field(description="The worst of them, in words.")


class PreviewView(Answer):
    """How one view was joined."""

    view: Name = Field(description="The view.")
    ttl_seconds: int | None = Field(description="How old a value may be.")
    readable_checked: bool = Field(
        description="Whether the source says when a row could first be read."
    )
    proofs: list[Name] = Field(description="Proof columns that were held against the rows' times.")
    keys_known: int = Field(description="Rows whose key the source knows.")
    keys_online: int = Field(
        description="Of these, rows whose key the online store knows; the rest is not materialised."
    )


class PreviewAnswer(Answer):
    """Rows of a person's own, joined with features as of each row's own time."""

    snapshot: SnapshotId = Field(description="The registry snapshot that names the features.")
    rows: list[PreviewRow] = Field(description="In the order of the request.")
    features: list[PreviewFeature] = Field(description="In the order of the request.")
    views: list[PreviewView] = Field(description="The views that were joined.")
    leaks: list[PreviewLeak] = Field(description="Empty when nothing is newer than its row.")


class CodeFrame(Request):
    """A frame in a person's kernel."""

    name: Variable = Field(description="The variable.")
    library: Literal["pandas", "polars"] = Field(description="What kind of frame it is.")
    keys: dict[Annotated[str, Field(max_length=100)], ColumnName] = Field(
        max_length=20, description="Join key to the frame's column."
    )
    time: ColumnName = Field(description="The column with each row's time.")
    index: bool = Field(default=False, description="Whether keys or time lie in its index.")


class CodeRequest(Request):
    """Asks for the Python that reads features; changes nothing."""

    how: Literal["historical", "online"] = Field(
        description="historical: as of each row's own time; online: the newest values."
    )
    features: list[FeatureName] = Field(
        default=[], max_length=500, description="As `view:feature`; empty with a service."
    )
    service: Name | None = Field(default=None, description="A feature service instead.")
    frame: CodeFrame | None = Field(default=None, description="The frame, when it is known.")


class FeatureCode(Answer):
    """Python for a notebook."""

    code: Text = Field(description="It runs as it is, or says in a comment what it needs.")
    keys: list[Name] = Field(description="The join keys that it needs.")
