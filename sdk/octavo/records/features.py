"""What the `features` area says about ML features, their views and snapshots; times are UTC."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from octavo.records.base import Answer, Request, Visible, check_number

Name = Annotated[str, Field(max_length=500)]
Text = Annotated[str, Field(max_length=20_000)]
SnapshotId = Annotated[str, Field(max_length=64, pattern=r"^[0-9a-f]{64}$")]


def _check_key(value: Any) -> Any:
    """Return the value. Raises PydanticCustomError for what no join key is, in one sentence."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise PydanticCustomError("no_key", "it must be text or a whole number")
    return value


EntityValue = Annotated[
    str | Annotated[int, BeforeValidator(check_number)], BeforeValidator(_check_key)
]
OnlineValue = str | int | float | bool | None


class FeatureHistogram(Answer):
    """How a numeric feature's values are spread: `edges` has one more element than `counts`.

    The bins cover the 1st to the 99th percentile, so that a long tail does not flatten the rest.
    """

    edges: list[float] = Field(description="Bin edges, ascending.")
    counts: list[int] = Field(description="Values in each bin.")
    below: int = Field(default=0, description="Values under the first edge.")
    above: int = Field(default=0, description="Values over the last edge.")


class FeatureCategory(Answer):
    """One value of a categorical feature."""

    value: Name = Field(description="The value.")
    count: int = Field(description="How many rows hold it.")


class FeatureStatistics(Answer):
    """FeatureStatistics of one feature over all rows of its source."""

    kind: Literal["numeric", "categorical"] = Field(description="What kind of values it has.")
    rows: int = Field(description="Rows looked at.")
    nulls: int = Field(description="Rows without a value.")
    null_rate: float = Field(description="Share of rows without a value, 0 to 1.")
    mean: float | None = Field(default=None, description="Arithmetic mean.")
    stddev: float | None = Field(default=None, description="Sample standard deviation.")
    minimum: float | None = Field(default=None, description="Smallest value.")
    maximum: float | None = Field(default=None, description="Largest value.")
    p50: float | None = Field(default=None, description="Median.")
    p95: float | None = Field(default=None, description="95th percentile.")
    p99: float | None = Field(default=None, description="99th percentile.")
    histogram: FeatureHistogram | None = Field(
        default=None, description="20 bins; numeric features."
    )
    categories: list[FeatureCategory] = Field(
        default=[], description="The most frequent values; categorical features."
    )
    other: int = Field(default=0, description="Rows whose value is not among `categories`.")
    distinct: int | None = Field(default=None, description="Different values; categorical only.")


class FeatureColumn(Answer):
    """One column of a feature view."""

    name: Name = Field(description="Column name.")
    dtype: Name = Field(description="Feast's type name, e.g. Float64.")
    description: Text = Field(description="What it means, with its unit.")
    tags: dict[str, str] = Field(description="Tags of the column.")
    statistics: FeatureStatistics | None = Field(description="None for a type without statistics.")


class FeatureFreshness(Answer):
    """How old a view's data is, by both clocks."""

    newest_event_at: datetime | None = Field(
        description="Event time of the newest row in the source; None for an empty source."
    )
    materialized_until: datetime | None = Field(
        description="End of the last materialisation window; None if never materialised."
    )
    checked_at: datetime = Field(description="When both were read.")
    expected_seconds: int | None = Field(
        default=None,
        description="The newest event should be at most this old; None: nothing is expected.",
    )
    expected_by: Literal["tag", "ttl", "cadence", ""] = Field(
        default="",
        description="What says so: the view's tag `freshness`, its TTL, or how often rows came "
        "so far.",
    )
    state: Literal["fresh", "stale", "empty", "unknown"] = Field(
        default="unknown",
        description="stale: older than expected; empty: no rows; unknown: nothing is expected.",
    )


class FeatureViewSummary(Answer):
    """One feature view in a list."""

    project: Name = Field(description="The project.")
    name: Name = Field(description="The view's name.")
    description: Text = Field(description="What it holds.")
    owner: Name = Field(description="Who answers for it.")
    tags: dict[str, str] = Field(description="Tags.")
    entities: list[Name] = Field(description="Names of its entities.")
    join_keys: list[Name] = Field(description="Columns that an entity frame must have.")
    columns: list[Name] = Field(description="Names of its features.")
    ttl_seconds: int | None = Field(
        description="A value older than this is not joined; None never expires."
    )
    freshness: FeatureFreshness = Field(description="How old its data is.")
    online: bool = Field(description="True: its newest values can be looked up by entity.")
    last_used_at: datetime | None = Field(
        default=None, description="When it was last read; None: not since uses are counted."
    )
    unused: bool = Field(
        default=False,
        description="True: nobody read it and nothing was made from it for 90 days.",
    )
    matched: list[Name] = Field(
        default=[], description="Where a search found its words, e.g. name, column carrier_delay."
    )


