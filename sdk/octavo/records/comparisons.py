"""What a comparison of runs says; values stand in the order of the runs."""

from typing import Literal

from pydantic import Field

from octavo.records.base import Answer
from octavo.records.experiments import MetricSeries, Name, Run, Text


class ComparedField(Answer):
    """One line of a comparison; values stand in the order of the runs."""

    kind: Literal["metric", "param", "input", "notebook", "setting"] = Field(
        description="What is compared."
    )
    name: Name = Field(description="Name of the metric, parameter, data set or setting.")
    values: list[float | Text | None] = Field(description="One value a run; null where missing.")
    differs: bool = Field(description="True when not all values are the same.")
    delta: float | None = Field(description="For a metric: last run minus first run.")


class Comparison(Answer):
    """Two or more runs side by side, what differs first."""

    runs: list[Run] = Field(description="The compared runs, in the asked order.")
    fields: list[ComparedField] = Field(description="The lines; those that differ come first.")
    series: dict[str, list[MetricSeries]] = Field(
        description="Histories of metrics with more than one point, one series a run."
    )
