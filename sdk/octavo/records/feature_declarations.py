"""What a feature repository declares, as pure data: nothing here is code that the platform runs.

The text of an on-demand transformation is the one piece of code. It is reviewed as text, kept as
text, and becomes a function in the reader's own kernel alone.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Request, Visible

FORMAT = 1
"""Number of this form; a snapshot keeps it."""
NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
PATH = r"^[A-Za-z0-9_][A-Za-z0-9_.=-]*(/[A-Za-z0-9_][A-Za-z0-9_.=-]*)*$"
LONGEST_CODE = 20_000
"""Characters that one transformation may have; more is no text that a person reviews."""
LONGEST_TTL = 100 * 365 * 86_400
MOST = 2_000
"""Views, sources, entities or services that one declaration may have."""

Identifier = Annotated[str, Field(max_length=100, pattern=NAME), Visible]
Words = Annotated[str, Field(max_length=4_000), Visible]
Owner = Annotated[str, Field(max_length=200), Visible]
TagName = Annotated[str, Field(min_length=1, max_length=100), Visible]
TagValue = Annotated[str, Field(max_length=500), Visible]
Tags = Annotated[dict[TagName, TagValue], Field(max_length=50)]
LakePath = Annotated[str, Field(max_length=500, pattern=PATH)]
Code = Annotated[str, Field(min_length=1, max_length=LONGEST_CODE), Visible]
KeyType = Literal["String", "Int32", "Int64"]
ColumnType = Literal[
    "String",
    "Int32",
    "Int64",
    "Float32",
    "Float64",
    "Bool",
    "Bytes",
    "UnixTimestamp",
    "Array(String)",
    "Array(Int32)",
    "Array(Int64)",
    "Array(Float32)",
    "Array(Float64)",
    "Array(Bool)",
]


class DeclaredEntity(Request):
    """What a row of a view is about, and the column that names it."""

    name: Identifier = Field(description="Its name.")
    join_key: Identifier = Field(description="Column that holds it.")
    type: KeyType = Field(description="Feast's type of the column.")
    description: Words = Field(default="", description="What it is.")
    owner: Owner = Field(default="", description="Who answers for it.")
    tags: Tags = Field(default={}, description="Tags.")


class DeclaredColumn(Request):
    """One column of a view or of a transformation."""

    name: Identifier = Field(description="Column name.")
    dtype: ColumnType = Field(description="Feast's type name, e.g. Float64.")
    description: Words = Field(default="", description="What it means, with its unit.")
    tags: Tags = Field(default={}, description="Tags of the column.")


class DeclaredSource(Request):
    """A table of the project's lake."""

    name: Identifier = Field(description="Its name.")
    path: LakePath = Field(description="Place inside the project's lake: a Parquet file or folder.")
    event_column: Identifier = Field(description="Column with the event time.")
    created_column: Identifier | None = Field(
        default=None, description="Column with the time at which the row could first be read."
    )
    description: Words = Field(default="", description="What it holds.")


class DeclaredPushSource(Request):
    """A source that takes pushed rows besides those of a table."""

    name: Identifier = Field(description="Its name; a view names it as its source.")
    table: Identifier = Field(description="The declared source that keeps its history.")
    description: Words = Field(default="", description="Who pushes what.")


class DeclaredView(Request):
    """A feature view."""

    name: Identifier = Field(description="Its name.")
    entities: list[Identifier] = Field(max_length=10, description="Names of its entities.")
    source: Identifier = Field(description="Name of a source or of a push source.")
    columns: list[DeclaredColumn] = Field(
        min_length=1, max_length=1_000, description="Its features."
    )
    ttl_seconds: Annotated[int, Field(ge=1, le=LONGEST_TTL)] | None = Field(
        default=None, description="A value older than this is not joined; None never expires."
    )
    description: Words = Field(default="", description="What it holds.")
    owner: Owner = Field(default="", description="Who answers for it.")
    tags: Tags = Field(default={}, description="Tags.")
    online: bool = Field(default=True, description="Whether its newest values are kept online.")


class DeclaredMember(Request):
    """The columns of one view that a service or a transformation takes."""

    view: Identifier = Field(description="A view, or in a service also a transformation.")
    columns: list[Identifier] = Field(min_length=1, max_length=1_000, description="Its columns.")


class DeclaredService(Request):
    """A feature service: what one model reads."""

    name: Identifier = Field(description="Its name.")
    members: list[DeclaredMember] = Field(
        min_length=1, max_length=500, description="What it is made of."
    )
    description: Words = Field(default="", description="What reads it.")
    owner: Owner = Field(default="", description="Who answers for it.")
    tags: Tags = Field(default={}, description="Tags.")


class DeclaredTransformation(Request):
    """An on-demand transformation: text that only the reader's own kernel makes a function of."""

    name: Identifier = Field(description="Its name; readers ask for `name:column`.")
    inputs: list[DeclaredMember] = Field(max_length=50, description="Columns of views it takes.")
    request: list[DeclaredColumn] = Field(
        default=[], max_length=100, description="Columns that the reader gives with each row."
    )
    columns: list[DeclaredColumn] = Field(
        min_length=1, max_length=1_000, description="Columns it makes."
    )
    mode: Literal["pandas", "python"] = Field(
        description="pandas: takes and gives a frame; python: takes and gives a dict of lists."
    )
    function: Identifier = Field(description="The function in `code` that is called.")
    code: Code = Field(description="Python source text with this one function.")
    description: Words = Field(default="", description="What it computes.")
    owner: Owner = Field(default="", description="Who answers for it.")
    tags: Tags = Field(default={}, description="Tags.")


class FeatureDeclaration(Request):
    """Everything that a project's feature registry holds."""

    entities: list[DeclaredEntity] = Field(max_length=MOST, description="Entities.")
    sources: list[DeclaredSource] = Field(max_length=MOST, description="Tables of the lake.")
    push_sources: list[DeclaredPushSource] = Field(
        default=[], max_length=MOST, description="Sources that take pushed rows."
    )
    views: list[DeclaredView] = Field(
        min_length=1, max_length=MOST, description="Feature views; none of them is left out."
    )
    services: list[DeclaredService] = Field(
        default=[], max_length=MOST, description="Feature services."
    )
    transformations: list[DeclaredTransformation] = Field(
        default=[], max_length=MOST, description="On-demand transformations."
    )
