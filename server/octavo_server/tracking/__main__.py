"""Starts the tracking process: `python -m octavo_server.tracking`."""

import logging
import os
from urllib.parse import SplitResult, urlsplit

import uvicorn

from octavo_server.adapters import mlflow_app
from octavo_server.adapters.mlflow_metrics import StoreHistories
from octavo_server.adapters.mlflow_runs import StoreRuns
from octavo_server.errors import ending_in_words
from octavo_server.settings import Settings, load_settings
from octavo_server.tracking.browser import HubPages
from octavo_server.tracking.gate import Gate
from octavo_server.tracking.visitors import ServerVisitors

PREFIX = "/services/tracking"
#: OAuth client that JupyterHub makes for a service named `tracking`.
CLIENT_ID = "service-tracking"
LOOPBACK = frozenset({"127.0.0.1", "localhost"})


def answered_hosts(public: SplitResult, inside: SplitResult) -> set[str]:
    """The Host headers that are answered; a loopback address goes by both of its names."""
    found = {public.netloc, inside.netloc}
    if public.hostname in LOOPBACK:
        port = f":{public.port}" if public.port else ""
        found |= {f"{name}{port}" for name in LOOPBACK}
    return found


def build(settings: Settings) -> Gate:
    """MLflow behind the gate, ready to serve."""
    public, inside = urlsplit(settings.public), urlsplit(settings.tracking)
    artifacts = settings.home / "artifacts"
    artifacts.mkdir(mode=0o700, parents=True, exist_ok=True)
    mlflow_app.configure(
        database_url=settings.tracking_database,
        artifacts=artifacts,
        hosts=",".join(sorted(answered_hosts(public, inside))),
        origin=f"{public.scheme}://{public.netloc}",
    )
    pages = HubPages(
        client_id=CLIENT_ID,
        secret=settings.service_token("tracking"),
        prefix=PREFIX,
        hub_api_url=settings.hub_api,
        # On the host that the browser is on already: its cookie is for that one.
        authorize_path=f"{public.path}/hub/api/oauth2/authorize",
    )
    visitors = ServerVisitors(f"{settings.server}/services/octavo/api/v1/me")
    records = mlflow_app.StoreRecords()
    return Gate(mlflow_app.load(), visitors, records, pages, PREFIX, StoreHistories(), StoreRuns())


def main() -> None:
    """Serves until a signal ends it."""
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line a request is noise here
    with ending_in_words():
        settings = load_settings()
        gate = build(settings)
    inside = urlsplit(settings.tracking)
    uvicorn.run(
        gate,
        host=settings.service_bind,
        port=inside.port or settings.port + 3,
        log_level="warning",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
