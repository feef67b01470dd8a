"""Keeps what was served in memory for a moment; one thread writes it, in batches.

Figures count every attempt. Rows of telemetry, logged rows and looks at query patterns are samples
where more come than can be kept. Redacted columns are taken out before anything is written.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from octavo_server.database.rows import Database
from octavo_server.deployments.serving import rows_sent, rules, store
from octavo_server.deployments.serving.domain import SHADOW, LoggedRow, LogPolicy, Scored, Served
from octavo_server.deployments.serving.figures import FigureBook
from octavo_server.deployments.serving.ports import Looks, RowLog
from octavo_server.identity import new_id

EVERY_S = 1.0
"""Seconds between two writes."""
MOST = 20_000
"""Attempts that wait at most; older ones are dropped first, and counted."""
KEPT_A_WRITE = 250
"""Rows of telemetry of one write; an even sample of more."""
LOOKED_A_WRITE = 500
"""Rows that are looked at for query patterns in one write."""
ROWS_A_REQUEST = 100
"""Rows of one request that the log keeps."""
POLICIES_S = 2.0
"""Seconds for which log policies are taken from memory."""

log = logging.getLogger("octavo.deployments.telemetry")


class TelemetryBuffer:
    """A bounded queue with one writer thread; scoring never waits for the database."""

    def __init__(
        self,
        database: Database,
        every_s: float = EVERY_S,
        *,
        rows: RowLog | None = None,
        looks: Looks | None = None,
        also: Sequence[Callable[[], None]] = (),
    ) -> None:
        """``also`` are called with every write, to write what others hold back."""
        self._database = database
        self._every_s = every_s
        self._rows = rows
        self._looks = looks
        self._also = also
        self._writer_id = new_id()
        self._random = random.Random()  # noqa: S311 - which rows are kept is no secret
        self._waiting: deque[Served] = deque(maxlen=MOST)
        self._writing = threading.Lock()
        self._closed = threading.Event()
        self._writer: threading.Thread | None = None
        self._starting = threading.Lock()
        self._policies: dict[tuple[str, str], LogPolicy] = {}
        self._policies_at = float("-inf")
        self.figures = FigureBook()
        """What every version does."""
        self.dropped = 0
        """Attempts that were dropped because the database was too slow; figures count them."""
        self.dropped_rows = 0
        """Rows that the request log could not keep up with."""

    def add(self, served: Served) -> None:
        """Queue one attempt; the first one starts the writer."""
        self.figures.note(served)
        if len(self._waiting) == MOST:
            self.dropped += 1
        self._waiting.append(served)
        if self._writer is None:
            self._start()

    def flush(self) -> None:
        """Write what waits, now."""
        with self._writing:
            batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
            self._read_policies()
            figures = self.figures.take(datetime.now(UTC))
            if batch or figures:
                scored = [self._scored(one) for one in self._sample(batch)]
                with self._database.write() as rows:
                    store.put_figures(rows, self._writer_id, figures)
                    if scored:
                        store.add_scored(rows, scored)
            self._log(batch)
            self._look(batch)
            for call in self._also:
                call()

    def close(self) -> None:
        """Stop the writer and write the rest."""
        self._closed.set()
        if self._writer is not None:
            self._writer.join()
        self.flush()
        if self._rows is not None:
            self._rows.close()

    def _sample(self, batch: Sequence[Served]) -> Sequence[Served]:
        """Return all of a small batch, an even sample of a large one."""
        if len(batch) <= KEPT_A_WRITE:
            return batch
        return self._random.sample(batch, KEPT_A_WRITE)

    def _scored(self, one: Served) -> Scored:
        policy = self._policy(one)
        features = None
        if one.status == "ok" and self._random.random() < policy.share:
            first = rows_sent.first(one.document, 1)
            features = rows_sent.cut(first[0], policy.redacted) if first else None
        return Scored(
            id=one.id,
            project=one.project,
            deployment=one.deployment,
            version=one.version,
            at=one.at,
            latency_ms=one.latency_ms,
            status=one.status,
            rows=len(one.predictions),
            scores=rules.scores_of(one.predictions),
            features=features,
            caller=one.caller,
            role=one.role,
        )

    def _log(self, batch: Sequence[Served]) -> None:
        if self._rows is None:
            return
        kept: list[LoggedRow] = []
        for one in batch:
            policy = self._policy(one)
            answered = one.status == "ok" and one.role != SHADOW
            if answered and self._random.random() < policy.share:
                kept += _logged(one, policy)
        self.dropped_rows += self._rows.append(kept)

    def _look(self, batch: Sequence[Served]) -> None:
        if self._looks is None:
            return
        room = LOOKED_A_WRITE
        for one in batch:
            if room <= 0:
                return
            if one.role != SHADOW:
                rows = rows_sent.first(one.document, room)
                room -= len(rows)
                self._looks.add(one.project, one.deployment, one.caller, rows)

    def _policy(self, one: Served) -> LogPolicy:
        key = (one.project, one.deployment)
        return self._policies.get(key) or LogPolicy(project=key[0], deployment=key[1])

    def _read_policies(self) -> None:
        now = time.monotonic()
        if now - self._policies_at < POLICIES_S:
            return
        with self._database.read() as rows:
            found = store.policies(rows)
        self._policies = {(one.project, one.deployment): one for one in found}
        self._policies_at = now

    def _start(self) -> None:
        with self._starting:
            if self._writer is None:
                self._writer = threading.Thread(
                    target=self._run, name="scoring-telemetry", daemon=True
                )
                self._writer.start()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self.flush()
            except Exception:
                # A lost batch must not end telemetry for good; the cause is in the log.
                log.exception("a batch of scoring telemetry was lost")


def _logged(one: Served, policy: LogPolicy) -> list[LoggedRow]:
    rows = rows_sent.first(one.document, ROWS_A_REQUEST)
    return [
        LoggedRow(
            project=one.project,
            deployment=one.deployment,
            request_id=one.id,
            at=one.at,
            version=one.version,
            caller=one.caller,
            latency_ms=round(one.latency_ms, 3),
            inputs=_json(rows_sent.without(row, policy.redacted)),
            prediction=_json(prediction),
        )
        for row, prediction in zip(rows, one.predictions, strict=False)
    ]


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
