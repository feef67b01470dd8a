"""DBOS as the durable executor: a queue that survives a kill, one execution a deterministic key.

Our own rows are the truth that people see; DBOS decides only when and where a handler is called. A
handler that was under way when the process died is called again at the next start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from dbos import DBOS, DBOSConfig, SetWorkflowID

log = logging.getLogger("octavo.worker")

QUEUE = "octavo-executions"
VERSION = "1"
"""Recovery takes only workflows of its own version: it is fixed by hand, since DBOS would make it
from the source text and forget unfinished work with each update."""
EXECUTOR = "octavo-worker"

Handler = Callable[[str], None]


class DbosExecutor:
    """Calls handlers by kind, at most ``places`` at a time."""

    def __init__(self, database_url: str, places: int) -> None:
        self._places = places
        self._handlers: Mapping[str, Handler] = {}
        self._handed: set[str] = set()
        config = DBOSConfig(
            name="octavo",
            system_database_url=database_url,
            application_version=VERSION,
            executor_id=EXECUTOR,
            console_log_level="WARNING",
        )
        DBOS(config=config)

        def execute(kind: str, subject: str) -> None:
            self._call(kind, subject)

        # DBOS marks the function it is given, which a bound method does not allow.
        self._workflow = DBOS.workflow(name="octavo-execution")(execute)

    def start(self, handlers: Mapping[str, Handler]) -> None:
        """Begin to call handlers, first those that a killed process left under way."""
        self._handlers = handlers
        DBOS.launch()
        DBOS.register_queue(
            QUEUE,
            worker_concurrency=self._places,
            polling_interval_sec=0.3,
            on_conflict="always_update",
        )

    def hand_over(self, kind: str, subject: str, key: str) -> None:
        """Have ``kind``'s handler called with ``subject``; once for a ``key``, ever."""
        if key in self._handed:
            return
        with SetWorkflowID(key):
            DBOS.enqueue_workflow(QUEUE, self._workflow, kind, subject)
        self._handed.add(key)

    def stop(self, wait_s: int) -> None:
        """Stop calling handlers; wait for those under way at most ``wait_s`` seconds."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_s)

    def _call(self, kind: str, subject: str) -> None:
        try:
            self._handlers[kind](subject)
        except Exception:
            log.exception("%s %s failed", kind, subject)
            raise
