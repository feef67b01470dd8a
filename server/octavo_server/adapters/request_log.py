"""Hands logged rows to a child process that writes Parquet; the service never waits for it."""

from __future__ import annotations

import logging
import os
import shutil
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from queue import Empty, Full, Queue

import msgspec

from octavo_server.deployments.serving.domain import LoggedRow, LogSize
from octavo_server.errors import Unavailable

MOST_BATCHES = 64
"""Batches that wait for the child; rows of further ones are dropped, and counted."""
READ_S = 30.0
"""Seconds that reading rows back may take."""
CLOSE_S = 10.0
"""Seconds that the child gets to write the rest."""
IDLE_S = 2.0
"""Seconds after which an empty batch makes the child write what it holds."""
CHILD = [sys.executable, "-m", "octavo_server.adapters.request_log_child"]

log = logging.getLogger("octavo.deployments.log")


class ParquetLog:
    """The logged rows of one installation, below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._waiting: Queue[list[LoggedRow] | None] = Queue(MOST_BATCHES)
        self._child: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def append(self, rows: Sequence[LoggedRow]) -> int:
        """Take rows to write soon; return how many had to be dropped."""
        if not rows:
            return 0
        if self._thread is None:
            self._thread = threading.Thread(target=self._feed, name="request-log", daemon=True)
            self._thread.start()
        try:
            self._waiting.put_nowait(list(rows))
        except Full:
            return len(rows)
        return 0

    def newest(self, project: str, deployment: str, limit: int) -> list[LoggedRow]:
        """Return the newest rows of a deployment. Raises Unavailable."""
        folder = self._of(project, deployment)
        if not folder.is_dir():
            return []
        try:
            done = subprocess.run(
                [*CHILD, "read", str(folder), str(limit)],
                capture_output=True,
                timeout=READ_S,
                check=True,
            )
        except subprocess.SubprocessError as error:
            raise Unavailable(
                f"The request log of {deployment} can't be read: {error}.",
                "Try again; see the service's log.",
            ) from error
        return [
            LoggedRow(
                project=project,
                deployment=deployment,
                **{**row, "at": datetime.fromisoformat(row["at"])},
            )
            for row in msgspec.json.decode(done.stdout)
        ]

    def size(self, project: str, deployment: str) -> LogSize:
        """Return how much is kept of a deployment."""
        files = list(self._of(project, deployment).glob("day=*/*.parquet"))
        days = sorted(file.parent.name.removeprefix("day=") for file in files)
        return LogSize(
            files=len(files),
            size_bytes=sum(file.stat().st_size for file in files if file.exists()),
            oldest_day=days[0] if days else None,
        )

    def forget(self, project: str, deployment: str, before_day: str) -> int:
        """Remove the files of days before ``before_day`` (YYYY-MM-DD); return how many."""
        removed = 0
        for day in self._of(project, deployment).glob("day=*"):
            if day.name.removeprefix("day=") < before_day:
                removed += len(list(day.glob("*.parquet")))
                shutil.rmtree(day, ignore_errors=True)
        return removed

    def close(self) -> None:
        """Write what waits, and end the child."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(CLOSE_S)
            self._thread = None

    def _of(self, project: str, deployment: str) -> Path:
        return self._folder / Path(project).name / Path(deployment).name

    def _feed(self) -> None:
        while True:
            try:
                rows = self._waiting.get(timeout=IDLE_S)
            except Empty:
                rows = []
            if rows is None:
                self._end()
                return
            if rows or self._child is not None:
                self._send(rows)

    def _send(self, rows: Sequence[LoggedRow]) -> None:
        batch = msgspec.msgpack.encode([{**asdict(one), "at": one.at.timestamp()} for one in rows])
        try:
            stream = self._writer().stdin
            assert stream is not None  # noqa: S101 - it was opened with a pipe
            stream.write(struct.pack("<I", len(batch)) + batch)
            stream.flush()
        except OSError:
            log.exception("%s logged rows were lost: their writer ended", len(rows))
            self._end()

    def _writer(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is not None:
            self._end()
        if self._child is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._child = subprocess.Popen(
                [*CHILD, "write", str(self._folder)],
                stdin=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"},
            )
        return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        if child.stdin is not None:
            with suppress(BrokenPipeError):  # it ended already
                child.stdin.close()
        try:
            child.wait(CLOSE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
