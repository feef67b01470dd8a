"""A real Jupyter Server with Octavo's server half, in front of a platform made for the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from jupyter_server.serverapp import ServerApp
from jupyter_server_terminals.terminalmanager import TerminalManager
from tests.unit.lab.platform import FakePlatform
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

from octavo_lab.app import routes
from octavo_lab.connection import Connection
from octavo_lab.relay import Relay

TOKEN = "workspace-token"
LAB_TOKEN = "lab-token"


class QuietServer(ServerApp):
    """A Jupyter Server that leaves the test run's signals alone."""

    def init_signal(self) -> None:
        """Take no signals."""

    def init_httpserver(self) -> None:
        """Listen on nothing: the tests serve the web app themselves."""


class Lab:
    """A running lab and the ways into it."""

    def __init__(self, app: ServerApp, url: str) -> None:
        self.app = app
        self.url = url

    def client(self, token: str = LAB_TOKEN) -> httpx.AsyncClient:
        """Return a client that is signed in with ``token``; an empty one is signed out."""
        headers = {"Authorization": f"token {token}"} if token else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False)


@pytest.fixture
async def platform() -> AsyncIterator[FakePlatform]:
    """Run the platform made for the tests."""
    platform = FakePlatform()
    server = HTTPServer(platform.application())
    socket, port = bind_unused_port()
    server.add_socket(socket)
    platform.url = f"http://127.0.0.1:{port}/services/octavo"
    yield platform
    server.stop()
    await server.close_all_connections()


def connection(url: str, token: str = TOKEN) -> Connection:
    """Return a workspace's connection to ``url``."""
    return Connection(
        url=url,
        token=token,
        project="flights",
        profile="cpu-small",
        session="s1",
        user="scientist",
        dashboards="flights",
    )


@asynccontextmanager
async def serve(folder: Path, link: Connection, settings: dict[str, Any]) -> AsyncIterator[Lab]:
    """Serve a lab with the server half that talks over ``link``."""
    QuietServer.clear_instance()
    app = QuietServer(root_dir=str(folder), allow_root=True, base_url="/user/s/", **settings)
    app.initialize(argv=[], find_extensions=False, new_httpserver=False)
    app.identity_provider.token = LAB_TOKEN
    relay = Relay(link)
    app.web_app.add_handlers(".*$", routes(app.web_app.settings["base_url"], link, relay))
    server = HTTPServer(app.web_app)
    socket, port = bind_unused_port()
    server.add_socket(socket)
    try:
        yield Lab(app, f"http://127.0.0.1:{port}/user/s/")
    finally:
        server.stop()
        await server.close_all_connections()
        await relay.close()
        await app._cleanup()
        QuietServer.clear_instance()


@pytest.fixture
async def labs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """Give a function that starts a lab; everything it started is stopped after the test."""
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / name.lower()))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    async with AsyncExitStack() as stack:

        async def start(link: Connection, **settings: Any) -> Lab:
            return await stack.enter_async_context(serve(tmp_path, link, settings))

        yield start


@pytest.fixture
async def lab(labs: Any, platform: FakePlatform) -> Lab:
    """Run a lab in front of the platform made for the tests."""
    started: Lab = await labs(connection(platform.url))
    return started


@pytest.fixture
async def terminals(lab: Lab) -> AsyncIterator[TerminalManager]:
    """Switch terminals on in the lab; those that were opened end with the test."""
    manager = TerminalManager(shell_command=["/bin/sh", "-i"])
    lab.app.web_app.settings["terminal_manager"] = manager
    yield manager
    for name in list(manager.terminals):
        await manager.terminate(name, force=True)
