"""Feast's own registry with 10,000 features, and its own REST server in front of it.

``python -m benchmarks.panels.feast_rest FOLDER make`` writes data, registry and snapshot;
``... serve PORT`` answers on 127.0.0.1 until its standard input is closed, from a registry that it
keeps in memory.
"""

from __future__ import annotations

import copy
import json
import os
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.panels.feature_names import MEASURES, SUBJECTS, VIEWS, columns, described, owner

from octavo_server.adapters import feast_index
from octavo_server.adapters.feast_statistics import Known, look

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

PROJECT = "flights"
ROWS = 240
SETTINGS = f"""\
project: {PROJECT}
provider: local
registry:
  registry_type: file
  path: registry.db
  cache_ttl_seconds: 86400
online_store:
  type: sqlite
  path: online.db
offline_store:
  type: duckdb
entity_key_serialization_version: 3
"""


def make(snapshot: Path, lake: Path) -> None:
    """Write a registry with all views, and a small table for each."""
    from feast import FeatureStore

    snapshot.mkdir(parents=True)
    (snapshot / "feature_store.yaml").write_text(SETTINGS)
    for measure in MEASURES:
        _write(lake / "curated" / f"{measure}.parquet", f"any_{measure}_daily")
    store = FeatureStore(repo_path=str(snapshot))
    store.apply(_objects(lake))
    (snapshot / "snapshot.json").write_text(json.dumps({"project": PROJECT, "sources": {}}))
    found = feast_index.index(snapshot, lake, Looks())
    (snapshot.parent / "index.json").write_text(json.dumps(found))


class Looks:
    """Looks at each table once: views of a measure have the same columns over the same rows."""

    def __init__(self) -> None:
        self._kept: dict[str, Known] = {}

    def __call__(self, store: FeatureStore, view: FeatureView) -> Known:
        """Return what the view's source holds."""
        measure = view.name.split("_")[1]
        if measure not in self._kept:
            self._kept[measure] = look(store, view)
        return copy.deepcopy(self._kept[measure])


def _write(file: Path, view: str) -> None:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    chance = np.random.default_rng(len(view))
    newest = datetime.now(UTC)
    table: dict[str, Any] = {name: chance.normal(size=ROWS) for name in columns(view)}
    table |= {subject: [f"{subject}-{n % 10}" for n in range(ROWS)] for subject in SUBJECTS}
    table["event_timestamp"] = [newest - timedelta(hours=n) for n in range(ROWS)]
    file.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(table), file)


def _objects(lake: Path) -> list[Any]:
    from feast import Entity, FeatureService, FeatureView, Field, FileSource
    from feast.data_format import ParquetFormat
    from feast.types import Float64
    from feast.value_type import ValueType

    entities = {
        name: Entity(name=name, join_keys=[name], value_type=ValueType.STRING) for name in SUBJECTS
    }
    views = [
        FeatureView(
            name=name,
            entities=[entities[name.partition("_")[0]]],
            ttl=timedelta(hours=6),
            schema=[
                Field(name=one, dtype=Float64, description=f"{one} of {name}.")
                for one in columns(name)
            ],
            source=FileSource(
                name=f"{name}_rows",
                path=str(lake / "curated" / f"{name.split('_')[1]}.parquet"),
                file_format=ParquetFormat(),
                timestamp_field="event_timestamp",
            ),
            description=described(name),
            owner=owner(name),
            tags={"team": owner(name)[:7], "measure": name.split("_")[1]},
        )
        for name in VIEWS
    ]
    services = [
        FeatureService(
            name=f"{subject}_model", features=[one for one in views if one.name.startswith(subject)]
        )
        for subject in SUBJECTS
    ]
    return [*entities.values(), *views, *services]


def serve(snapshot: Path, port: int) -> None:
    """Answer as Feast does."""
    from fastapi import FastAPI
    from feast import FeatureStore
    from feast.api.registry.rest import rest_registry_server

    def app(*, default_status_code: int, default_headers: object, **given: Any) -> FastAPI:
        """Make the app without two arguments that FastAPI never had and now refuses."""
        del default_status_code, default_headers
        return FastAPI(**given)

    rest: Any = rest_registry_server
    rest.FastAPI = app
    store: FeatureStore = FeatureStore(repo_path=str(snapshot))
    server = rest.RestRegistryServer(store)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    server.start_server(port, host="127.0.0.1")


def _end_with_input() -> None:
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[2] == "make":
        make(folder / "features" / PROJECT / ("a" * 64), folder / "lake" / PROJECT)
        sys.stdout.flush()
        os._exit(0)  # DuckDB's bindings print a leak report when the interpreter takes them down
    threading.Thread(target=_end_with_input, daemon=True).start()
    serve(folder / "features" / PROJECT / ("a" * 64), int(sys.argv[3]))
