"""Keeps notebook versions and cell sources on the platform, beside the training and never in it.

One thread a process sends them, each once.  Whatever goes wrong is remembered and said once;
nothing is raised, nothing is waited for but at the process's end, and there for two seconds.
"""

from __future__ import annotations

import atexit
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from octavo.client import Client, ClientError
from octavo.notebook_files import (
    LARGEST_STRIPPED,
    ExecutingCell,
    NotebookFile,
    stripped,
)
from octavo.records.cells import LARGEST_SOURCE, LARGEST_VERSION

ANSWER_S = 2.0
"""Longest silence of the platform, seconds."""
STRIP_S = 20.0
"""How long leaving outputs out may take, in its own process, seconds."""
LAST_S = 2.0
"""How long the process's end waits for what is being sent, seconds."""
AGAIN_S = 30.0
"""After a failure the same is tried again only after this time, seconds."""
MOST_WAITING = 8
logger = logging.getLogger("octavo.experiments")


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """Bytes to keep."""

    kind: str
    """`notebook-versions` or `cell-sources`."""
    sha256: str
    """The name to keep them under."""
    content: Callable[[], bytes]
    """Gives the bytes, in the sending thread."""
    path: str = ""
    """Path of the notebook."""
    exact: bool = True
    """False: without outputs."""


class Keeper:
    """Sends parcels from one background thread."""

    def __init__(self, project: str, connect: Callable[[], Client]) -> None:
        """Take the project, and what opens a connection to the platform."""
        self._project = project
        self._connect = connect
        self._waiting: queue.Queue[Parcel] = queue.Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._sent: set[str] = set()
        self._failed: dict[str, tuple[float, str]] = {}
        self._warned = False
        self._thread: threading.Thread | None = None

    def keep(self, notebook: NotebookFile | None, cell: ExecutingCell | None) -> None:
        """Send the notebook's version and the cell's source, unless they were sent already."""
        for parcel in (_version(notebook), _source(cell)):
            if parcel is not None:
                self._put(parcel)

    def failure(self, sha256: str) -> str:
        """Why the last try to send this failed; empty where none did."""
        return self._failed.get(sha256, (0.0, ""))[1]

    def wait(self, longest_s: float) -> bool:
        """Wait until all is sent or has failed; False when it takes longer."""
        until = time.monotonic() + longest_s
        with self._waiting.all_tasks_done:
            while self._waiting.unfinished_tasks:
                left = until - time.monotonic()
                if left <= 0:
                    return False
                self._waiting.all_tasks_done.wait(left)
        return True

    def _put(self, parcel: Parcel) -> None:
        with self._lock:
            tried, _ = self._failed.get(parcel.sha256, (float("-inf"), ""))
            if parcel.sha256 in self._sent or time.monotonic() - tried < AGAIN_S:
                return
            try:
                self._waiting.put_nowait(parcel)
            except queue.Full:
                return  # the next run in the notebook tries again
            self._sent.add(parcel.sha256)
            if self._thread is None:
                self._thread = threading.Thread(target=self._send_all, daemon=True, name="octavo")
                self._thread.start()

    def _send_all(self) -> None:
        while True:
            parcel = self._waiting.get()
            try:
                self._send(parcel)
                self._failed.pop(parcel.sha256, None)
            except Exception as error:  # noqa: BLE001 - no fault of the platform reaches a training
                self._note(parcel, error)
            finally:
                self._waiting.task_done()

    def _send(self, parcel: Parcel) -> None:
        content = parcel.content()
        query = (
            {"path": parcel.path[:500], "exact": str(parcel.exact).lower()} if parcel.path else {}
        )
        with self._connect() as client:
            client.put_bytes(
                f"/projects/{self._project}/experiments/{parcel.kind}/{parcel.sha256}",
                content,
                **query,
            )

    def _note(self, parcel: Parcel, error: Exception) -> None:
        why = error.message if isinstance(error, ClientError) else f"{error}"
        with self._lock:
            self._sent.discard(parcel.sha256)
            self._failed[parcel.sha256] = (time.monotonic(), why[:300])
            first, self._warned = not self._warned, True
        if first:
            logger.warning(
                "Octavo could not keep this notebook's version: %s The run is logged without it.",
                why[:300],
            )


def _version(notebook: NotebookFile | None) -> Parcel | None:
    if notebook is None or not notebook.sha256 or notebook.size > LARGEST_STRIPPED:
        return None
    content, path, digest = notebook.content, notebook.path, notebook.sha256
    if content is not None:
        kept = content
        return Parcel(
            kind="notebook-versions", sha256=digest, content=lambda: kept, path=notebook.shown
        )
    return Parcel(
        kind="notebook-versions",
        sha256=digest,
        content=lambda: _fitting(path, digest),
        path=notebook.shown,
        exact=False,
    )


def _fitting(path: Path, digest: str) -> bytes:
    content = stripped(path, digest, STRIP_S)
    if len(content) > LARGEST_VERSION:
        raise ValueError(f"without outputs it still has {len(content):,} bytes.")
    return content


def _source(cell: ExecutingCell | None) -> Parcel | None:
    content = cell.source.encode("utf-8", "replace") if cell else b""
    if cell is None or not content or len(content) > LARGEST_SOURCE:
        return None
    return Parcel(kind="cell-sources", sha256=cell.sha256, content=lambda: content)


_keepers: dict[tuple[int, str], Keeper] = {}


def _connected() -> Client:
    return Client.from_environment(timeout_s=ANSWER_S)


def keeper(project: str) -> Keeper:
    """The process's keeper for a project; a forked process has one of its own."""
    key = (os.getpid(), project)
    if key not in _keepers:
        _keepers[key] = made = Keeper(project, _connected)
        atexit.register(made.wait, LAST_S)
    return _keepers[key]
