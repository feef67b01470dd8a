"""Curves of a metric over several runs, down-sampled to what a screen shows."""

from collections.abc import Sequence
from typing import Final

from octavo_server.errors import Invalid
from octavo_server.experiments.comparison.domain import Axis, Buckets, Curve, Curves
from octavo_server.experiments.comparison.histories import HistoryBook, Kept, started
from octavo_server.experiments.comparison.pyramid import Pyramid
from octavo_server.experiments.runs.service import ExperimentsService, Run

MOST_CURVES: Final = 20

Drawn = tuple[Run, Pyramid, Kept, float, float]


class CurvesService:
    """Metric histories as curves."""

    def __init__(self, runs: ExperimentsService, book: HistoryBook) -> None:
        self._runs = runs
        self._book = book

    def curves(
        self,
        project: str,
        run_ids: Sequence[str],
        metric: str,
        *,
        axis: Axis,
        start: float | None,
        end: float | None,
        points: int,
    ) -> Curves:
        """The metric of each run from `start` to `end`, in about `points` pieces.

        Raises Invalid for too many runs or an empty stretch, NotFound for an unknown run,
        Unavailable when MLflow doesn't answer and nothing was read before.
        """
        ids = checked(run_ids, start, end)
        drawn = [self._drawn(self._runs.run(project, one), metric, axis) for one in ids]
        extent = _extent(drawn)
        window = _window(extent, start, end)
        curves = tuple(_curve(one, window, points) for one in drawn)
        return Curves(metric=metric, axis=axis, extent=extent, window=window, curves=curves)

    def _drawn(self, run: Run, metric: str, axis: Axis) -> Drawn:
        pyramid, kept = self._book.curve(run, metric, axis)
        if axis is Axis.RELATIVE:
            return run, pyramid, kept, started(run, kept), 1000.0
        return run, pyramid, kept, 0.0, 1.0


def checked(run_ids: Sequence[str], start: float | None, end: float | None) -> list[str]:
    """The different ids of `run_ids`. Raises Invalid."""
    ids = list(dict.fromkeys(run_ids))
    if not 1 <= len(ids) <= MOST_CURVES:
        raise Invalid(
            f"run: {len(ids)} different runs were given; 1 to {MOST_CURVES} are drawn together.",
            "Give run= once for each run.",
        )
    if start is not None and end is not None and start >= end:
        raise Invalid(
            f"from: {start:g} is not before to: {end:g}.",
            "Give from= smaller than to=, or leave them out for all values.",
        )
    return ids


def _extent(drawn: Sequence[Drawn]) -> tuple[float, float] | None:
    ends = [
        ((float(x) - zero) / unit)
        for _, pyramid, _, zero, unit in drawn
        if len(pyramid)
        for x in (pyramid.x[0], pyramid.x[-1])
    ]
    return (min(ends), max(ends)) if ends else None


def _window(
    extent: tuple[float, float] | None, start: float | None, end: float | None
) -> tuple[float, float] | None:
    """The asked stretch within what there is."""
    if extent is None:
        return None
    low = extent[0] if start is None else min(max(start, extent[0]), extent[1])
    high = extent[1] if end is None else max(min(end, extent[1]), extent[0])
    return min(low, high), max(low, high)


def _curve(drawn: Drawn, window: tuple[float, float] | None, points: int) -> Curve:
    run, pyramid, kept, zero, unit = drawn
    low, high = window or (0.0, 0.0)
    found = pyramid.window(low * unit + zero, high * unit + zero, points)
    return Curve(
        run_id=run.run_id,
        points=len(pyramid),
        missing=pyramid.missing,
        truncated=kept.history.truncated,
        stale=kept.stale,
        buckets=_moved(found, zero, unit),
    )


def _moved(found: Buckets, zero: float, unit: float) -> Buckets:
    if (zero, unit) == (0.0, 1.0):
        return found
    return Buckets(
        x=(found.x - zero) / unit,
        low=found.low,
        high=found.high,
        mean=found.mean,
        count=found.count,
        missing=found.missing,
    )