class FeatureViewPage(Answer):
    """Feature views, best match first."""

    items: list[FeatureViewSummary] = Field(description="The views.")
    next_cursor: Name | None = Field(description="Pass as `cursor` for the next page; None ends.")
    snapshot: SnapshotId | None = Field(
        description="The registry snapshot that was searched; None before the first publication."
    )


class FeatureSource(Answer):
    """Where a view's rows come from."""

    name: Name = Field(description="The source's name.")
    path: Name = Field(description="Place inside the data lake.")
    description: Text = Field(description="What it holds.")
    event_column: Name = Field(description="Column with the event time.")
    created_column: Name | None = Field(
        description="Column with the time at which the row could first be read."
    )
    rows: int | None = Field(description="Rows at publication.")
    sha256: SnapshotId | None = Field(description="Digest of the data at publication.")


class FeatureSnippet(Answer):
    """Code to insert into a notebook."""

    title: Name = Field(description="What it does.")
    code: Text = Field(description="Python.")


class FeatureConsumer(Answer):
    """Something that was made from a view."""

    node: Name = Field(description="Lineage node, e.g. feature_service:flights/flights_late.")
    kind: Name = Field(description="Its kind: feature_service, run, release, model_version.")
    name: Name = Field(description="Its name for a person.")
    relation: Name = Field(description="How it uses the view.")


class FeatureUse(Answer):
    """Who or what reads a view, summed up over the last 90 days."""

    person: Name = Field(description="Who read it; `run:<id>` for a production run.")
    how: Literal["historical", "online", "preview"] = Field(description="What kind of read.")
    subject: Name = Field(description="The notebook's path or `run:<id>`; may be empty.")
    count: int = Field(description="Reads.")
    columns: list[Name] = Field(description="The columns of the newest read.")
    last_at: datetime = Field(description="The newest read.")


class FeatureCost(Answer):
    """What materialising a view cost in the last 30 days."""

    materializations: int = Field(description="How often it was materialised.")
    seconds: float = Field(description="How long that took in all.")
    cost_eur: float = Field(description="What it cost, euro.")


class FeatureView(FeatureViewSummary):
    """A feature view with all that is known about it."""

    node: Name = Field(description="Its node in the lineage graph.")
    key_types: dict[str, str] = Field(description="Join key to Feast's type name.")
    uses: list[FeatureUse] = Field(description="Who reads it, newest first; at most 20.")
    people: int = Field(description="How many people read it in the last 30 days.")
    cost: FeatureCost = Field(description="What keeping it fresh costs.")
    version: int = Field(description="Number of its definition; 0 before one was recorded.")
    version_at: datetime | None = Field(description="Since when the definition is current.")
    problems: list[Text] = Field(
        description="What is wrong with the registry that describes it; usually empty."
    )

    features: list[FeatureColumn] = Field(description="Its columns with statistics.")
    services: list[Name] = Field(description="Feature services that contain it.")
    source: FeatureSource = Field(description="Where its rows come from.")
    snippets: list[FeatureSnippet] = Field(description="Code for a notebook.")
    consumers: list[FeatureConsumer] = Field(description="What was made from it.")
    snapshot: SnapshotId = Field(description="The registry snapshot this describes.")


class FeatureSnapshot(Answer):
    """An immutable, content-addressed state of a project's feature registry."""

    id: SnapshotId = Field(description="SHA-256 over the digests of its files.")
    project: Name = Field(description="The project.")
    published_at: datetime = Field(description="When it became current.")
    published_by: Name = Field(description="Who published it.")
    views: list[Name] = Field(description="Its feature views.")
    services: list[Name] = Field(description="Its feature services.")
    previous: SnapshotId | None = Field(description="The one it replaced.")


class FeaturesPublish(Request):
    """Builds the registry from the project's template again and makes the result current."""

    reason: Annotated[str, Field(min_length=10, max_length=2000), Visible] = Field(
        description="Why, in a sentence; kept in the audit trail."
    )


class OnlineRequest(Request):
    """Asks for the newest known values of features for some entities."""

    features: list[Annotated[str, Field(max_length=200)]] = Field(
        min_length=1, max_length=100, description="As `view:feature`."
    )
    entities: list[dict[Annotated[str, Field(max_length=100)], EntityValue]] = Field(
        min_length=1, max_length=500, description="One record of join keys a row."
    )


class OnlineCell(Answer):
    """One value of one row."""

    value: OnlineValue = Field(description="The value; None when absent.")
    status: Literal["present", "null", "absent", "expired"] = Field(
        description="absent: no row for the entity; expired: older than the view's TTL."
    )
    event_at: datetime | None = Field(description="Event time of the value.")


class OnlineRow(Answer):
    """The answer for one entity record."""

    entity: dict[str, EntityValue] = Field(description="The join keys that were asked for.")
    cells: dict[str, OnlineCell] = Field(description="By `view:feature`.")


class OnlineAnswer(Answer):
    """Newest known values of features."""

    rows: list[OnlineRow] = Field(description="In the order of the request.")
    snapshot: SnapshotId = Field(description="The registry snapshot that names the features.")
