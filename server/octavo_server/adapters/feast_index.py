"""Reads a Feast registry for the discovery index; a short child process, never the server.

``python -m octavo_server.adapters.feast_index --snapshot DIR --lake DIR --answer FILE`` writes one
JSON object: the feature views with schema, owner, statistics over all rows and over event time and
both freshness figures, and what can't be shown and why. A registry that somebody filled behind
Octavo's back may hold anything: one bad view takes none of the others along.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.features import REGISTRY_FILE, SNAPSHOT_FILE
from octavo.registry_check import CodeInRegistry, check_registry
from octavo_server.adapters.feast_names import (
    NAME,
    REFUSED,
    RegistryRefused,
    check_names,
    file_source,
)
from octavo_server.adapters.feast_statistics import Known, look, newest_event

if TYPE_CHECKING:
    from feast import FeatureService, FeatureStore, FeatureView

__all__ = [
    "NAME",
    "REFUSED",
    "RegistryRefused",
    "check_names",
    "definition",
    "file_source",
    "newest_event",
    "read",
]

Look = Callable[["FeatureStore", "FeatureView"], Known]
MOST_VIEWS = 20_000
LONGEST_REASON = 300


def read(store: FeatureStore) -> list[dict[str, Any]]:
    """Return all feature views of ``store`` with their statistics, sorted by name.

    Raises :class:`RegistryRefused` for what Octavo doesn't publish.
    """
    services = store.list_feature_services()
    check_names(*[service.name for service in services])
    views = sorted(store.list_batch_feature_views(), key=lambda view: view.name)
    return [_view(definition(store, view), view, services, look(store, view)) for view in views]


def read_what_can_be(
    store: FeatureStore, lake: Path, looking: Look = look
) -> tuple[list[dict[str, Any]], list[dict[str, str]]]:
    """Return the views that can be shown, and what can't with the reason."""
    problems: list[dict[str, str]] = []
    services = []
    for service in store.list_feature_services():
        try:
            check_names(service.name)
            services.append(service)
        except RegistryRefused as error:
            problems.append({"code": "hostile", "message": str(error)})
    views = []
    for view in sorted(store.list_batch_feature_views(), key=lambda view: view.name)[:MOST_VIEWS]:
        try:
            found = definition(store, view)
            _check_place(found, lake)
        except RegistryRefused as error:
            problems.append({"code": "hostile", "message": str(error)})
            continue
        known, problem = _look(store, view, looking)
        problems += [problem] if problem else []
        views.append(_view(found, view, services, known))
    return views, problems


def _check_place(view: dict[str, Any], lake: Path) -> None:
    """Raise RegistryRefused for data outside the lake: no registry says which files we open."""
    if not Path(view["source"]["path"]).resolve().is_relative_to(lake.resolve()):
        raise RegistryRefused(f"the source of {view['name']} is not in the project's lake")


def _look(
    store: FeatureStore, view: FeatureView, looking: Look
) -> tuple[Known, dict[str, str] | None]:
    """Look at a view's data; data that can't be read is a problem, and no end."""
    try:
        return looking(store, view), None
    except Exception as error:  # noqa: BLE001 - data is broken in as many ways as there are
        why = f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"[:LONGEST_REASON]
        message = f"The data of {view.name} can't be read: {why}"
        return Known({}, {}, None, None), {"code": "unreadable", "message": message}


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
        "online": bool(view.online),
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


def _view(
    found: dict[str, Any], view: FeatureView, services: Sequence[FeatureService], known: Known
) -> dict[str, Any]:
    for field in found["features"]:
        field["statistics"] = known.statistics.get(field["name"])
    found["services"] = sorted(
        service.name
        for service in services
        if any(one.name == view.name for one in service.feature_view_projections)
    )
    found["newest_event_at"] = _iso(known.newest)
    found["materialized_until"] = _iso(view.most_recent_end_time)
    found["cadence_seconds"] = known.cadence_seconds
    found["history"] = known.history
    return found


def _iso(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _place(view: dict[str, Any], lake: Path, published: dict[str, Any]) -> None:
    """Say of a view's source what was true at publication, and where it lies in the lake."""
    place = Path(view["source"]["path"]).resolve()
    known = published.get(view["name"], {})
    view["source"] |= {
        "path": place.relative_to(lake.resolve()).as_posix(),
        "rows": known.get("rows"),
        "sha256": known.get("sha256"),
    }


def index(snapshot: Path, lake: Path, looking: Look = look) -> dict[str, Any]:
    """Return what a snapshot's registry holds; ``looking`` tells what is known of a view's data.

    Raises CodeInRegistry for a registry that runs code.
    """
    from feast import FeatureStore

    check_registry(snapshot / REGISTRY_FILE)
    published = json.loads((snapshot / SNAPSHOT_FILE).read_text(encoding="utf-8"))["sources"]
    views, problems = read_what_can_be(FeatureStore(repo_path=str(snapshot)), lake, looking)
    for view in views:
        _place(view, lake, published)
    return {"views": views, "problems": problems}


def main() -> int:
    """Write the index of one snapshot."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--snapshot", "--lake", "--answer"):
        parser.add_argument(name, type=Path, required=True)
    given = parser.parse_args()
    os.environ["OCTAVO_LAKE"] = str(given.lake)
    try:
        answer = index(given.snapshot, given.lake)
    except (RegistryRefused, CodeInRegistry, OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    given.answer.write_text(json.dumps(answer, allow_nan=False))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
