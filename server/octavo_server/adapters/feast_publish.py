"""Builds a registry snapshot from a declaration; a short child process, never the server.

``python -m octavo_server.adapters.feast_publish --declaration FILE --project NAME --features DIR
--lake DIR --answer FILE`` makes Feast's objects of a declaration, which is data, applies them in a
build folder, checks the views for leaks, loads the online values of what changed, and lays the
result down as ``<features>/<digest>/`` with the values waiting beside it. It moves no pointer: that
is the service's, once the policy agreed.

With ``--repository DIR`` the declaration is read from a Feast repository. That is code and runs
with this process's rights, so only repositories that were installed with Octavo are given to it.
``--declare`` stops after that and answers the declaration alone.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import shutil
import sqlite3
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.feature_repository import DeclarationRefused, from_repository
from octavo.features import (
    CURRENT,
    DECLARATION_FILE,
    REGISTRY_FILE,
    SNAPSHOT_FILE,
    folder_digest,
)
from octavo.records.feature_declarations import FORMAT, DeclaredView, FeatureDeclaration
from octavo.registry_check import CodeInRegistry, check_registry
from octavo_server.adapters import feast_index, feast_leaks
from octavo_server.adapters.feast_check import inside
from octavo_server.adapters.feast_index import REFUSED, RegistryRefused
from octavo_server.adapters.feast_objects import contents_of
from octavo_server.adapters.feast_online import ONLINE_FILE, feast_project, waiting_online
from octavo_server.adapters.lake_digest import data_digest, parquet_files
from octavo_server.adapters.online_tables import DROP, MERGE, REPLACE, note_plan

if TYPE_CHECKING:
    from feast import FeatureStore

SETTINGS_FILE = "feature_store.yaml"
FOLDER_MODE, FILE_MODE = 0o755, 0o644
STEPS = 5

_SETTINGS = """\
project: {project}
provider: local
registry:
  registry_type: file
  path: {registry}
  cache_ttl_seconds: 0
online_store:
  type: sqlite
  path: {online}
offline_store:
  type: duckdb
entity_key_serialization_version: 3
"""


class Progress:
    """Prints one line a finished step."""

    def __init__(self) -> None:
        self._done = 0
        self._since = time.monotonic()

    def step(self, what: str) -> None:
        """Report that ``what`` is done."""
        self._done += 1
        now = time.monotonic()
        sys.stdout.write(f"[{self._done}/{STEPS}] {what:<32} {now - self._since:5.1f} s\n")
        sys.stdout.flush()
        self._since = now


def publish(
    declaration: FeatureDeclaration, project: str, features: Path, lake: Path
) -> dict[str, Any]:
    """Return the snapshot's id, its index, what was loaded, and the leaks that were found."""
    feast_index.check_names(feast_project(project))
    progress = Progress()
    build = features / f".building-{os.getpid()}"
    before = _facts(features / CURRENT)
    try:
        _prepare(build, features, project)
        store = _applied(declaration, build, lake)
        progress.step("definitions applied")
        leaks = feast_leaks.of_declaration(declaration, lake)
        progress.step(f"{len(declaration.views)} views checked for leaks")
        sources = _sources(declaration, lake)
        values = _values(declaration, sources)
        made_from = _digest([declaration.model_dump(mode="json"), sources])
        kept = _unchanged(features, before, made_from)
        loaded: dict[str, Any] = {"rows": {}, "seconds": 0.0}
        if kept is None:
            loaded = _load(store, before.get("values", {}), values, features, sources)
        progress.step(_loading(kept, list(loaded["rows"])))
        facts = {"project": project, "sources": sources, "made_from": made_from, "values": values}
        snapshot = kept or _lay_down(build, features, declaration, facts, before)
        progress.step("snapshot " + snapshot[:12])
        index = _index(features / snapshot)
        progress.step("index and statistics")
    finally:
        shutil.rmtree(build, ignore_errors=True)
    for view in index:
        view["source"].update(sources[view["name"]], path=_inside(lake, view["source"]["path"]))
    return {"snapshot": snapshot, "views": index, "leaks": leaks, "loaded": loaded}


