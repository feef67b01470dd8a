"""Reads a Feast registry for the discovery index; a short child process, never the server.

``python -m octavo_server.adapters.feast_index --snapshot DIR --answer FILE`` writes one JSON
object: the feature views with schema, owner, statistics and both freshness figures.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView, FileSource

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
"""What a view, feature, entity or service may be called: it becomes code, SQL and URLs."""

REFUSED = 3
"""Exit status of a child whose last line on stderr says what it does not publish."""

BINS = 20
CATEGORIES = 10
_FIRST_DAY, _LAST_DAY = date(1970, 1, 2), date(2099, 12, 30)


class RegistryRefused(ValueError):
    """The registry holds something that Octavo does not publish; the message says what."""


def check_names(*names: str) -> None:
    """Raise :class:`RegistryRefused` for a name that isn't a plain identifier."""
    for name in names:
        if not NAME.fullmatch(name):
            raise RegistryRefused(
                f"{name[:80]!r} is no name for a feature, view, entity or service: "
                "use up to 100 letters, digits and underscores, not beginning with a digit"
            )


def read(store: FeatureStore) -> list[dict[str, Any]]:
    """Return all feature views of ``store`` with their statistics, sorted by name."""
    services = store.list_feature_services()
    check_names(*[service.name for service in services])
    views = sorted(store.list_batch_feature_views(), key=lambda view: view.name)
    return [_view(store, view, services) for view in views]


def definition(store: FeatureStore, view: FeatureView) -> dict[str, Any]:
    """Return what a view's author wrote; nothing that depends on the data."""
    entities = [store.get_entity(name) for name in view.entities if name != "__dummy"]
    check_names(view.name, *[one.name for one in entities], *[one.name for one in view.features])
    source = file_source(view)
    return {
        "name": view.name,
        "description": view.description,
        "owner": view.owner,
        "tags": dict(view.tags),
        "entities": [entity.name for entity in entities],
        "join_keys": [entity.join_key for entity in entities],
        "key_types": {column.name: str(column.dtype) for column in view.entity_columns},
        "ttl_seconds": int(view.ttl.total_seconds()) if view.ttl else None,
        "features": [
            {
                "name": field.name,
                "dtype": str(field.dtype),
                "description": field.description,
                "tags": dict(field.tags),
            }
            for field in view.features
        ],
        "source": {
            "name": source.name,
            "path": str(source.path),
            "description": source.description,
            "event_column": source.timestamp_field,
            "created_column": source.created_timestamp_column or None,
            "push_source": push_source(view),
        },
    }


def push_source(view: FeatureView) -> str | None:
    """Return the name of the push source that brings a view's rows as they happen, if one does."""
    from feast import PushSource

    found = view.stream_source
    return found.name if isinstance(found, PushSource) else None


def file_source(view: FeatureView) -> FileSource:
    """Return where the view's rows lie. Raises :class:`RegistryRefused` when that is no file."""
    from feast import FileSource

    if not isinstance(view.batch_source, FileSource):
        raise RegistryRefused(f"the source of {view.name} is not in the project's lake")
    return view.batch_source


def _view(store: FeatureStore, view: FeatureView, services: list[Any]) -> dict[str, Any]:
    found = definition(store, view)
    statistics = _statistics(store, view)
    for field in found["features"]:
        field["statistics"] = statistics.get(field["name"])
    newest = newest_event(store, view)
    until = view.most_recent_end_time
    found["services"] = sorted(
        service.name
        for service in services
        if any(one.name == view.name for one in service.feature_view_projections)
    )
    found["newest_event_at"] = _iso(newest)
    found["materialized_until"] = _iso(until)
    return found


def newest_event(store: FeatureStore, view: FeatureView) -> datetime | None:
    """Return the event time of the source's newest row: the data's own age."""
    source = file_source(view)
    offline = store._get_provider().offline_store  # noqa: SLF001  # Feast has no public way
    newest: datetime | None = offline.get_monitoring_max_timestamp(
        store.config, source, source.timestamp_field
    )
    return newest


def _statistics(store: FeatureStore, view: FeatureView) -> dict[str, dict[str, Any]]:
    from feast.monitoring.monitoring_service import MonitoringService

    computed = MonitoringService(store).compute_transient(
        store.project, view.name, start_date=_FIRST_DAY, end_date=_LAST_DAY
    )
    path = str(file_source(view).path)
    return {one["feature_name"]: _one(one, path) for one in computed["metrics"]}


def _one(metric: dict[str, Any], path: str) -> dict[str, Any]:
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
        found["histogram"] = _histogram(path, metric["feature_name"]) if histogram else None
        return found
    if histogram:
        found["categories"] = histogram["values"][:CATEGORIES]
        found["other"] = int(histogram["other_count"])
        found["distinct"] = int(histogram["unique_count"])
    return found


def _histogram(path: str, column: str) -> dict[str, Any] | None:
    """Return 20 bins from the 1st to the 99th percentile; Feast's own span the rare extremes."""
    import duckdb
    import numpy as np

    # DuckDB binds the path; the column is a checked identifier.
    query = f'SELECT "{column}" AS v FROM read_parquet(?) WHERE "{column}" IS NOT NULL'  # noqa: S608
    with duckdb.connect() as connection:
        values = np.asarray(connection.execute(query, [path]).fetchnumpy()["v"], dtype=np.float64)
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


def _finite(value: Any) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def main() -> int:
    """Write the index of one snapshot."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--snapshot", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    given = parser.parse_args()
    from feast import FeatureStore

    try:
        views = read(FeatureStore(repo_path=str(given.snapshot)))
    except RegistryRefused as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    given.answer.write_text(json.dumps({"views": views}, allow_nan=False))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
