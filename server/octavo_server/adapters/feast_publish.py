"""Builds a registry snapshot from a Feast repository; a short child process, never the server.

``python -m octavo_server.adapters.feast_publish --repository DIR --project NAME --features DIR
--lake DIR --answer FILE`` applies the repository in a build folder, checks it for leaks,
materialises the online store and lays the result down as ``<features>/<digest>/``. It moves no
pointer: that is the service's, once the policy agreed. A repository is code: it runs with this
process's rights, so only repositories that were installed with Octavo are given to it.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from octavo.features import CURRENT, REGISTRY_FILE, SNAPSHOT_FILE, folder_digest
from octavo_server.adapters import feast_index, feast_leaks
from octavo_server.adapters.feast_index import REFUSED, RegistryRefused, file_source
from octavo_server.adapters.feast_online import ONLINE_FILE, feast_project, waiting_online

if TYPE_CHECKING:
    from feast import FeatureStore, FeatureView

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


def publish(repository: Path, project: str, features: Path, lake: Path) -> dict[str, Any]:
    """Return the snapshot's id, its index and the leaks that were found."""
    feast_index.check_names(feast_project(project))
    progress = Progress()
    build = features / f".building-{os.getpid()}"
    _prepare(build, features, project)
    try:
        store = _applied(repository, build, lake)
        progress.step("definitions applied")
        views = store.list_batch_feature_views()
        sources = {view.name: _source(view) for view in views}
        leaks = [str(leak) for view in views for leak in feast_leaks.of_view(view, lake)]
        progress.step(f"{len(views)} views checked for leaks")
        made_from = _made_from(store, views, sources)
        kept = _unchanged(features, made_from)
        if kept is None:
            _materialize(store, views)
        progress.step("online store " + ("materialised" if kept is None else "kept"))
        snapshot = kept or _lay_down(build, features, project, sources, made_from)
        progress.step("snapshot " + snapshot[:12])
        index = _index(features / snapshot)
        progress.step("index and statistics")
    finally:
        shutil.rmtree(build, ignore_errors=True)
    for view in index:
        view["source"].update(sources[view["name"]], path=_inside(lake, view["source"]["path"]))
    return {"snapshot": snapshot, "views": index, "leaks": leaks}


def _settings(project: str, online: str) -> str:
    return _SETTINGS.format(project=feast_project(project), registry=REGISTRY_FILE, online=online)


def _prepare(build: Path, features: Path, project: str) -> None:
    """Fill the build folder with the current registry and online store, so that both go on."""
    features.mkdir(parents=True, exist_ok=True)
    build.mkdir(mode=0o700)
    current = features / CURRENT / REGISTRY_FILE
    if current.exists():
        shutil.copyfile(current, build / REGISTRY_FILE)
    if (features / ONLINE_FILE).exists():
        shutil.copyfile(features / ONLINE_FILE, build / ONLINE_FILE)
    settings = _settings(project, ONLINE_FILE)
    (build / SETTINGS_FILE).write_text(settings)


def _applied(repository: Path, build: Path, lake: Path) -> FeatureStore:
    """Apply the definitions in ``repository`` to the registry in ``build``."""
    from feast import FeatureStore
    from feast.repo_operations import extract_objects_for_apply_delete, parse_repo

    os.chdir(repository)
    sys.path.insert(0, str(repository))
    contents = parse_repo(repository)
    _check(contents, lake)
    store = FeatureStore(repo_path=str(build))
    changes: Any = extract_objects_for_apply_delete  # Feast left it without types
    to_apply, to_delete, _, _ = changes(store.project, store.registry, contents)
    store.apply(to_apply, objects_to_delete=to_delete, partial=False)
    return store


def _check(contents: Any, lake: Path) -> None:
    """Raise RegistryRefused for what readers must not be given."""
    if contents.on_demand_feature_views or contents.stream_feature_views:
        raise RegistryRefused(
            "on-demand and stream feature views carry code that every reader would run; "
            "compute the feature in the lake and publish it as a batch view"
        )
    if not contents.feature_views:
        raise RegistryRefused("the repository defines no feature view")
    for view in contents.feature_views:
        feast_index.check_names(view.name, *[field.name for field in view.features])
        _check_ttl(view.name, view.ttl)
        place = Path(file_source(view).path).resolve()
        if not place.is_relative_to(lake.resolve()) or not place.exists():
            raise RegistryRefused(f"the source of {view.name} is not in the project's lake")


