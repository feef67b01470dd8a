"""Feast's own point-in-time join, for comparing: ``python -m tests.support.feast_oracle FOLDER``.

``FOLDER/order.json`` names the views (as ``JoinOrder`` has them) and the rows; the answer goes to
stdout as JSON: for each row and view the joined values as text, None for none.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

_TYPES = {"text": "String", "integer": "Int64", "number": "Float64"}


def apply(folder: Path, order: dict[str, Any]) -> Any:
    """Return a store with the ordered views."""
    import feast.types
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
    from feast.data_format import ParquetFormat

    (folder / "feature_store.yaml").write_text(
        "project: oracle\nprovider: local\nregistry: registry.db\n"
        "offline_store: {type: duckdb}\nentity_key_serialization_version: 3\n"
    )
    store = FeatureStore(repo_path=str(folder))
    kinds = {"text": ValueType.STRING, "integer": ValueType.INT64}
    entities = {
        name: Entity(name=name, join_keys=[name], value_type=kinds[kind])
        for name, kind in order["entities"].items()
    }
    views = [
        FeatureView(
            name=view["name"],
            entities=[entities[name] for name in view["keys"]],
            ttl=timedelta(seconds=view["ttl_seconds"]),
            source=FileSource(
                name=f"{view['name']}_events",
                path=view["path"],
                file_format=ParquetFormat(),
                timestamp_field="event_timestamp",
                created_timestamp_column=view["created"],
            ),
            schema=[
                Field(name=name, dtype=getattr(feast.types, _TYPES[kind]))
                for name, kind in view["columns"].items()
            ],
        )
        for view in order["views"]
    ]
    store.apply([*entities.values(), *views])
    return store


def joined(store: Any, order: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what Feast joins to each row."""
    import pandas as pd

    rows = pd.DataFrame(order["rows"])
    rows["event_timestamp"] = pd.to_datetime(rows["event_timestamp"], utc=True, format="ISO8601")
    rows["row"] = range(len(rows))
    features = [f"{view['name']}:{name}" for view in order["views"] for name in view["columns"]]
    frame = store.get_historical_features(
        entity_df=rows, features=features, full_feature_names=True, filter_by_created_timestamp=True
    ).to_df()
    frame = frame.sort_values("row")
    return [
        {
            name.replace(":", "__"): None if pd.isna(value) else repr(value)
            for name in features
            for value in [row[name.replace(":", "__")]]
        }
        for row in frame.to_dict("records")
    ]


def main() -> None:
    """Answer one order."""
    warnings.simplefilter("ignore")
    folder = Path(sys.argv[1])
    order = json.loads((folder / "order.json").read_text())
    sys.stdout.write(json.dumps(joined(apply(folder, order), order)) + "\n")
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(0)


if __name__ == "__main__":
    main()
