"""What a feature view's own data looks like, as a whole and over event time; only in children.

Feast computes the figures of the whole; DuckDB those of twelve equal spans of event time, over the
same bins, so that windows can be laid over each other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from octavo_server.adapters.feast_names import file_source

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from feast import FeatureStore, FeatureView

BINS = 20
CATEGORIES = 10
WINDOWS = 12
WINDOW_CATEGORIES = 5
LONGEST_CATEGORY = 100
_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(2099, 12, 30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Known(NamedTuple):
    """What is known of a view's data."""

    statistics: dict[str, dict[str, Any]]
    """Column to the figures of all its rows."""
    history: dict[str, dict[str, Any]]
    """Column to its windows over event time."""
    newest: datetime | None
    """Event time of the newest row."""
    cadence_seconds: int | None
    """How far apart event times usually are."""


class _Span(NamedTuple):
    first: float
    last: float
    moments: int

    @property
    def width(self) -> float:
        return (self.last - self.first) / WINDOWS

    def bounds(self, window: int) -> tuple[str, str]:
        """Return where a window begins and ends; the last one holds the newest row."""
        if not self.width:
            return _moment(self.first), _moment(self.first + 1.0)
        start = self.first + window * self.width
        return _moment(start), _moment(start + self.width)


def look(store: FeatureStore, view: FeatureView) -> Known:
    """Return what the view's source holds. Raises whatever an unreadable source raises."""
    import duckdb

    statistics = _statistics(store, view)
    files = _files(Path(str(file_source(view).path)))
    with duckdb.connect(config={"threads": 1}) as connection:
        span = _load(connection, view, files)
        if span is None:
            return Known(statistics, {}, None, None)
        names = [field.name for field in view.features]
        numeric = [name for name in names if statistics.get(name, {}).get("kind") == "numeric"]
        for name in numeric:
            statistics[name]["histogram"] = _histogram(connection, name)
        windows = _windows(connection, names, numeric, span)
        history = {name: _column(connection, name, windows, statistics) for name in names}
    cadence = (span.last - span.first) / (span.moments - 1) if span.moments > 1 else None
    newest = _EPOCH + timedelta(seconds=span.last)
    return Known(statistics, history, newest, max(1, round(cadence)) if cadence else None)


def newest_event(store: FeatureStore, view: FeatureView) -> datetime | None:
    """Return the event time of the source's newest row: the data's own age."""
    source = file_source(view)
    offline = store._get_provider().offline_store  # noqa: SLF001  # Feast has no public way
    newest: datetime | None = offline.get_monitoring_max_timestamp(
        store.config, source, source.timestamp_field
    )
    return newest


def _files(place: Path) -> str:
    return str(place / "**" / "*.parquet") if place.is_dir() else str(place)


def _statistics(store: FeatureStore, view: FeatureView) -> dict[str, dict[str, Any]]:
    from feast.monitoring.monitoring_service import MonitoringService

    computed = MonitoringService(store).compute_transient(
        store.project, view.name, start_date=_FIRST_DAY, end_date=_LAST_DAY
    )
    return {one["feature_name"]: _whole(one) for one in computed["metrics"]}


def _whole(metric: dict[str, Any]) -> dict[str, Any]:
    rows, nulls = int(metric["row_count"]), int(metric["null_count"])
    found: dict[str, Any] = {
        "kind": metric["feature_type"],
        "rows": rows,
        "nulls": nulls,
        "null_rate": nulls / rows if rows else 0.0,
    }
    histogram = metric["histogram"]
    if metric["feature_type"] == "numeric":
        for ours, theirs in (("minimum", "min_val"), ("maximum", "max_val")):
            found[ours] = _finite(metric[theirs])
        for name in ("mean", "stddev", "p50", "p95", "p99"):
            found[name] = _finite(metric[name])
        return found
    if histogram:
        found["categories"] = histogram["values"][:CATEGORIES]
        found["other"] = int(histogram["other_count"])
        found["distinct"] = int(histogram["unique_count"])
    return found


def _histogram(connection: DuckDBPyConnection, column: str) -> dict[str, Any] | None:
    """Return 20 bins from the 1st to the 99th percentile; Feast's own span the rare extremes."""
    import numpy as np

    name = _quoted(column)
    query = f"SELECT {name} AS v FROM seen WHERE {name} IS NOT NULL"  # noqa: S608
    values = np.asarray(connection.execute(query).fetchnumpy()["v"], dtype=np.float64)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    low, high = np.quantile(values, [0.01, 0.99])
    if low == high:
        low, high = float(values.min()), float(values.max())
    if low == high:
        return {"edges": [float(low), float(low)], "counts": [len(values)], "below": 0, "above": 0}
    counts, edges = np.histogram(values, bins=BINS, range=(low, high))
    return {
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
        "below": int((values < low).sum()),
        "above": int((values > high).sum()),
    }


