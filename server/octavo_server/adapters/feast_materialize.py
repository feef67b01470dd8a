"""Computes windows of newest values with Feast; a short child process, never the server.

``python -m octavo_server.adapters.feast_materialize --features DIR --work DIR --windows FILE``
reads the snapshot that is current, and for each window lets Feast materialise into a file of its
own in the work folder; the snapshot and the online store that people read aren't touched. It prints
one JSON object a line: the window's number, file, entities, newest event and seconds. It ends when
its standard input does, so that it doesn't outlive who started it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from octavo.features import CURRENT, REGISTRY_FILE, SNAPSHOT_FILE, folder_digest
from octavo.registry_check import CodeInRegistry, check_registry
from octavo_server.adapters.feast_names import REFUSED, RegistryRefused
from octavo_server.adapters.feast_online import ONLINE_FILE, feast_project

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


class Stage:
    """A copy of a snapshot's registry to materialise with."""

    def __init__(self, features: Path, work: Path) -> None:
        snapshot = (features / CURRENT).resolve()
        self.snapshot = snapshot.name
        if folder_digest(snapshot) != snapshot.name:
            raise RegistryRefused(f"the feature registry {snapshot.name[:12]} was changed")
        facts = json.loads((snapshot / SNAPSHOT_FILE).read_text(encoding="utf-8"))
        self._project = feast_project(facts["project"])
        self._live = features / ONLINE_FILE
        self._work = work
        shutil.copyfile(snapshot / REGISTRY_FILE, work / REGISTRY_FILE)

    def warm_up(self, views: Collection[str]) -> None:
        """Look for what is missing, then load Feast: no window's seconds hold its import's."""
        for view in sorted(views):
            self._table(view)
        try:
            check_registry(self._work / REGISTRY_FILE)
        except CodeInRegistry as error:
            raise RegistryRefused(str(error)) from error
        import feast  # noqa: F401

    def compute(self, number: int, window: Mapping[str, str]) -> dict[str, Any]:
        """Materialise one window; return what its line says."""
        began = time.monotonic()
        file = self._work / f"window-{number}.db"
        table, definition = self._table(window["view"])
        with closing(sqlite3.connect(file)) as staged:
            staged.execute(definition)
            staged.commit()
        store = self._store(file)
        self._check(store, window["view"])
        with contextlib.redirect_stdout(io.StringIO()):  # Feast paints a progress bar a view
            store.materialize(
                datetime.fromisoformat(window["since"]),
                datetime.fromisoformat(window["until"]),
                feature_views=[window["view"]],
            )
        with closing(sqlite3.connect(file)) as connection:
            rows, newest = connection.execute(
                f'SELECT count(DISTINCT entity_key), max(event_ts) FROM "{table}"'  # noqa: S608
            ).fetchone()
        return {
            "window": number,
            "file": str(file),
            "rows": rows,
            "newest": newest,
            "seconds": round(time.monotonic() - began, 4),
            "snapshot": self.snapshot,
        }

    def _table(self, view: str) -> tuple[str, str]:
        """Return the name of a view's table, and the statement that made it in the online store."""
        table = f"{self._project}_{view}"
        with closing(sqlite3.connect(f"{self._live.as_uri()}?mode=ro", uri=True)) as live:
            found = live.execute(
                "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
            ).fetchone()
        if found is None:
            raise RegistryRefused(f"the online store has no table of {view}; publish it again")
        return table, found[0]

    def _store(self, file: Path) -> Any:
        from feast import FeatureStore

        (self._work / "feature_store.yaml").write_text(
            _SETTINGS.format(project=self._project, registry=REGISTRY_FILE, online=file.name)
        )
        return FeatureStore(repo_path=str(self._work))

    def _check(self, store: Any, view: str) -> None:
        """Raise RegistryRefused for a view that isn't there any more, or has no data."""
        names = {one.name: one for one in store.list_batch_feature_views()}
        if view not in names:
            raise RegistryRefused(f"{view} isn't in the current snapshot any more")
        place = Path(str(names[view].batch_source.path))
        if not place.exists():
            raise RegistryRefused(f"the source of {view} is gone from the lake")


def main() -> int:
    """Compute all windows, or say in one sentence why not."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--features", "--work", "--windows"):
        parser.add_argument(name, type=lambda text: Path(text).resolve(), required=True)
    given = parser.parse_args()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        windows = json.loads(given.windows.read_text())
        stage = Stage(given.features, given.work)
        stage.warm_up({one["view"] for one in windows})
        for number, window in enumerate(windows):
            line = json.dumps(stage.compute(number, window), allow_nan=False)
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except RegistryRefused as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return 0


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    status = main()
    sys.stdout.flush()
    # DuckDB's bindings print a leak report when the interpreter takes them down.
    os._exit(status)
