"""Bounds what one connection may take: time to arrive, bytes of headers, and how many there are.

uvicorn reads HTTP and bounds none of these: a caller that sends a byte a minute (slow loris) would
keep a connection, and many of them all.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from octavo_scorer.limits import Limits

log = logging.getLogger("octavo.scorer")


def bounded(limits: Limits) -> type[HttpToolsProtocol]:
    """Return the protocol class of connections with these limits."""

    class Bounded(BoundedProtocol):
        bounds = limits

    return Bounded


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's connection, with limits."""

    bounds = Limits()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._arrival: asyncio.TimerHandle | None = None
        self._in_head = True
        self._head_bytes = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a connection, unless there are too many; its first request has to arrive."""
        super().connection_made(transport)  # type: ignore[arg-type]
        if len(self.connections) > self.bounds.connections:
            self._turn_away(
                503,
                "unavailable",
                f"{self.bounds.connections:,} connections are open already.",
                "Keep connections open and share them, or try again in a second.",
            )
            return
        self._wait_for_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection's timer with it."""
        self._arrived()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read, then count what came without completing the headers."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.bounds.header_bytes:
            self._turn_away(
                431,
                "too_large",
                f"The request's headers are over {self.bounds.header_bytes:,} bytes.",
                "Send fewer or shorter headers.",
            )

    def on_message_begin(self) -> None:
        """Give the request its time to arrive."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        self._wait_for_request()

    def on_headers_complete(self) -> None:
        """Start the request."""
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop the clock: the rest is the scorer's time."""
        self._arrived()
        super().on_message_complete()

    def _wait_for_request(self) -> None:
        if self._arrival is None:
            self._arrival = self.loop.call_later(self.bounds.read_s, self._too_slow)

    def _arrived(self) -> None:
        if self._arrival is not None:
            self._arrival.cancel()
            self._arrival = None

    def _too_slow(self) -> None:
        self._arrival = None
        self._turn_away(
            408,
            "invalid",
            f"The request did not arrive within {self.bounds.read_s:g} s.",
            "Send the whole request at once.",
        )

    def _turn_away(self, status: int, code: str, message: str, remedy: str) -> None:
        """Answer in the platform's one shape and close; nothing else is read."""
        if self.transport.is_closing():
            return
        body = msgspec.json.encode(
            {"error": code, "message": message, "remedy": remedy, "request_id": ""}
        )
        cycle: RequestResponseCycle | None = self.cycle
        if cycle is None or cycle.response_complete or not cycle.response_started:
            head = (
                f"HTTP/1.1 {status} Refused\r\ncontent-type: application/json\r\n"
                f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
            )
            self.transport.write(head.encode() + body)
        self.transport.close()
