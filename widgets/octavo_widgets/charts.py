"""Charts as SVG with the theme's colours; matplotlib draws, no script, no network."""

from __future__ import annotations

import re
from collections.abc import Sequence
from io import StringIO
from itertools import pairwise
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, date2num
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from octavo.records.monitoring import FeatureDrift, MonitorSummary, ScoreDistribution, SeriesPoint
from octavo_widgets.markup import Markup, tag
from octavo_widgets.theme import ALARM, FIRST, GRID, INK, MUTED, SECOND, TRAINING, VARIABLES

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "figure.constrained_layout.use": True,
}
COLOURS = (FIRST, SECOND, MUTED)
LINES = ("-", "--", ":")
MOST_LABEL = 18
"""Characters of a bin's label."""


def volume_and_latency(summary: MonitorSummary, promised_ms: float) -> Markup:
    """Return requests and latency over the window, one colour and line style a version."""
    with rc_context(_style({"svg.hashsalt": "volume"})):
        figure = Figure(figsize=(7.2, 3.6))
        above, below = figure.subplots(2, 1, sharex=True)
        versions = sorted({point.version for point in summary.series})
        width = (summary.until - summary.since) / 60 * 0.8
        for place, version in enumerate(versions):
            points = [point for point in summary.series if point.version == version]
            _bars(above, points, place, len(versions), width)
            _lines(below, points, place)
        below.axhline(promised_ms, color=ALARM, linewidth=1, linestyle=(0, (1, 2)))
        above.set_ylabel("requests")
        above.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=4))
        below.set_ylabel("latency, ms")
        below.set_ylim(bottom=0)
        below.set_xlim(summary.since, summary.until)
        locator = AutoDateLocator(maxticks=7)  # type: ignore[no-untyped-call]
        below.xaxis.set_major_locator(locator)
        named = ConciseDateFormatter(locator, show_offset=False)  # type: ignore[no-untyped-call]
        below.xaxis.set_major_formatter(named)
        below.set_xlabel("UTC")
        shown = f"Requests and latency by version, last {summary.window}"
        return _svg(figure, shown)


def score_distribution(scores: ScoreDistribution) -> Markup:
    """Return live scores as bars beside training's as a stepped line."""
    with rc_context(_style({"svg.hashsalt": "scores"})):
        figure = Figure(figsize=(7.2, 3.0))
        axes = figure.subplots()
        edges = scores.edges
        widths = [high - low for low, high in pairwise(edges)]
        axes.bar(edges[:-1], scores.live, widths, align="edge", color=FIRST, alpha=0.75)
        axes.stairs(scores.training, edges, color=INK, linewidth=1.5, baseline=None)
        axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("score")
        axes.set_ylabel("share of scores")
        axes.set_xlim(edges[0], edges[-1])
        return _svg(figure, "Distribution of live scores beside the training window's")


def feature_histogram(drift: FeatureDrift) -> Markup:
    """Return one feature of one month beside the training window, bin by bin."""
    with rc_context(_style({"svg.hashsalt": "feature", "axes.grid.axis": "x"})):
        count = len(drift.labels)
        figure = Figure(figsize=(7.2, max(1.8, 0.34 * count + 0.7)))
        axes = figure.subplots()
        places = range(count)
        axes.barh([p - 0.2 for p in places], drift.shares, 0.4, color=FIRST)
        axes.barh([p + 0.2 for p in places], drift.training_shares, 0.4, color=TRAINING)
        axes.set_yticks(list(places), [_short(label) for label in drift.labels])
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        axes.set_xlabel("share of rows")
        return _svg(figure, f"{drift.feature} in {drift.month} beside the training window")


def legend(entries: Sequence[tuple[str, str]]) -> Markup:
    """Return colours with their meaning; a colour is one of the theme's stand-ins."""
    items = [
        tag(
            "span",
            tag("span", class_="octavo-swatch", style=f"background:{VARIABLES[colour]}"),
            word,
        )
        for colour, word in entries
    ]
    return tag("div", *items, class_="octavo-legend octavo-quiet")


def _swatch(colour: str) -> Markup:
    return tag("span", class_="octavo-swatch", style=f"background:{VARIABLES[colour]}")


def _style(more: dict[str, Any]) -> Any:
    """Return matplotlib's settings; their key type is a list of all names, so it is left open."""
    return {**STYLE, **more}


def _bars(axes: Axes, points: Sequence[SeriesPoint], place: int, count: int, width: Any) -> None:
    each = width / max(count, 1)
    at = [point.at + place * each for point in points]
    colour = COLOURS[place % len(COLOURS)]
    axes.bar(at, [point.requests for point in points], each, align="edge", color=colour)
    errors = [point.errors for point in points]
    if any(errors):
        axes.bar(at, errors, each, align="edge", color=ALARM, hatch="///", edgecolor=INK)


def _lines(axes: Axes, points: Sequence[SeriesPoint], place: int) -> None:
    answered = [point for point in points if point.latency_p95_ms is not None]
    at = date2num([one.at for one in answered])  # type: ignore[no-untyped-call]
    colour, line = COLOURS[place % len(COLOURS)], LINES[place % len(LINES)]
    p95 = [point.latency_p95_ms or 0.0 for point in answered]
    p50 = [point.latency_p50_ms or 0.0 for point in answered]
    axes.plot(at, p95, color=colour, linestyle=line, marker="o", markersize=2.5)
    axes.plot(at, p50, color=colour, linestyle=line, linewidth=0.8, alpha=0.6)


def _short(label: str) -> str:
    return label if len(label) <= MOST_LABEL else f"{label[: MOST_LABEL - 1]}…"


def _svg(figure: Figure, label: str) -> Markup:
    """Return the figure as inline SVG: matplotlib escapes its texts, the label is escaped here."""
    buffer = StringIO()
    empty = {"Date": None, "Creator": None, "Format": None, "Type": None}
    figure.savefig(buffer, format="svg", transparent=True, metadata=empty)
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    for stand_in, variable in VARIABLES.items():
        drawn = drawn.replace(stand_in, variable)
    drawn = drawn.replace("'sans-serif'", "var(--jp-ui-font-family)")
    drawn = re.sub(r'^<svg ([^>]*?)width="[^"]*" height="[^"]*"', r"<svg \1", drawn)
    drawn = re.sub(r'height="[\d.]+pt" ', "", drawn, count=1)
    drawn = re.sub(r'width="[\d.]+pt" ', "", drawn, count=1)
    return tag("div", Markup(drawn), role="img", aria_label=label)
