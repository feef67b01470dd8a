"""Hands over runs to Octavo's service, as they stand in MLflow's tables: many at a time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

import anyio.to_thread

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: What the platform service asks: `?id=<run>&id=<run>...` for some runs, or `?after=<run>` for the
#: next ones by id, of all experiments or those of `&experiment=`; deleted ones are among them.
RUNS_PATH: Final = "/octavo/runs"
#: Runs in one answer.
MOST_RUNS: Final = 500


class Runs(Protocol):
    """Reads runs from MLflow's database."""

    def some(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Those of `ids` that there are."""

    def after(
        self, run_id: str, most: int, experiments: Sequence[str] = ()
    ) -> list[dict[str, Any]]:
        """At most `most` runs whose ids come after `run_id`, by id; of some experiments or all."""


async def hand_over_runs(runs: Runs, query_string: bytes, send: Send) -> None:
    """Answers one question; a run that doesn't exist is left out."""
    query = parse_qs(query_string.decode("latin-1"), keep_blank_values=True)
    if ids := query.get("id"):
        found = await anyio.to_thread.run_sync(runs.some, ids[:MOST_RUNS])
    else:
        after = query.get("after", [""])[0]
        of = query.get("experiment", [])
        found = await anyio.to_thread.run_sync(runs.after, after, MOST_RUNS, of)
    body = await anyio.to_thread.run_sync(_written, found)
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _written(found: list[dict[str, Any]]) -> bytes:
    return json.dumps({"runs": found}).encode()
