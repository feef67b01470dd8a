"""Periodic tasks of the worker, each on a thread of its own: a slow one holds up no other."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from octavo_server.errors import Unavailable

log = logging.getLogger("octavo.worker")

KEPT_CHARACTERS = 300
"""Length of the last error's text in the state."""


@dataclass(frozen=True, kw_only=True)
class PeriodicTask:
    """Something that the worker does again and again."""

    name: str
    """What it is, for the log and the heartbeat."""
    period_s: float
    """Seconds between the end of one call and the start of the next."""
    call: Callable[[], object]
    """Does it once; an error is logged and the next call comes all the same."""


class PeriodicTasks:
    """Runs tasks until it is told to stop."""

    def __init__(self, tasks: Sequence[PeriodicTask]) -> None:
        self._tasks = tasks
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []
        self._state: dict[str, dict[str, Any]] = {}

    def start(self) -> None:
        """Start every task; the first calls come at once."""
        for task in self._tasks:
            thread = threading.Thread(
                target=self._repeat, args=(task,), name=f"periodic: {task.name}", daemon=True
            )
            thread.start()
            self._threads.append(thread)

    def stop(self, wait_s: float) -> list[str]:
        """Start no more calls, wait for those under way; return the tasks that didn't end."""
        self._stop.set()
        deadline = time.monotonic() + wait_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return [thread.name for thread in self._threads if thread.is_alive()]

    def state(self) -> dict[str, dict[str, Any]]:
        """Return for each task its calls, errors, seconds of the last call, and the last error."""
        return {name: dict(one) for name, one in list(self._state.items())}

    def _repeat(self, task: PeriodicTask) -> None:
        kept: dict[str, Any] = {"calls": 0, "errors": 0, "seconds": 0.0, "error": ""}
        self._state[task.name] = kept
        while not self._stop.is_set():
            began = time.monotonic()
            try:
                task.call()
                kept["error"] = ""
            except Unavailable as error:
                if _is_new(kept, error):  # the other process starts, or starts again
                    log.warning("the task %r waits: %s", task.name, error)
            except Exception as error:
                if _is_new(kept, error):
                    log.exception("the task %r failed", task.name)
            kept["calls"] += 1
            kept["seconds"] = round(time.monotonic() - began, 3)
            self._stop.wait(task.period_s)


def _is_new(kept: dict[str, Any], error: Exception) -> bool:
    """Count an error of a task; return whether the call before it ended otherwise."""
    text = str(error)[:KEPT_CHARACTERS]
    before, kept["error"] = kept["error"], text
    kept["errors"] += 1
    return bool(before != text)
