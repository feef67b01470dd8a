"""A run's events as server-sent events, from the rows that the worker writes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from starlette.concurrency import run_in_threadpool

from octavo.records.pipelines import PipelineRunEvent
from octavo_server.pipelines.runs.seen import SeenRuns

LOOK_EVERY_S = 0.4
SIGN_OF_LIFE_S = 15.0
LONGEST_S = 3600.0
"""A stream ends after this long; the browser comes back by itself, where it left off."""


async def stream(runs: SeenRuns, run: str, after: int) -> AsyncIterator[str]:
    """Return the stream after an event's number. Raises NotFound before anything is sent."""
    first = await run_in_threadpool(runs.events, run, after)
    return _follow(runs, run, after, first)


async def _follow(
    runs: SeenRuns, run: str, seen: int, found: list[PipelineRunEvent]
) -> AsyncIterator[str]:
    began = last_sign = time.monotonic()
    while True:
        for event in found:
            yield _text(event)
            seen, last_sign = event.seq, time.monotonic()
        if not found:
            if await run_in_threadpool(runs.has_ended, run):
                rest = await run_in_threadpool(runs.events, run, seen)
                for event in rest:
                    yield _text(event)
                yield "event: done\ndata: {}\n\n"
                return
            if time.monotonic() - began > LONGEST_S:
                return
            if time.monotonic() - last_sign > SIGN_OF_LIFE_S:
                yield ": still here\n\n"
                last_sign = time.monotonic()
            await asyncio.sleep(LOOK_EVERY_S)
        found = await run_in_threadpool(runs.events, run, seen)


def _text(event: PipelineRunEvent) -> str:
    return f"id: {event.seq}\nevent: {event.kind}\ndata: {event.model_dump_json()}\n\n"