def _loading(kept: str | None, views: Sequence[str]) -> str:
    if kept is not None or not views:
        return "online store kept"
    return f"online store: {len(views)} views loaded"


def _settings(project: str, online: str) -> str:
    return _SETTINGS.format(project=feast_project(project), registry=REGISTRY_FILE, online=online)


def _digest(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _facts(snapshot: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((snapshot / SNAPSHOT_FILE).read_text())
    except (OSError, ValueError):
        return {}
    return found


def _prepare(build: Path, features: Path, project: str) -> None:
    """Fill the build folder with the current registry, so that its history goes on."""
    features.mkdir(parents=True, exist_ok=True)
    build.mkdir(mode=0o700)
    current = features / CURRENT / REGISTRY_FILE
    if current.exists():
        check_registry(current)
        shutil.copyfile(current, build / REGISTRY_FILE)
    (build / SETTINGS_FILE).write_text(_settings(project, ONLINE_FILE))


def _applied(declaration: FeatureDeclaration, build: Path, lake: Path) -> FeatureStore:
    """Apply a declaration to the registry in ``build``."""
    from feast import FeatureStore
    from feast.repo_operations import extract_objects_for_apply_delete

    for view in declaration.views:
        table = feast_leaks.table_of(declaration, view)
        if inside(lake, table.path) is None:
            raise RegistryRefused(f"the source of {view.name} is not in the project's lake")
    store = FeatureStore(repo_path=str(build))
    changes: Any = extract_objects_for_apply_delete  # Feast left it without types
    contents = contents_of(declaration, lake.resolve())
    to_apply, to_delete, _, _ = changes(store.project, store.registry, contents)
    store.apply(to_apply, objects_to_delete=to_delete, partial=False)
    return store


def _sources(declaration: FeatureDeclaration, lake: Path) -> dict[str, dict[str, Any]]:
    """Return digest and number of rows of each view's data."""
    known: dict[str, dict[str, Any]] = {}
    found: dict[str, dict[str, Any]] = {}
    for view in declaration.views:
        path = feast_leaks.table_of(declaration, view).path
        if path not in known:
            known[path] = _data(lake / path)
        found[view.name] = known[path]
    return found


def _data(place: Path) -> dict[str, Any]:
    import pyarrow.parquet as pq

    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in parquet_files(place))
    return {"sha256": data_digest(place), "rows": rows}


def _values(
    declaration: FeatureDeclaration, sources: Mapping[str, Any]
) -> dict[str, dict[str, str]]:
    """Return for each view that is kept online what its values depend on: shape and data."""
    keys = {one.name: (one.join_key, one.type) for one in declaration.entities}
    found = {}
    for view in declaration.views:
        if view.online:
            shape = _digest([[keys[name] for name in view.entities], _typed(view)])
            table = feast_leaks.table_of(declaration, view)
            times = [table.event_column, table.created_column]
            data = _digest([table.path, times, sources[view.name]])
            found[view.name] = {"shape": shape, "data": data}
    return found


def _typed(view: DeclaredView) -> list[tuple[str, str]]:
    return sorted((one.name, one.dtype) for one in view.columns)


def _unchanged(features: Path, facts: Mapping[str, Any], made_from: str) -> str | None:
    """Return the current snapshot's id when it was made from the very same."""
    current = (features / CURRENT).resolve()
    if facts.get("made_from") != made_from or not (features / ONLINE_FILE).exists():
        return None
    return current.name if folder_digest(current) == current.name else None


def _load(
    store: FeatureStore,
    before: Mapping[str, Mapping[str, str]],
    values: Mapping[str, Mapping[str, str]],
    features: Path,
    sources: Mapping[str, Any],
) -> dict[str, Any]:
    """Load the newest value of every entity, of those views whose values may have changed."""
    whole = (features / ONLINE_FILE).exists()
    names = [name for name in values if not whole or before.get(name) != values[name]]
    began = time.monotonic()
    if names:
        _materialize(store, names)
    rows = {name: sources[name]["rows"] for name in names}
    return {"rows": rows, "seconds": round(time.monotonic() - began, 3)}


def _materialize(store: FeatureStore, names: list[str]) -> None:
    views = store.list_batch_feature_views()
    events = [feast_index.newest_event(store, view) for view in views]
    newest = max((one for one in events if one is not None), default=datetime.now(UTC))
    until = newest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    with contextlib.redirect_stdout(io.StringIO()):  # Feast paints a progress bar a view
        store.materialize(until - timedelta(days=366), until, feature_views=names)


def _lay_down(
    build: Path,
    features: Path,
    declaration: FeatureDeclaration,
    facts: Mapping[str, Any],
    before: Mapping[str, Any],
) -> str:
    """Write the snapshot under its digest, lay the online values beside it, return the digest."""
    laid = build / "snapshot"
    laid.mkdir()
    shutil.copyfile(build / REGISTRY_FILE, laid / REGISTRY_FILE)
    check_registry(laid / REGISTRY_FILE)
    (laid / SETTINGS_FILE).write_text(_settings(facts["project"], f"../{ONLINE_FILE}"))
    _write(laid / SNAPSHOT_FILE, {"format": 1, **facts})
    said = declaration.model_dump(mode="json")
    _write(laid / DECLARATION_FILE, {"format": FORMAT, "declaration": said})
    for file in laid.iterdir():
        file.chmod(FILE_MODE)
    laid.chmod(FOLDER_MODE)
    digest = folder_digest(laid)
    _plan_online(build / ONLINE_FILE, facts, before)
    (build / ONLINE_FILE).replace(features / waiting_online(digest))
    if not (features / digest).exists():
        laid.rename(features / digest)
    return digest


def _write(file: Path, document: Mapping[str, Any]) -> None:
    file.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def _plan_online(file: Path, facts: Mapping[str, Any], before: Mapping[str, Any]) -> None:
    """Note beside the new values what is to be done with each table of the store in use."""
    old, new = before.get("values", {}), facts["values"]
    project = feast_project(facts["project"])
    plan = {f"{project}_{name}": DROP for name in old if name not in new}
    for name, now in new.items():
        was = old.get(name)
        if was != now:
            same_shape = was is not None and was["shape"] == now["shape"]
            plan[f"{project}_{name}"] = MERGE if same_shape else REPLACE
    with contextlib.closing(sqlite3.connect(file)) as online:
        note_plan(online, plan)
    file.chmod(FILE_MODE)


def _index(snapshot: Path) -> list[dict[str, Any]]:
    from feast import FeatureStore

    return feast_index.read(FeatureStore(repo_path=str(snapshot)))


def _inside(lake: Path, path: str) -> str:
    return Path(path).resolve().relative_to(lake.resolve()).as_posix()


def main() -> int:
    """Publish or declare, or say in one sentence why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    parser.add_argument("--declare", action="store_true")
    for name in ("--repository", "--declaration", "--features", "--lake", "--answer"):
        parser.add_argument(name, type=lambda text: Path(text).resolve())
    given = parser.parse_args()
    os.environ["OCTAVO_LAKE"] = str(given.lake)
    os.umask(0o022)
    try:
        declaration = _declared(given)
        answer = {"declaration": declaration.model_dump(mode="json")}
        if not given.declare:
            answer |= publish(declaration, given.project, given.features, given.lake)
    except (RegistryRefused, DeclarationRefused, CodeInRegistry) as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    except Exception as error:  # noqa: BLE001  # whatever a library raises ends in words
        traceback.print_exc()
        first = (str(error).splitlines() or [""])[0]
        sys.stderr.write(f"{type(error).__name__}: {first}\n")  # the last line is what people read
        return 1
    given.answer.write_text(json.dumps(answer, allow_nan=False))
    return 0


def _declared(given: argparse.Namespace) -> FeatureDeclaration:
    if given.declaration is None:
        return from_repository(given.repository, given.lake)
    return FeatureDeclaration.model_validate_json(given.declaration.read_bytes())


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
