"""The server half's handlers: signed in, authorised, XSRF-checked, otherwise only a relay."""

import asyncio
import json
from pathlib import Path
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.httputil import HTTPServerRequest
from tornado.iostream import StreamClosedError

from octavo_lab.connection import Connection
from octavo_lab.failures import ProxyFailure, error_body
from octavo_lab.relay import Outgoing, Relay

AUTH_RESOURCE = "octavo"
STATUS_CODES = {
    400: "invalid",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "invalid",
}
RAW_NEWLINE = "\n"


class OctavoHandler(APIHandler):
    """Base of the handlers: the platform's error shape, nothing cached, nothing sniffed."""

    auth_resource = AUTH_RESOURCE

    def set_default_headers(self) -> None:
        """Keep answers out of caches and out of guesswork."""
        super().set_default_headers()
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write Jupyter Server's own refusals in the platform's error shape."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        said = error.log_message if isinstance(error, web.HTTPError) else None
        self.clear_header("Content-Length")
        self.write_failure(
            error_body(
                STATUS_CODES.get(status_code, "unavailable" if status_code >= 500 else "invalid"),
                said or f"The request was refused with status {status_code}.",
                "Sign in again by reloading the page."
                if status_code in {401, 403}
                else "Reload the page, try again.",
            )
        )

    def write_failure(self, body: dict[str, str]) -> None:
        """Finish with an error body."""
        self.finish(json.dumps(body) + RAW_NEWLINE)


def home_folder(root: str) -> str:
    """Return the served folder as the SDK names notebooks: relative to home, whole outside it."""
    folder = Path(root).expanduser().resolve()
    try:
        found = folder.relative_to(Path.home().resolve()).as_posix()
    except ValueError:
        return folder.as_posix()
    return "" if found == "." else found


class WorkspaceHandler(OctavoHandler):
    """Tells the panels where they are; never the token."""

    _track_activity = False

    def initialize(self, connection: Connection) -> None:
        """Take the workspace's connection from the wiring."""
        self.connection = connection

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Answer the workspace's project, profile, session, owner and folder."""
        folder = home_folder(str(self.settings.get("server_root_dir", "~")))
        self.finish(json.dumps({**self.connection.workspace(), "folder": folder}))


class ProxyHandler(OctavoHandler):
    """Carries one request to the platform and streams the answer back."""

    def initialize(self, relay: Relay) -> None:
        """Take the relay from the wiring."""
        self.relay = relay
        self.carrying: asyncio.Task[None] | None = None

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Carry a GET; a panel's polling does not keep an idle workspace alive."""
        self._track_activity = False
        await self.carry()

    @web.authenticated
    @authorized
    async def post(self, path: str) -> None:
        """Carry a POST."""
        await self.carry()

    @web.authenticated
    @authorized
    async def put(self, path: str) -> None:
        """Carry a PUT."""
        await self.carry()

    @web.authenticated
    @authorized
    async def patch(self, path: str) -> None:
        """Carry a PATCH."""
        await self.carry()

    @web.authenticated
    @authorized
    async def delete(self, path: str) -> None:
        """Carry a DELETE."""
        await self.carry()

    async def carry(self) -> None:
        """Run the exchange as a task of its own, so that a browser that leaves ends it."""
        self.carrying = asyncio.ensure_future(self.exchange())
        try:
            await self.carrying
        except (asyncio.CancelledError, StreamClosedError):
            self.log.debug("The browser left before Octavo had answered.")
        except ProxyFailure as failure:
            self.refuse(failure)

    def on_connection_close(self) -> None:
        """End the upstream request of a browser that has gone."""
        super().on_connection_close()
        if self.carrying is not None:
            self.carrying.cancel()

    async def exchange(self) -> None:
        """Open the upstream request and pass its chunks on as they come."""
        async with self.relay.open(outgoing(self.request, self.base_url)) as answer:
            self.set_status(answer.status)
            for name, value in answer.headers.items():
                self.set_header(name, value)
            async for chunk in answer.chunks:
                self.write(chunk)
                await self.flush()
            self.finish(set_content_type=answer.headers["Content-Type"])

    def refuse(self, failure: ProxyFailure) -> None:
        """Answer a failure of the carriage; an answer under way is cut off, never ended wrongly."""
        self.log.warning("Octavo request not carried: %s", failure.message)
        if self._headers_written:
            self.request.connection.stream.close()  # type: ignore[union-attr]
            return
        self.set_status(failure.status)
        self.write_failure(failure.body(self.request.headers.get("X-Request-Id", "")))


def outgoing(request: HTTPServerRequest, base_url: str) -> Outgoing:
    """Turn the browser's request into the one to send, its path still percent-encoded."""
    return Outgoing(
        method=str(request.method),
        path=request.path.removeprefix(base_url).removeprefix("octavo/api/"),
        query=request.query,
        headers=request.headers,
        body=request.body,
    )
