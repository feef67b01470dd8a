"""Records of comparisons; values stand in the order of the compared runs, times are UTC."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from octavo_server.experiments.runs.service import Run

Floats: TypeAlias = NDArray[np.float64]
Counts: TypeAlias = NDArray[np.int64]


class Kind(StrEnum):
    """What a line of a comparison is about; the causes of a difference before its signs."""

    METRIC = "metric"
    PARAM = "param"
    FEATURE = "feature"
    INPUT = "input"
    NOTEBOOK = "notebook"
    CELL = "cell"
    ENVIRONMENT = "environment"
    SETTING = "setting"
    TAG = "tag"


@dataclass(frozen=True, kw_only=True)
class ComparedField:
    """One line of a comparison."""

    kind: Kind
    """What it is about."""
    name: str
    """What is compared."""
    values: tuple[float | str | None, ...]
    """One value a run; None where the run has none."""
    differs: bool
    """True when not all are the same."""
    delta: float | None
    """For a metric: last run minus first run."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Runs side by side."""

    runs: tuple[Run, ...]
    """The runs."""
    fields: tuple[ComparedField, ...]
    """The lines, those that differ first."""
    different: int
    """How many lines differ, those left out too."""
    left_out: int
    """Lines that are not shown because there are too many."""
    curves: tuple[str, ...]
    """Metrics with a history, those that say most first."""


class Axis(StrEnum):
    """What a curve is drawn over."""

    STEP = "step"
    """The step that the values were logged at."""
    TIME = "time"
    """When they were logged, milliseconds since 1970 UTC."""
    RELATIVE = "relative"
    """Seconds since the run began."""


@dataclass(frozen=True, kw_only=True, eq=False)
class History:
    """All values of one metric of one run; three arrays of the same length, in the same order."""

    step: Floats
    """Steps."""
    at: Floats
    """When each was logged, milliseconds since 1970 UTC."""
    value: Floats
    """The values; NaN or an infinity where the run logged one."""
    truncated: bool = False
    """True when the run logged more than are read."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Buckets:
    """A stretch of a curve, drawn together where there is more than fits; empty parts left out."""

    x: Floats
    """Where each bucket stands: the middle of its points."""
    low: Floats
    """Its smallest finite value; NaN without one, as are `high` and `mean`."""
    high: Floats
    """Its largest finite value."""
    mean: Floats
    """The mean of its finite values."""
    count: Counts
    """How many values it has."""
    missing: Counts
    """How many of them are no finite number."""

    @property
    def exact(self) -> bool:
        """True when each bucket is one point."""
        return bool(np.all(self.count == 1))


@dataclass(frozen=True, kw_only=True)
class Curve:
    """What is drawn of one run's metric."""

    run_id: str
    """The run."""
    points: int
    """How many values it logged in all."""
    missing: int
    """How many of them are no finite number."""
    truncated: bool
    """True when it logged more than are read."""
    stale: bool
    """True when MLflow did not answer and this is what was read before."""
    buckets: Buckets
    """The asked stretch."""


@dataclass(frozen=True, kw_only=True)
class Curves:
    """A metric of several runs over the same stretch."""

    metric: str
    """The metric."""
    axis: Axis
    """What it is drawn over."""
    extent: tuple[float, float] | None
    """From where to where there are values at all; None without any."""
    window: tuple[float, float] | None
    """The stretch that is shown; None without any value."""
    curves: tuple[Curve, ...]
    """One a run, in the asked order."""


class FileKind(StrEnum):
    """How a file can be shown."""

    FOLDER = "folder"
    IMAGE = "image"
    TABLE = "table"
    TEXT = "text"
    OTHER = "other"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A file or folder among the runs' artifacts."""

    path: str
    """Path within the run's artifacts."""
    kind: FileKind
    """How it can be shown, by its name."""
    sizes: tuple[int | None, ...]
    """Bytes by run; None where the run hasn't got it, 0 for a folder."""


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What lies in one folder of the runs' artifacts."""

    path: str
    """The folder, empty for the topmost."""
    entries: tuple[Entry, ...]
    """Folders first, then by name."""
    left_out: int
    """Entries over the limit."""


class ImageType(StrEnum):
    """Images that are shown: none of them can carry a script."""

    PNG = "image/png"
    JPEG = "image/jpeg"
    GIF = "image/gif"
    WEBP = "image/webp"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """An image that a run left."""

    media_type: ImageType
    """What its bytes say it is, whatever its name."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    content: bytes
    """The file."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """The head of a table, or of a text, that a run left."""

    columns: tuple[str, ...]
    """Names of the shown columns; empty for a text."""
    rows: tuple[tuple[str | None, ...], ...]
    """The first rows as text; None where a value is missing."""
    more_rows: bool
    """True when there are more rows."""
    more_columns: int
    """Columns that are not shown."""
    text: str | None = None
    """The beginning of a text; None for a table."""


Values: TypeAlias = Mapping[str, float | str | None]
