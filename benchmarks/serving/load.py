"""Clients that ask as fast as they are answered, in a process of their own.

``python -m benchmarks.serving.load PORT CLIENTS SECONDS BODY [SECRET]`` sends the file BODY to
``/invocations``; the last line says how many answers came and how long they took.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

import numpy as np
import uvloop

CONTENT_LENGTH = b"content-length:"


class Client(asyncio.Protocol):
    """One connection: sends the next request when an answer is complete."""

    def __init__(self, request: bytes, until: float) -> None:
        self.latencies: list[float] = []
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = request
        self._until = until
        self._kept = b""
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Take an answer; send the next request."""
        self._kept += data
        head, separator, body = self._kept.partition(b"\r\n\r\n")
        if not separator:
            return
        lowered = head.lower()
        start = lowered.index(CONTENT_LENGTH) + len(CONTENT_LENGTH)
        length = int(lowered[start:].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        now = time.perf_counter()
        self.latencies.append(now - self._sent)
        self.failed += not head.startswith(b"HTTP/1.1 200")
        self._kept = b""
        if now < self._until:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Count a connection that ended before its time."""
        if time.perf_counter() < self._until:
            self.failed += 1
        if not self.done.done():
            self.done.set_result(None)

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)  # type: ignore[attr-defined]  # uvloop's is no subclass


async def measure(
    port: int, clients: int, seconds: float, body: bytes, secret: str
) -> dict[str, float]:
    """Return the figures of ``clients`` that ask for ``seconds``."""
    head = (
        "POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"x-octavo-scorer-secret: {secret}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    request = head.encode() + body
    started = time.perf_counter()
    until = started + seconds
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: Client(request, until), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.gather(*(client.done for client in opened))
    taken = np.asarray([one for client in opened for one in client.latencies])
    return {
        "requests": len(taken),
        "failed": sum(client.failed for client in opened),
        "rps": len(taken) / (time.perf_counter() - started),
        "p50_ms": float(np.percentile(taken, 50)) * 1_000,
        "p99_ms": float(np.percentile(taken, 99)) * 1_000,
    }


def main() -> None:
    """Ask, and print one line."""
    port, clients, seconds, body = sys.argv[1:5]
    secret = sys.argv[5] if len(sys.argv) > 5 else "none"
    content = Path(body).read_bytes()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        figures = runner.run(measure(int(port), int(clients), float(seconds), content, secret))
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
