"""Records of comparisons; values stand in the order of the compared runs."""

from collections.abc import Mapping
from dataclasses import dataclass

from octavo_server.experiments.runs.service import Run, Series


@dataclass(frozen=True, kw_only=True)
class ComparedField:
    """One line of a comparison."""

    kind: str
    """metric, param, input, notebook or setting."""
    name: str
    """What is compared."""
    values: tuple[float | str | None, ...]
    """One value a run."""
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
    series: Mapping[str, tuple[Series, ...]]
    """Histories by metric, one series a run."""
