"""Hands over whole metric histories to Octavo's service: bytes, as they come from the database."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

import anyio.to_thread
import numpy as np

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: What the platform service asks: `?run=<id>&metric=<name>` and, for the newest only, `&since=`;
#: or `?run=<id>&repeated=<name>&repeated=...` for the metrics that have a history.
HISTORY_PATH: Final = "/octavo/metric-history"
#: One logged value on the wire: step, milliseconds since 1970 UTC, the value (NaN for no number).
POINT: Final = np.dtype([("step", "<i8"), ("at", "<i8"), ("value", "<f8")])
#: More points than this of one metric of one run are not handed over.
MOST_POINTS: Final = 3_000_000
#: MLflow keeps an infinity as the largest number that there is.
INFINITE: Final = 1.7976931348623157e308


class Histories(Protocol):
    """Reads histories from MLflow's database."""

    def points(self, run: str, metric: str, since: int | None, most: int) -> list[bytes]:
        """At most `most` values as POINT records, in pieces."""

    def repeated(self, run: str, metrics: Sequence[str]) -> list[str]:
        """Those of `metrics` that the run logged more than once."""


async def hand_over(histories: Histories, query_string: bytes, send: Send) -> None:
    """Answers one question; a run that doesn't exist has no values."""
    query = parse_qs(query_string.decode("latin-1"), keep_blank_values=True)
    run = query.get("run", [""])[0]
    if names := query.get("repeated"):
        found = await anyio.to_thread.run_sync(histories.repeated, run, names)
        await _answer(send, b"application/json", [json.dumps(found).encode()])
        return
    metric, since = query.get("metric", [""])[0], _number(query.get("since", [""])[0])
    pieces = await anyio.to_thread.run_sync(histories.points, run, metric, since, MOST_POINTS + 1)
    await _answer(send, b"application/octet-stream", pieces)


async def _answer(send: Send, kind: bytes, pieces: Sequence[bytes]) -> None:
    length = str(sum(map(len, pieces))).encode()
    headers = [(b"content-type", kind), (b"content-length", length)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _number(text: str) -> int | None:
    digits = text.removeprefix("-")
    return int(text) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None