def _load(connection: DuckDBPyConnection, view: FeatureView, files: str) -> _Span | None:
    """Load the rows with the number of their window; return the span, None without any row."""
    moment = f"epoch({_quoted(file_source(view).timestamp_field)})"
    span = _span(connection, moment, files)
    if span is None:
        return None
    window = f"least({WINDOWS - 1}, floor((moment - {span.first!r}) / {span.width!r}))"
    columns = ", ".join(_quoted(field.name) for field in view.features)
    connection.execute(
        f"CREATE TEMP TABLE seen AS SELECT CAST({window if span.width else 0} AS INTEGER) "  # noqa: S608  # quoted names, numbers
        f"AS win, {columns} FROM (SELECT {moment} AS moment, {columns} FROM read_parquet(?)) "
        "WHERE moment IS NOT NULL",
        [files],
    )
    return span


def _span(connection: DuckDBPyConnection, moment: str, files: str) -> _Span | None:
    query = (
        "SELECT min(moment), max(moment), count(DISTINCT moment) "  # noqa: S608
        f"FROM (SELECT {moment} AS moment FROM read_parquet(?))"
    )
    found = connection.execute(query, [files]).fetchone()
    if found is None or found[0] is None:
        return None
    return _Span(float(found[0]), float(found[1]), int(found[2]))


def _windows(
    connection: DuckDBPyConnection, names: list[str], numeric: list[str], span: _Span
) -> list[dict[str, Any]]:
    """Return the windows with rows and, by column, values and figures; one look at the data."""
    asked = [f"count({_quoted(name)})" for name in names]
    for name in numeric:
        value = f"CAST({_quoted(name)} AS DOUBLE)"
        finite = f"FILTER (WHERE isfinite({value}))"
        asked.append(f"avg({value}) {finite}")
        asked.append(f"quantile_cont({value}, [0.05, 0.5, 0.95]) {finite}")
    query = f"SELECT win, count(*), {', '.join(asked)} FROM seen GROUP BY win"  # noqa: S608
    found = {row[0]: row[1:] for row in connection.execute(query).fetchall()}
    windows = []
    for win in range(WINDOWS if span.width else 1):
        start, end = span.bounds(win)
        rows, *rest = found.get(win, (0,))
        filled = dict(zip(names, rest, strict=False))
        figures = dict(zip(numeric, _pairs(rest[len(names) :]), strict=False))
        windows.append(
            {"start": start, "end": end, "rows": rows, "filled": filled, "figures": figures}
        )
    return windows


def _pairs(values: list[Any]) -> list[tuple[Any, Any]]:
    """Return the values two by two."""
    return list(zip(values[::2], values[1::2], strict=True))


def _column(
    connection: DuckDBPyConnection,
    name: str,
    windows: list[dict[str, Any]],
    statistics: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    own = [_of_column(name, window) for window in windows]
    known = statistics.get(name)
    edges: list[float] = []
    if known is not None and known["kind"] == "numeric":
        edges = (known["histogram"] or {}).get("edges", [])
        if len(edges) > 2:
            _add_counts(connection, name, own, edges)
    elif known is not None:
        _add_categories(connection, name, own)
    return {"edges": edges, "windows": own}


def _of_column(name: str, window: Mapping[str, Any]) -> dict[str, Any]:
    rows = window["rows"]
    found = {key: window[key] for key in ("start", "end", "rows")}
    found["null_rate"] = (rows - window["filled"].get(name, 0)) / rows if rows else None
    mean, quantiles = window["figures"].get(name, (None, None))
    if mean is not None and quantiles is not None:
        figures = dict(zip(("p05", "p50", "p95"), quantiles, strict=True))
        found |= {key: _finite(one) for key, one in {"mean": mean, **figures}.items()}
    return found


def _add_counts(
    connection: DuckDBPyConnection,
    name: str,
    windows: list[dict[str, Any]],
    edges: list[float],
) -> None:
    low, high, bins = edges[0], edges[-1], len(edges) - 1
    for window in windows:
        window["counts"] = [0] * bins
    query = (
        f"SELECT win, least({bins - 1}, floor((v - {low!r}) / {(high - low) / bins!r})), count(*) "  # noqa: S608
        f"FROM (SELECT win, CAST({_quoted(name)} AS DOUBLE) AS v FROM seen) "
        f"WHERE v BETWEEN {low!r} AND {high!r} GROUP BY 1, 2"
    )
    for win, bin_, count in connection.execute(query).fetchall():
        windows[win]["counts"][int(bin_)] = int(count)


def _add_categories(
    connection: DuckDBPyConnection, name: str, windows: list[dict[str, Any]]
) -> None:
    query = (
        "SELECT win, v, count(*) AS n FROM (SELECT win, "  # noqa: S608
        f"left(CAST({_quoted(name)} AS VARCHAR), {LONGEST_CATEGORY}) AS v FROM seen) "
        "WHERE v IS NOT NULL GROUP BY win, v "
        "QUALIFY row_number() OVER (PARTITION BY win ORDER BY n DESC, v) "
        f"<= {WINDOW_CATEGORIES} ORDER BY win, n DESC, v"
    )
    for win, value, count in connection.execute(query).fetchall():
        windows[win].setdefault("categories", []).append({"value": value, "count": int(count)})


def _quoted(name: str) -> str:
    """Return a column's name as SQL takes any: DuckDB binds values, not names."""
    return '"' + name.replace('"', '""') + '"'


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _moment(seconds: float) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).isoformat()
