"""What a comparison of runs says; values stand in the order of the runs, times are UTC."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from octavo.records.base import Answer, cut
from octavo.records.experiments import Name, RunStatus, Text

Path = Annotated[str, Field(max_length=2_000), cut(2_000)]


class ComparedKind(StrEnum):
    """What a line of a comparison is about."""

    METRIC = "metric"
    PARAM = "param"
    FEATURE = "feature"
    INPUT = "input"
    NOTEBOOK = "notebook"
    CELL = "cell"
    ENVIRONMENT = "environment"
    SETTING = "setting"
    TAG = "tag"


class ComparedRun(Answer):
    """One of the compared runs."""

    run_id: Name = Field(description="MLflow's id of the run, 32 hex digits.")
    name: Name = Field(description="The run's name.")
    experiment_id: Name = Field(description="MLflow's id of its experiment.")
    experiment: Name = Field(description="The experiment's name without the project's prefix.")
    status: RunStatus = Field(description="Where the run is.")
    owner: Name = Field(description="Who started it.")
    started_at: datetime | None = Field(description="Start, UTC.")
    ended_at: datetime | None = Field(description="End, UTC; null while it runs.")


class ComparedField(Answer):
    """One line of a comparison; values stand in the order of the runs."""

    kind: ComparedKind = Field(description="What is compared.")
    name: Name = Field(description="Name of the metric, parameter, data set or setting.")
    values: list[float | Text | None] = Field(
        description="One value a run; null where missing, long texts cut."
    )
    differs: bool = Field(description="True when not all values are the same.")
    delta: float | None = Field(description="For a metric: last run minus first run.")


class Comparison(Answer):
    """Two or more runs side by side, what differs first."""

    runs: list[ComparedRun] = Field(description="The compared runs, in the asked order.")
    fields: list[ComparedField] = Field(description="The lines; those that differ come first.")
    different: int = Field(description="How many lines differ, those left out too.")
    left_out: int = Field(description="Lines that are not given because there are too many.")
    curves: list[Name] = Field(description="Metrics with a history, see curves; at most 500.")


Axis = Literal["step", "time", "relative"]


class Curve(Answer):
    """A metric of one run, down-sampled: five lists of the same length, one number a bucket."""

    run_id: Name = Field(description="The run.")
    points: int = Field(description="How many values it logged in all.")
    missing: int = Field(description="How many of them are no finite number.")
    truncated: bool = Field(description="True when it logged more values than are read.")
    stale: bool = Field(description="True when MLflow did not answer: as it was read before.")
    exact: bool = Field(
        description="True when each bucket is one value: low, high, count and missing are empty, "
        "a null in mean is a value that is no finite number."
    )
    x: list[float] = Field(description="Where the bucket stands on the axis, ascending.")
    mean: list[float | None] = Field(description="Mean of its finite values; null without one.")
    low: list[float | None] = Field(description="Smallest finite value.")
    high: list[float | None] = Field(description="Largest finite value.")
    count: list[int] = Field(description="How many values it has.")
    gaps: list[int] = Field(description="How many of them are no finite number.")


class Curves(Answer):
    """A metric of several runs over one stretch of an axis."""

    metric: Name = Field(description="The metric.")
    axis: Axis = Field(
        description="step; time in milliseconds since 1970 UTC; relative in seconds since the "
        "run began."
    )
    extent: tuple[float, float] | None = Field(
        description="From where to where there are values at all; null without any."
    )
    window: tuple[float, float] | None = Field(description="The stretch that is given.")
    curves: list[Curve] = Field(description="One a run, in the asked order.")


class ArtifactKind(StrEnum):
    """How a file can be shown."""

    FOLDER = "folder"
    IMAGE = "image"
    TABLE = "table"
    TEXT = "text"
    OTHER = "other"


class ArtifactEntry(Answer):
    """A file or folder among the runs' artifacts."""

    path: Path = Field(description="Path within the run's artifacts.")
    kind: ArtifactKind = Field(description="How it can be shown; other: only opened in MLflow.")
    sizes: list[int | None] = Field(
        description="Bytes by run; null where the run hasn't got it, 0 for a folder."
    )


class ArtifactListing(Answer):
    """What lies in one folder of the runs' artifacts."""

    path: Path = Field(description="The folder; empty for the topmost.")
    runs: list[Name] = Field(description="The runs, in the order of the sizes.")
    entries: list[ArtifactEntry] = Field(description="Folders first, then by name.")
    left_out: int = Field(description="Entries over the limit.")


class RunImage(Answer):
    """An image that a run left; what its bytes say, whatever its name."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"] = Field(
        description="Kind of image."
    )
    width: int = Field(description="Pixels.")
    height: int = Field(description="Pixels.")
    content: str = Field(description="The file in base64; at most 4 MiB of it before that.")


class RunSheet(Answer):
    """The head of a table or of a text that a run left."""

    columns: list[Text] = Field(description="Names of the columns; empty for a text.")
    rows: list[list[Text | None]] = Field(description="The first rows, at most 200.")
    more_rows: bool = Field(description="True when there are more rows.")
    more_columns: int = Field(description="Columns that are not given.")
    text: str | None = Field(description="Beginning of a text; null for a table.")
