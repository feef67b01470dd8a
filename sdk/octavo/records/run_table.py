"""What the table of runs is asked and answers besides its rows: fields, groups, tags, views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from octavo.records.base import Answer, Request, Visible

FieldText = Annotated[str, Field(max_length=1_100)]
"""A field as it is written in filters, orders and columns: `metrics.auc`, `params."max depth"`."""
FilterText = Annotated[str, Field(max_length=2_000)]
RunId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
TagName = Annotated[str, StringConstraints(min_length=1, max_length=250), Visible]
TagValue = Annotated[str, StringConstraints(max_length=8_000)]
"""Any text, as MLflow takes it: what undoes a change must be able to bring back what was there."""
Kind = Literal["column", "metric", "param", "tag"]
MOST_TAGGED = 1_000
MOST_TAGS = 20
MOST_COLUMNS = 200


class RunField(Answer):
    """Something that runs can be filtered, sorted and grouped by, and shown as a column."""

    field: FieldText = Field(description="How it is written in filter=, order_by= and columns=.")
    kind: Kind = Field(description="Column of every run, or a metric, parameter or tag.")
    name: str = Field(description="Its bare name.")
    type: Literal["number", "text", "time", "duration"] = Field(
        description="What its values are; a parameter all of whose values are numbers is a number."
    )
    runs: int = Field(description="How many runs have it.")
    minimum: float | None = Field(description="Smallest finite number among its values.")
    maximum: float | None = Field(description="Largest finite number among its values.")
    examples: list[str] = Field(description="Up to 5 of its values, the most frequent first.")


class RunFieldList(Answer):
    """The fields that runs of the project have: columns first, then by how many runs have them."""

    items: list[RunField] = Field(description="The fields.")
    total: int = Field(description="How many fields match in all.")


class MetricSummary(Answer):
    """What the finite values of a metric are in a group of runs."""

    minimum: float = Field(description="The smallest.")
    mean: float = Field(description="The mean.")
    maximum: float = Field(description="The largest.")
    newest: float | None = Field(description="That of the newest run; null where it has none.")


class RunGroup(Answer):
    """Runs that share a value."""

    value: str | float | None = Field(description="The value; null for runs without one.")
    label: str = Field(description="The value as text; 'none' for runs without one.")
    filter: str = Field(description="A filter clause that finds these runs.")
    runs: int = Field(description="How many runs.")
    live: int = Field(description="How many of them are running now.")
    last_run_at: datetime | None = Field(description="Start of the newest of them, UTC.")
    metrics: dict[str, MetricSummary] = Field(description="The asked metrics, where any has them.")


class RunGroups(Answer):
    """Runs by the value of a field, the largest groups first."""

    items: list[RunGroup] = Field(description="The groups.")
    total: int = Field(description="How many groups there are in all.")
    runs: int = Field(description="How many runs they hold together.")
    as_of: datetime | None = Field(description="When the read model last agreed with MLflow, UTC.")


class FilterProblem(Answer):
    """Where a filter can't be read, and why."""

    position: int = Field(description="The character where it fails, counted from 0.")
    length: int = Field(description="How many characters are meant; at least 1.")
    message: str = Field(description="What was read and what may stand there.")
    expected: list[str] = Field(description="What may stand there.")


class FilterSuggestion(Answer):
    """Something that can stand at the cursor."""

    text: str = Field(description="What to put in place of the characters from start to end.")
    label: str = Field(description="What to show for it.")
    kind: Literal["field", "operator", "value", "word"] = Field(description="What it is.")
    detail: str = Field(description="What it means, or how many runs have it.")


class FilterCompletion(Answer):
    """What may stand at a place of a filter, and whether the filter can be read as it is."""

    start: int = Field(description="Where the word at the cursor begins, counted from 0.")
    end: int = Field(description="Where it ends: the cursor.")
    items: list[FilterSuggestion] = Field(description="What may stand there, the likeliest first.")
    problem: FilterProblem | None = Field(description="What is wrong with the whole filter.")


class RunTagChange(Request):
    """Sets and removes tags of many runs."""

    runs: list[RunId] = Field(
        min_length=1, max_length=MOST_TAGGED, description="The runs, at most 1,000."
    )
    set: dict[TagName, TagValue] = Field(
        default_factory=dict, max_length=MOST_TAGS, description="Tags to set, by name."
    )
    remove: list[TagName] = Field(
        default_factory=list, max_length=MOST_TAGS, description="Names of tags to remove."
    )


class RunTagFailure(Answer):
    """A run whose tags could not be changed."""

    run_id: str = Field(description="The run.")
    message: str = Field(description="Why not.")


class RunTagResult(Answer):
    """What a change of tags did, and how to take it back."""

    changed: int = Field(description="How many runs are different now.")
    unchanged: int = Field(description="How many had the tags that way before.")
    failed: list[RunTagFailure] = Field(description="The runs that stayed as they were, and why.")
    undo: list[RunTagChange] = Field(description="Changes that, sent one by one, take it back.")


class RunBaseline(Answer):
    """The run that an experiment's other runs are compared with."""

    experiment_id: str = Field(description="MLflow's id of the experiment.")
    run_id: str = Field(description="The run.")
    name: str = Field(description="The run's name.")
    pinned_by: str = Field(description="Who chose it.")
    pinned_at: datetime = Field(description="When, UTC.")


class RunViewRequest(Request):
    """A way to look at runs, kept for everybody in the project."""

    name: Annotated[
        str, StringConstraints(strip_whitespace=True), Field(min_length=1, max_length=100), Visible
    ] = Field(description="Its name; the project has it once.")
    experiment: str | None = Field(
        default=None, max_length=500, description="Id or title of one experiment; null for all."
    )
    filter: FilterText = Field(default="", description="The filter.")
    order_by: FieldText = Field(default="-started_at", description="The order.")
    columns: list[FieldText] = Field(
        default_factory=list, max_length=MOST_COLUMNS, description="The columns, left to right."
    )
    pins: list[FieldText] = Field(
        default_factory=list, max_length=20, description="Columns that stay in sight."
    )
    group_by: FieldText | None = Field(default=None, description="What runs are grouped by.")
    version: int | None = Field(
        default=None, ge=1, description="Refuse unless the stored view is at this version."
    )


class RunView(Answer):
    """A saved way to look at runs."""

    view_id: str = Field(description="Its id.")
    name: str = Field(description="Its name.")
    experiment: str | None = Field(description="Id or title of one experiment; null for all.")
    filter: str = Field(description="The filter.")
    order_by: str = Field(description="The order.")
    columns: list[str] = Field(description="The columns, left to right.")
    pins: list[str] = Field(description="Columns that stay in sight.")
    group_by: str | None = Field(description="What runs are grouped by.")
    version: int = Field(description="Goes up with every change.")
    created_by: str = Field(description="Who made it.")
    created_at: datetime = Field(description="When, UTC.")
    updated_by: str = Field(description="Who changed it last.")
    updated_at: datetime = Field(description="When, UTC.")


class RunViewList(Answer):
    """The project's saved views, by name."""

    items: list[RunView] = Field(description="The views.")
