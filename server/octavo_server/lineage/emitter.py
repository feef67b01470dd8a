"""Sends the lineage graph's edges as OpenLineage events; a task of the worker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from octavo_server.database.rows import Database
from octavo_server.errors import OctavoError
from octavo_server.lineage import store
from octavo_server.lineage.openlineage import events

log = logging.getLogger("octavo.lineage")

AT_A_TIME = 500
LAG = timedelta(seconds=5)
"""So old an edge is before it is sent: a change names its time when it begins, and ends later."""
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


class Sink(Protocol):
    """Where events go."""

    @property
    def name(self) -> str:
        """Its stable name: how far it is, is kept under it."""

    def send(self, told: Sequence[dict[str, Any]]) -> None:
        """Send events in their order. Raises Unavailable."""


class Emitter:
    """Sends each edge at least once, in the order of their changes."""

    def __init__(
        self, database: Database, sinks: Sequence[Sink], clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._sinks = sinks
        self._clock = clock

    def step(self) -> None:
        """Send what is new; a sink that doesn't answer gets it at the next step."""
        for sink in self._sinks:
            try:
                while self._send(sink):
                    pass
            except OctavoError as error:
                log.warning("OpenLineage %s: %s", sink.name, error.message)

    def _send(self, sink: Sink) -> bool:
        """Send one page; True when there may be more."""
        with self._database.read() as rows:
            since, sent = store.cursor(rows, sink.name) or (BEGINNING, 0)
            found = store.after(rows, since, self._clock() - LAG, AT_A_TIME)
        more = len(found) == AT_A_TIME
        if more and found[0].at != found[-1].at:
            # The last change may go on behind the page.
            found = [one for one in found if one.at != found[-1].at]
        if not found:
            return False
        told = events(found)
        sink.send(told)
        with self._database.write() as rows:
            store.move_cursor(rows, sink.name, found[-1].at, sent + len(told))
        return more
