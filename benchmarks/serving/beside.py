"""A scorer's answers beside the model's own ``predict_proba``, one after the other.

``python -m benchmarks.serving.beside PORT FOLDER SECRET`` takes turns, request by request, so that
whatever else the machine does meets both: the last line holds the median milliseconds of both by
rows, ``{"1": {"bare_ms", "ours_ms"}, "100": {...}}``.
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.serving.models import KEPT_ROWS, frame

WARM_TURNS = 20
TURNS = 300
READ_BYTES = 1 << 18
CONTENT_LENGTH = b"content-length:"


class Asking:
    """One connection that stays open."""

    def __init__(self, port: int, secret: str, body: bytes) -> None:
        head = (
            "POST /invocations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"x-octavo-scorer-secret: {secret}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        self._request = head.encode() + body
        self._line = socket.create_connection(("127.0.0.1", port))
        self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self) -> None:
        """Send the request and take the whole answer. Raises SystemExit unless it is 200."""
        self._line.sendall(self._request)
        kept = b""
        while not _whole(kept):
            data = self._line.recv(READ_BYTES)
            if not data:
                raise SystemExit("the scorer closed the connection")
            kept += data
        if not kept.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"the scorer answered {kept[:300]!r}")


def _whole(answer: bytes) -> bool:
    head, separator, body = answer.partition(b"\r\n\r\n")
    if not separator:
        return False
    after = head.lower().partition(CONTENT_LENGTH)[2]
    return len(body) >= int(after.split(b"\r\n", 1)[0])


def turns(bare: Callable[[], object], ours: Callable[[], object]) -> dict[str, float]:
    """Return the median milliseconds of both, asked in turns."""
    taken: dict[str, list[float]] = {"bare_ms": [], "ours_ms": []}
    for turn in range(WARM_TURNS + TURNS):
        for name, call in (("bare_ms", bare), ("ours_ms", ours)):
            started = time.perf_counter()
            call()
            if turn >= WARM_TURNS:
                taken[name].append(time.perf_counter() - started)
    return {name: statistics.median(times) * 1_000 for name, times in taken.items()}


def main() -> None:
    """Measure, and print one line."""
    import mlflow.sklearn

    port, folder, secret = int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    model: Any = mlflow.sklearn.load_model(str(folder / "plain"))
    known = frame(KEPT_ROWS, 2)
    figures = {}
    for rows in (1, KEPT_ROWS):
        part = known.head(rows)
        asking = Asking(port, secret, (folder / f"body{rows}.json").read_bytes())
        figures[str(rows)] = turns(partial(model.predict_proba, part), asking.ask)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
