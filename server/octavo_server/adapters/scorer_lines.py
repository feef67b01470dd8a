"""Asks scorers over Unix sockets or TCP: HTTP/1.1 on connections that stay open, no framework.

A request costs a tenth of a millisecond here, against one with a general client.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any
from urllib.parse import urlsplit

import httptools

MOST_LINES = 128
"""Connections to one scorer; a scorer that is asked more at once is too busy."""
IDLE_LINES = 16
"""Connections to one scorer that are kept open for the next request."""
LARGEST_ANSWER = 64 << 20
"""Bytes of an answer."""


class LineBroken(Exception):
    """The connection ended, or what came was no answer; ``unheard``: before a byte of it."""

    def __init__(self, why: str, *, unheard: bool = False) -> None:
        super().__init__(why)
        self.unheard = unheard


class _Line(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.open = True
        self._transport: Any = None
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None
        self._body = bytearray()
        self._heard = False

    async def ask(self, request: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Send a request; return status and body. Raises LineBroken, TimeoutError."""
        self._answer = self.loop.create_future()
        self._heard = False
        limit = self.loop.call_later(timeout_s, self._late)
        self._transport.write(request)
        try:
            return await self._answer
        except BaseException:
            self.close()  # an answer that comes later must not be the next request's
            raise
        finally:
            limit.cancel()
            self._answer = None

    def close(self) -> None:
        """End the connection."""
        self.open = False
        if self._transport is not None and not self.loop.is_closed():
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        self._heard = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(LineBroken(f"no HTTP answer ({error})"))

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request in hand."""
        self.open = False
        self._fail(LineBroken("the connection ended", unheard=not self._heard))

    def on_body(self, body: bytes) -> None:
        """Collect a part of the body."""
        self._body += body
        if len(self._body) > LARGEST_ANSWER:
            self._fail(LineBroken(f"the answer is over {LARGEST_ANSWER >> 20} MiB"))

    def on_message_complete(self) -> None:
        """Hand the answer over."""
        body, self._body = bytes(self._body), bytearray()
        if not self._parser.should_keep_alive():
            self.open = False
        status = self._parser.get_status_code()
        # A parser reads one answer after the other, but not past one that ends the connection.
        self._parser = httptools.HttpResponseParser(self)
        if self._answer is not None and not self._answer.done():
            self._answer.set_result((status, body))

    def _late(self) -> None:
        self._fail(TimeoutError())

    def _fail(self, error: Exception) -> None:
        self.open = False
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)


class Lines:
    """The connections to one scorer."""

    def __init__(self, address: str, connect_s: float) -> None:
        self._address = address
        there = urlsplit(address)
        self._host = (there.hostname or "", there.port or 80)
        self._connect_s = connect_s
        self._idle: deque[_Line] = deque()
        self._busy = 0

    async def ask(self, request: bytes, timeout_s: float) -> tuple[int, bytes]:
        """Return status and body. Raises LineBroken, TimeoutError, OSError.

        A kept connection may have been closed meanwhile: then a new one is tried once.
        """
        if self._busy >= MOST_LINES:
            raise LineBroken(f"it is asked {MOST_LINES} times at once already")
        self._busy += 1
        try:
            kept = self._take()
            if kept is not None:
                try:
                    return await self._over(kept, request, timeout_s)
                except LineBroken as error:
                    if not error.unheard:
                        raise
            return await self._over(await self._new(), request, timeout_s)
        finally:
            self._busy -= 1

    def close(self) -> None:
        """End all connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    async def _over(self, line: _Line, request: bytes, timeout_s: float) -> tuple[int, bytes]:
        answer = await line.ask(request, timeout_s)
        if line.open and len(self._idle) < IDLE_LINES:
            self._idle.append(line)
        else:
            line.close()
        return answer

    def _take(self) -> _Line | None:
        loop = asyncio.get_running_loop()
        while self._idle:
            line = self._idle.pop()
            if line.open and line.loop is loop:
                return line
            line.close()
        return None

    async def _new(self) -> _Line:
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self._connect_s):
            if self._address.startswith("/"):
                _, line = await loop.create_unix_connection(_Line, self._address)
            else:
                _, line = await loop.create_connection(_Line, *self._host)
        return line
