"""A platform service on Feast's registry of 10,000 features, read by the real index.

``python -m benchmarks.panels.feature_service FOLDER PORT`` prints one line once it answers, and
ends when its standard input is closed.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import uvicorn
from benchmarks.panels.feature_names import SUBJECTS, VIEWS
from benchmarks.panels.served import end_with_input, settle
from tests.support.people import ADMIN, FakeHub

from octavo_server.app import build_guard, create_app
from octavo_server.audit.service import Change
from octavo_server.features.catalog.domain import Freshness, Read, Snapshot, View
from octavo_server.features.catalog.store import view_from
from octavo_server.wiring.services import Services, build_services

PROJECT, SNAPSHOT = "flights", "a" * 64
READERS = 5


def main() -> None:
    """Index the registry, give views a history, and serve."""
    folder, port = Path(sys.argv[1]), int(sys.argv[2])
    services = build_services(settle(folder, port))
    began = time.perf_counter()
    fill(services, folder)
    sys.stdout.write(f"{time.perf_counter() - began:.1f} s to index\n")
    sys.stdout.flush()
    threading.Thread(target=end_with_input, daemon=True).start()
    app = create_app(services, build_guard(services, FakeHub()))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def fill(services: Services, folder: Path) -> None:
    """Take the registry into the read model, with readers, costs and what was made of each view."""
    now = services.clock()
    index = json.loads((folder / "features" / PROJECT / "index.json").read_text())
    views = [_view(one, now) for one in index["views"]]
    made = Snapshot(
        project=PROJECT,
        id=SNAPSHOT,
        published_at=now,
        published_by=ADMIN.name,
        reason="Many features.",
        views=tuple(VIEWS),
        services=tuple(f"{subject}_model" for subject in SUBJECTS),
        previous=None,
    )
    catalog = services.features.catalog
    with services.audit.change(
        ADMIN, "features.publish", "feature_snapshot:made", PROJECT
    ) as change:
        catalog.record(change, made, views)
        for view in VIEWS:
            catalog.book_cost(change.rows, PROJECT, view, now, 1.5, 1_000)
            _link(services, change, view)
    for view in VIEWS:
        catalog.uses.write(
            [
                Read(
                    project=PROJECT,
                    view=view,
                    columns=("a",),
                    how="historical",
                    person=f"person{number}",
                    at=now - timedelta(days=number),
                    subject=f"notebooks/train-{number}.ipynb",
                )
                for number in range(READERS)
            ]
        )


def _view(found: dict[str, Any], now: datetime) -> View:
    newest = datetime.fromisoformat(found["newest_event_at"])
    freshness = Freshness(newest_event_at=newest, materialized_until=newest, checked_at=now)
    own = {name: found[name] for name in ("name", "description", "owner")}
    return view_from(found, freshness=freshness, project=PROJECT, snapshot=SNAPSHOT, **own)


def _link(services: Services, change: Change, view: str) -> None:
    subject = view.partition("_")[0]
    chain = (
        f"source:{PROJECT}/curated/{view}.parquet",
        f"feature_view:{PROJECT}/{view}",
        f"feature_service:{PROJECT}/{subject}_model",
        f"run:{PROJECT}/{subject}",
        f"model_version:{PROJECT}/{subject}/1",
        f"deployment:{PROJECT}/{subject}",
        f"dashboard:{PROJECT}/{subject}",
    )
    for source, target in pairwise(chain):
        services.lineage.link(
            change, source=source, target=target, relation="made", project=PROJECT
        )


if __name__ == "__main__":
    main()
