"""The platform's scoring path on its own: everything real but the catalogue and the registry.

``python -m benchmarks.serving.featured_server FOLDER PORT ROW`` fills an online store with ROW's
numbers, makes a consumer with a token (FOLDER/token) and answers on PORT.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import uvicorn
from benchmarks.serving.featured import views
from benchmarks.serving.models import CATEGORIES, NUMBERS
from benchmarks.serving.servers import SECRET
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from octavo_server.adapters.checkpoint_files import CheckpointFile
from octavo_server.adapters.feast_online import ONLINE_FILE, SqliteOnlineStore, key_bytes
from octavo_server.adapters.request_log import ParquetLog
from octavo_server.adapters.scorer_calls import ScorerClient
from octavo_server.adapters.signed_note import NoteSigner
from octavo_server.adapters.signing import Signer
from octavo_server.audit.service import AuditService
from octavo_server.database.sql import SqlDatabase, open_engine
from octavo_server.database.tables import metadata
from octavo_server.deployments.consumers.access import Access
from octavo_server.deployments.consumers.domain import Consumer, Limits
from octavo_server.deployments.consumers.patterns import PatternBook
from octavo_server.deployments.consumers.service import ConsumersService
from octavo_server.deployments.rollouts import store
from octavo_server.deployments.rollouts.domain import Deployment, Objectives, Scorer, ScorerState
from octavo_server.deployments.rollouts.service import RolloutsService
from octavo_server.deployments.serving.gateway import Gateway
from octavo_server.deployments.serving.inputs import FeatureInputs
from octavo_server.deployments.serving.router import Router
from octavo_server.deployments.serving.telemetry import TelemetryBuffer
from octavo_server.features.catalog.domain import Column, Freshness, Source, View
from octavo_server.features.catalog.service import CatalogService
from octavo_server.features.places import Places
from octavo_server.features.values.service import ValuesService
from octavo_server.identity import service_caller
from octavo_server.registry.versions.service import VersionsService

API = "/services/octavo/api/v1"
TABLE = (
    'CREATE TABLE "flights_{name}" (entity_key BLOB, feature_name TEXT, value BLOB, '
    "value_text TEXT, vector_value BLOB, event_ts timestamp, created_ts timestamp, "
    "PRIMARY KEY(entity_key, feature_name))"
)


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def a_view(name: str, columns: list[str]) -> View:
    """Return a view over the carrier."""
    return View(
        project="flights", snapshot="s", name=name, description="", owner="ann", tags={},
        entities=("carrier",), join_keys=("carrier",), key_types={"carrier": "String"},
        ttl_seconds=None, services=(), source=Source(
            name=name, path="", description="", event_column="at", created_column=None, rows=None,
            sha256=None,
        ),
        features=tuple(
            Column(name=one, dtype="Float64", description="", tags={}, statistics=None)
            for one in columns
        ),
        freshness=Freshness(newest_event_at=None, materialized_until=None, checked_at=now()),
    )  # fmt: skip


def fill(file: Path, row: dict[str, Any]) -> None:
    """Write 1,000 carriers' numbers, ROW's carrier among them."""
    carriers = [row["carrier"], *(f"X{number}" for number in range(1_000))]
    with sqlite3.connect(file) as online:
        for name, columns in views().items():
            online.execute(TABLE.format(name=name))
            for carrier in carriers:
                key = key_bytes({"carrier": carrier}, {"carrier": "String"})
                online.executemany(
                    f'INSERT INTO "flights_{name}" VALUES (?, ?, NULL, ?, NULL, ?, NULL)',  # noqa: S608
                    [(key, one, str(row[one] or 0.5), time.time()) for one in columns],
                )


def values(folder: Path) -> ValuesService:
    """Return the values of features over a catalogue that never changes."""
    found = [a_view(name, columns) for name, columns in views().items()]
    catalog = cast(CatalogService, SimpleNamespace(views=lambda _project: found))
    places = cast(Places, SimpleNamespace(snapshots=lambda _project: folder))
    return ValuesService(catalog, SqliteOnlineStore(), cast(Any, None), places, now)


def versions() -> VersionsService:
    """Return a registry that holds the one version."""
    names = [*CATEGORIES, *(f"number_{number}" for number in range(NUMBERS))]
    registered = SimpleNamespace(
        origin={},
        packaging=SimpleNamespace(signature={"inputs": [{"name": name} for name in names]}),
    )
    return cast(VersionsService, SimpleNamespace(version=lambda *_: registered))


def deploy(database: SqlDatabase, address: Path) -> None:
    """Write the deployment and its scorer."""
    deployment = Deployment(
        project="flights", name="late", model="flights-late", environment="prod",
        profile="cpu-small", created_at=now(), updated_at=now(), stable_version=1,
        objectives=Objectives(latency_p95_ms=250, error_rate=0.01, drift_psi=0.2),
    )  # fmt: skip
    scorer = Scorer(
        id="s1", project="flights", deployment="late", version=1, state=ScorerState.READY,
        message="", updated_at=now(), address=str(address), secret=SECRET, ready_at=now(),
    )  # fmt: skip
    with database.write() as rows:
        store.add_deployment(rows, deployment)
        store.put_scorer(rows, scorer)


def token(folder: Path, consumers: ConsumersService) -> None:
    """Make a consumer that is allowed much, and write its token."""
    caller = service_caller("bench", "flights")
    consumer = Consumer(
        project="flights", name="app", purpose="measuring", owner="ann", deployments=("late",),
        limits=Limits(requests_per_second=100_000, burst=100_000), created_by="ann",
        created_at=now(),
    )  # fmt: skip
    consumers.create(caller, consumer)
    secret, _ = consumers.issue(caller, "flights", "app", 1, "")
    (folder / "token").write_text(secret)


def main() -> None:
    """Set up and answer until ended."""
    folder, port, row = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    engine = open_engine(f"sqlite:///{folder / 'platform.sqlite'}")
    metadata.create_all(engine)
    database = SqlDatabase(engine)
    Signer.open(folder / "key")
    audit = AuditService(
        database, NoteSigner(folder / "key"), CheckpointFile(folder / "checkpoints"), now
    )
    rollouts = RolloutsService(database, audit, cast(Any, None), cast(Any, None), now)
    fill(folder / ONLINE_FILE, row)
    deploy(database, folder / "s")
    consumers = ConsumersService(database, audit, rollouts)
    token(folder, consumers)
    access, patterns = Access(consumers, now), PatternBook(now)
    telemetry = TelemetryBuffer(database, rows=ParquetLog(folder / "log"), looks=patterns)
    router = Router(
        rollouts, ScorerClient(), telemetry, now, lambda: 0.5,
        inputs=FeatureInputs(versions(), values(folder)),
    )  # fmt: skip
    app = Starlette(routes=[Route("/health", lambda _request: PlainTextResponse("ok"))])
    front = Gateway(app, api=API, router=router, access=access)
    uvicorn.run(front, host="127.0.0.1", port=port, access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
