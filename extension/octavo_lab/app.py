"""Wires the server half into a Jupyter Server: one URL table, one relay, one reaper, one probe."""

import os
from datetime import UTC, datetime
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback

from octavo_lab.cells import ACTIONS, Cells
from octavo_lab.connection import Connection, from_environment
from octavo_lab.dashboards import reap
from octavo_lab.gpu import Gpus
from octavo_lab.handlers import OctavoHandler, ProxyHandler, WorkspaceHandler
from octavo_lab.presence import Presence
from octavo_lab.probe import Prober, Sources
from octavo_lab.relay import Relay

REAP_EVERY_MS = 60_000

Route = tuple[str, type[OctavoHandler], dict[str, Any]]


def routes(base_url: str, connection: Connection, relay: Relay) -> list[Route]:
    """List every address of the server half."""
    return [
        (
            url_path_join(base_url, "octavo", "workspace"),
            WorkspaceHandler,
            {"connection": connection},
        ),
        (url_path_join(base_url, "octavo", "api", "(.*)"), ProxyHandler, {"relay": relay}),
    ]


def attach(server_app: ServerApp) -> None:
    """Add the handlers to the server, start the reaper of dashboards and the probe."""
    connection = from_environment()
    relay = Relay(connection)
    web_app = server_app.web_app
    web_app.add_handlers(".*$", routes(web_app.settings["base_url"], connection, relay))
    start_reaper(server_app)
    start_probe(server_app, connection, relay)
    server_app.log.info(
        "Octavo panels talk to %s", connection.url or "nothing: OCTAVO_URL is not set"
    )


def start_reaper(server_app: ServerApp) -> None:
    """Look for abandoned dashboards once a minute, as long as the server runs."""

    async def look() -> None:
        await reap(server_app.kernel_manager, server_app.session_manager, datetime.now(UTC))

    PeriodicCallback(look, REAP_EVERY_MS).start()


def start_probe(server_app: ServerApp, connection: Connection, relay: Relay) -> Prober:
    """Tell the platform now and then what goes on, where there is a platform and a session."""
    settings = server_app.web_app.settings
    cells = Cells(server_app.kernel_manager)
    sources = Sources(
        cells=cells,
        kernels=server_app.kernel_manager,
        terminals=lambda: settings.get("terminal_manager"),
        presence=Presence(),
        gpus=Gpus(os.environ),
    )
    prober = Prober(sources=sources, relay=relay, connection=connection, log=server_app.log)
    if prober.wanted:
        sources.presence.watch(server_app.web_app)
        if server_app.event_logger is not None:
            server_app.event_logger.add_listener(schema_id=ACTIONS, listener=cells.heard)
        prober.start()
    return prober
