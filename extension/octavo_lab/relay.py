"""Carries one request to the platform and its answer back, chunk by chunk."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import unquote

import httpx

from octavo_lab.connection import Connection
from octavo_lab.failures import BadPath, NotConnected, TooLarge, Unreachable

MAX_REQUEST_BYTES = 32 * 1024 * 1024
"""A submitted notebook with its outputs is the largest body a panel sends."""
CONNECT_SECONDS = 5.0
READ_SECONDS = 120.0
"""Longest silence of the platform; its event streams send a beat well within it."""
MAX_CONNECTIONS = 64

FORWARDED_REQUEST_HEADERS = (
    "Accept",
    "Content-Type",
    "Idempotency-Key",
    "Last-Event-ID",
    "X-Request-Id",
)
RETURNED_HEADERS = ("Cache-Control", "Retry-After", "X-Request-Id")
RETURNED_TYPES = (
    "application/json",
    "application/problem+json",
    "application/x-ndjson",
    "text/event-stream",
)
"""Anything else is handed over as bytes: no answer becomes a page on the lab's own origin."""


@dataclass(frozen=True, kw_only=True)
class Outgoing:
    """One request as the browser sent it."""

    method: str
    """HTTP method in capitals."""
    path: str
    """Path below the platform's API, still percent-encoded."""
    query: str
    """Raw query string without the question mark."""
    headers: Mapping[str, str]
    """The browser's headers; only a short list is passed on."""
    body: bytes = field(repr=False)
    """Raw body, empty for a GET."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The platform's answer, its body still streaming."""

    status: int
    """HTTP status."""
    headers: Mapping[str, str]
    """The headers that may reach the browser."""
    chunks: AsyncIterator[bytes]
    """The body; raises Unreachable when the platform breaks off."""


def checked_path(path: str) -> str:
    """Return the path unchanged, or raise BadPath when it would climb out of the API."""
    segments = unquote(path).replace("\\", "/").split("/")
    if any(segment in {"..", "."} for segment in segments):
        raise BadPath(
            f"The path {path[:200]!r} is no address of the platform.", "Use a path below /api/v1/."
        )
    return path


def content_type(declared: str) -> str:
    """Pass a data type on, turn everything a browser could run into plain bytes."""
    kind = declared.partition(";")[0].strip().lower()
    return declared if kind in RETURNED_TYPES else "application/octet-stream"


class Relay:
    """Sends requests to the platform with the workspace's token."""

    def __init__(
        self, connection: Connection, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self._connection = connection
        self._client = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, pool=CONNECT_SECONDS),
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=8),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close every connection to the platform."""
        await self._client.aclose()

    @asynccontextmanager
    async def open(self, outgoing: Outgoing) -> AsyncIterator[Answer]:
        """Send a request and yield its answer; leaving the block ends the upstream request too.

        Raises NotConnected, BadPath, TooLarge or Unreachable, each with a message for a person.
        """
        request = self._request(outgoing)
        try:
            response = await self._client.send(request, stream=True)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        try:
            yield Answer(
                status=response.status_code,
                headers=_returned(response.headers),
                chunks=self._chunks(response),
            )
        finally:
            await response.aclose()

    def _request(self, outgoing: Outgoing) -> httpx.Request:
        if not self._connection.url or not self._connection.token:
            missing = "OCTAVO_URL" if not self._connection.url else "OCTAVO_TOKEN"
            raise NotConnected(
                f"This workspace is not connected to Octavo: {missing} is not set.",
                "Start the workspace from Octavo's start page.",
            )
        if len(outgoing.body) > MAX_REQUEST_BYTES:
            raise TooLarge(
                f"The request has {len(outgoing.body):,} bytes; at most "
                f"{MAX_REQUEST_BYTES:,} are accepted.",
                "Clear the notebook's outputs and send it again.",
            )
        url = self._connection.api_url + checked_path(outgoing.path)
        headers = {
            name: outgoing.headers[name]
            for name in FORWARDED_REQUEST_HEADERS
            if name in outgoing.headers
        }
        headers["Authorization"] = f"Bearer {self._connection.token}"
        headers["Accept-Encoding"] = "identity"
        return self._client.build_request(
            outgoing.method,
            f"{url}?{outgoing.query}" if outgoing.query else url,
            headers=headers,
            content=outgoing.body or None,
        )

    async def _chunks(self, response: httpx.Response) -> AsyncIterator[bytes]:
        try:
            async for chunk in response.aiter_raw():
                yield chunk
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> Unreachable:
        reason = (
            "did not answer in time"
            if isinstance(error, httpx.TimeoutException)
            else "could not be reached"
        )
        return Unreachable(
            f"Octavo's service at {self._connection.url} {reason}.",
            "Your work in this workspace is safe. Try again in a minute; if it stays away, tell "
            "your platform admin.",
        )


def _returned(headers: httpx.Headers) -> dict[str, str]:
    returned = {name: headers[name] for name in RETURNED_HEADERS if name in headers}
    returned["Content-Type"] = content_type(headers.get("Content-Type", ""))
    return returned
