"""How a feature view came to be what it is, and who reads it; times are UTC."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, Request, Visible
from octavo.records.features import FeatureCategory, Name, SnapshotId, Text


class FeatureWindow(Answer):
    """One column's values within a span of event time."""

    start: datetime = Field(description="First event time of the span.")
    end: datetime = Field(description="Where the next span begins.")
    rows: int = Field(description="Rows in the span.")
    null_rate: float | None = Field(description="Share without a value, 0 to 1; None: no rows.")
    mean: float | None = Field(default=None, description="Arithmetic mean; numeric columns.")
    p05: float | None = Field(default=None, description="5th percentile.")
    p50: float | None = Field(default=None, description="Median.")
    p95: float | None = Field(default=None, description="95th percentile.")
    counts: list[int] = Field(
        default=[], description="Values in each bin of the column's `edges`; numeric columns."
    )
    categories: list[FeatureCategory] = Field(
        default=[], description="Most frequent values; other columns."
    )


class FeatureColumnHistory(Answer):
    """How one column's values change over time."""

    name: Name = Field(description="The column.")
    edges: list[float] = Field(
        description="Edges of the bins of all its windows, ascending; empty: not numeric."
    )
    windows: list[FeatureWindow] = Field(description="12 spans of equal length, oldest first.")


class FeatureHistory(Answer):
    """How the values of a view change over the event time of its source."""

    computed_at: datetime | None = Field(description="When it was computed; None: not yet.")
    columns: list[FeatureColumnHistory] = Field(description="In the view's order.")


class FeatureChangeLine(Answer):
    """One difference between two definitions of a view."""

    what: Name = Field(description="What differs, such as `ttl_seconds` or `column carrier_delay`.")
    change: Literal["added", "removed", "changed"] = Field(description="How.")
    before: Text | None = Field(description="As it was; None: it was not there.")
    after: Text | None = Field(description="As it became; None: it is gone.")


class FeatureVersion(Answer):
    """A definition that a view had."""

    number: int = Field(description="1, 2, ...; a publication that changes nothing makes none.")
    snapshot: SnapshotId = Field(description="The snapshot that brought it.")
    published_at: datetime = Field(description="When.")
    published_by: Name = Field(description="Who.")
    reason: Text = Field(description="Why.")
    removed: bool = Field(description="True: this publication took the view away.")
    changes: list[FeatureChangeLine] = Field(
        description="What differs from the version before; empty for the first."
    )


class FeatureVersions(Answer):
    """All definitions that a view had."""

    items: list[FeatureVersion] = Field(description="Newest first; at most 100.")


class RegistryProblem(Answer):
    """Something that is wrong with a project's feature registry."""

    code: Name = Field(description="moved, missing, changed, unreadable, hostile or behind.")
    message: Text = Field(description="What is wrong, and with which value.")
    remedy: Text = Field(description="What to do.")
    since: datetime = Field(description="When it was first seen.")


class RegistryState(Answer):
    """How a project's registry and what Octavo knows about it agree."""

    snapshot: SnapshotId | None = Field(description="What is current; None: nothing was published.")
    pointed_to: Name | None = Field(description="What new readers get.")
    checked_at: datetime | None = Field(description="When both were last compared.")
    indexed_at: datetime | None = Field(description="When the registry was last read whole.")
    problems: list[RegistryProblem] = Field(description="What doesn't agree; usually empty.")


ShortName = Annotated[str, Field(min_length=1, max_length=100)]


class FeatureRead(Request):
    """Reads of one view, counted by the reader."""

    view: ShortName = Field(description="The view.")
    columns: list[ShortName] = Field(max_length=500, description="The columns that were read.")
    service: Annotated[str, Field(max_length=100)] = Field(
        default="", description="The feature service that was asked for; may be empty."
    )
    how: Literal["historical", "online"] = Field(description="What kind of read.")
    count: int = Field(ge=1, le=1_000_000, description="How often.")
    subject: Annotated[str, Field(max_length=500), Visible] = Field(
        default="", description="The notebook's path, or `run:<id>` of an MLflow run."
    )


class FeatureReads(Request):
    """Tells which features a process read since it last told."""

    reads: list[FeatureRead] = Field(min_length=1, max_length=200, description="One a view.")


class FeatureReadsTaken(Answer):
    """How many reads were counted."""

    counted: int = Field(description="Lines that name a view of the project.")
    unknown: int = Field(description="Lines that name none; they are left out.")
