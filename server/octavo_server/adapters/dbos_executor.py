"""DBOS as the durable executor: what it is given survives a kill, one call a deterministic key.

Our own rows are the truth that people see; DBOS decides only when and where a handler is called. A
handler that was under way when the process died is called again at the next start.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from dbos import DBOS, DBOSConfig, SetWorkflowID

from octavo_server.identity import new_id

log = logging.getLogger("octavo.worker")

VERSION = "1"
"""Recovery takes only workflows of its own version: it is fixed by hand, since DBOS would make it
from the source text and forget unfinished work with each update."""
EXECUTOR = "octavo-worker"

UNFINISHED = frozenset({"ENQUEUED", "PENDING", "DELAYED"})
LONGEST_PAUSE_S = 60.0

Handler = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class _Handed:
    """What became of a key in this process."""

    under_way: bool = False
    """True from being handed over until its handler has returned."""
    calls: int = 0
    """How often its handler has returned."""
    not_before: float = 0.0
    """Monotonic time before which it isn't called again."""


class DbosExecutor:
    """Calls handlers by kind, at most ``places`` at a time.

    Handlers are started at once instead of through DBOS's queue: its polling would cost a trivial
    run as much time as its cells do, and its order is that of arrival.
    """

    def __init__(self, database_url: str, places: int) -> None:
        self._places = places
        self._handlers: Mapping[str, Handler] = {}
        self._handed: dict[str, _Handed] = {}
        self._lock = threading.Lock()
        config = DBOSConfig(
            name="octavo",
            system_database_url=database_url,
            application_version=VERSION,
            executor_id=EXECUTOR,
            console_log_level="WARNING",
        )
        DBOS(config=config)

        def execute(kind: str, subject: str, key: str) -> None:
            self._call(kind, subject, key)

        # DBOS marks the function it is given, which a bound method does not allow.
        self._workflow = DBOS.workflow(name="octavo-execution")(execute)

    def start(self, handlers: Mapping[str, Handler]) -> None:
        """Begin to call handlers, first those that a killed process left under way."""
        self._handlers = handlers
        DBOS.launch()

    def free(self) -> int:
        """Return how many more handlers may be under way."""
        with self._lock:
            return self._places - sum(1 for one in self._handed.values() if one.under_way)

    def hand_over(self, kind: str, subject: str, key: str) -> bool:
        """Have ``kind``'s handler called with ``subject``, once for a ``key``.

        A key that is handed over again after its handler was called means that the need is still
        there: the handler failed, and is called again, less and less often. False: it is under
        way, its time hasn't come, or there is no place.
        """
        if self.free() <= 0:
            return False
        with self._lock:
            known = self._handed.get(key, _Handed())
            if known.under_way or time.monotonic() < known.not_before:
                return False
            self._handed[key] = replace(known, under_way=True)
        workflow = key if known.calls == 0 else f"{key}-{new_id()}"
        if not self._begun(workflow, kind, subject, key, known.calls):
            self._begun(f"{key}-{new_id()}", kind, subject, key, known.calls)
        return True

    def _begun(self, workflow: str, kind: str, subject: str, key: str, calls: int) -> bool:
        """Start it; False if a call of that name had ended before, in a process before this."""
        with SetWorkflowID(workflow):
            handle = DBOS.start_workflow(self._workflow, kind, subject, key)
        if handle.get_status().status in UNFINISHED:
            return True
        with self._lock:
            return self._handed[key].calls > calls

    def stop(self, wait_s: int) -> None:
        """Stop calling handlers; wait for those under way at most ``wait_s`` seconds."""
        DBOS.destroy(workflow_completion_timeout_sec=wait_s)

    def _call(self, kind: str, subject: str, key: str) -> None:
        try:
            self._handlers[kind](subject)
        except Exception:
            log.exception("%s %s failed", kind, subject)
        finally:
            with self._lock:
                calls = self._handed.get(key, _Handed()).calls + 1
                pause = min(LONGEST_PAUSE_S, 2.0**calls)
                self._handed[key] = _Handed(calls=calls, not_before=time.monotonic() + pause)
