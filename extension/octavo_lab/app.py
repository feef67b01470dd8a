"""Wires the server half into a Jupyter Server: one URL table, one relay, one reaper."""

from datetime import UTC, datetime
from typing import Any

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback

from octavo_lab.connection import Connection, from_environment
from octavo_lab.dashboards import reap
from octavo_lab.handlers import OctavoHandler, ProxyHandler, WorkspaceHandler
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
    """Add the handlers to the server and start the reaper of abandoned dashboards."""
    connection = from_environment()
    relay = Relay(connection)
    web_app = server_app.web_app
    web_app.add_handlers(".*$", routes(web_app.settings["base_url"], connection, relay))
    start_reaper(server_app)
    server_app.log.info(
        "Octavo panels talk to %s", connection.url or "nothing: OCTAVO_URL is not set"
    )


def start_reaper(server_app: ServerApp) -> None:
    """Look for abandoned dashboards once a minute, as long as the server runs."""

    async def look() -> None:
        await reap(server_app.kernel_manager, server_app.session_manager, datetime.now(UTC))

    PeriodicCallback(look, REAP_EVERY_MS).start()