def _check_ttl(view: str, ttl: timedelta | None) -> None:
    """Raise RegistryRefused for a TTL of days and hours: Feast's join can't express it."""
    if ttl and ttl.days and ttl % timedelta(days=1):
        raise RegistryRefused(
            f"the TTL of {view} is {ttl}: use less than a day or a whole number of days"
        )


def _source(view: FeatureView) -> dict[str, Any]:
    """Return digest and number of rows of a view's data."""
    import pyarrow.parquet as pq

    place = Path(file_source(view).path)
    files = sorted(place.rglob("*.parquet")) if place.is_dir() else [place]
    total = hashlib.sha256()
    for file in files:
        total.update(hashlib.sha256(file.read_bytes()).digest())
    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in files)
    return {"sha256": total.hexdigest(), "rows": rows}


def _made_from(store: FeatureStore, views: list[FeatureView], sources: dict[str, Any]) -> str:
    """Return a digest of what the snapshot says, without the times at which it was built."""
    services = {
        service.name: [
            [one.name, *[field.name for field in one.features]]
            for one in service.feature_view_projections
        ]
        for service in store.list_feature_services()
    }
    said = [feast_index.definition(store, view) for view in views]
    text = json.dumps([said, services, sources], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _unchanged(features: Path, made_from: str) -> str | None:
    """Return the current snapshot's id when it was made from the very same."""
    current = (features / CURRENT).resolve()
    try:
        facts = json.loads((current / SNAPSHOT_FILE).read_text())
    except (OSError, ValueError):
        return None
    whole = facts.get("made_from") == made_from and folder_digest(current) == current.name
    return current.name if whole and (features / ONLINE_FILE).exists() else None


def _materialize(store: FeatureStore, views: list[FeatureView]) -> None:
    """Load the newest value of every entity into the online store."""
    events = [feast_index.newest_event(store, view) for view in views]
    newest = max((one for one in events if one is not None), default=datetime.now(UTC))
    until = newest.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    with contextlib.redirect_stdout(io.StringIO()):  # Feast paints a progress bar a view
        store.materialize(until - timedelta(days=366), until)


def _lay_down(
    build: Path, features: Path, project: str, sources: dict[str, Any], made_from: str
) -> str:
    """Write the snapshot under its digest, lay the online store beside it, return the digest."""
    laid = build / "snapshot"
    laid.mkdir()
    shutil.copyfile(build / REGISTRY_FILE, laid / REGISTRY_FILE)
    (laid / SETTINGS_FILE).write_text(_settings(project, f"../{ONLINE_FILE}"))
    facts = {"format": 1, "project": project, "sources": sources, "made_from": made_from}
    (laid / SNAPSHOT_FILE).write_text(json.dumps(facts, indent=1, sort_keys=True) + "\n")
    for file in laid.iterdir():
        file.chmod(FILE_MODE)
    laid.chmod(FOLDER_MODE)
    digest = folder_digest(laid)
    if not (features / digest).exists():
        laid.rename(features / digest)
    (build / ONLINE_FILE).chmod(FILE_MODE)
    (build / ONLINE_FILE).replace(features / waiting_online(digest))
    return digest


def _index(snapshot: Path) -> list[dict[str, Any]]:
    from feast import FeatureStore

    return feast_index.read(FeatureStore(repo_path=str(snapshot)))


def _inside(lake: Path, path: str) -> str:
    return Path(path).resolve().relative_to(lake.resolve()).as_posix()


def main() -> int:
    """Publish, or say in one sentence why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", required=True)
    for name in ("--repository", "--features", "--lake", "--answer"):
        parser.add_argument(name, type=lambda text: Path(text).resolve(), required=True)
    given = parser.parse_args()
    os.environ["OCTAVO_LAKE"] = str(given.lake)
    os.umask(0o022)
    try:
        answer = publish(given.repository, given.project, given.features, given.lake)
    except RegistryRefused as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    given.answer.write_text(json.dumps(answer, allow_nan=False))
    return 0


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
