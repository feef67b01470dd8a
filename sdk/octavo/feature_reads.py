"""Remembers which features this process read, and tells the platform now and then.

What was read goes as a tag on the MLflow runs of this process, and as counted reads to the
platform, which shows when a view was last used and by whom. Telling is best effort: it happens on a
thread of its own, in batches, and nothing that goes wrong there reaches a read.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from octavo.records.visible import UNSEEN

EVERY_S = 5.0
"""Seconds between two tellings."""
TIMEOUT_S = 5.0
LAST_WORDS_S = 2.0
"""How long a process that ends waits for its last telling."""
MOST_WAITING = 200
"""Different reads that wait to be told; more are left out."""
LONGEST_TAG = 5_000
"""Characters that MLflow takes as a tag's value."""
LONGEST_SUBJECT = 500
MOST_COLUMNS = 500
"""What the platform takes of one read."""

How = Literal["historical", "online"]
Columns = Mapping[str, Sequence[str]]
"""View to the columns that were read of it."""
Send = Callable[[str, Mapping[str, object]], None]
"""Takes a project and a body, and tells the platform."""


@dataclass
class _Waiting:
    project: str
    columns: Columns
    service: str
    how: How
    subject: str
    count: int = 0


class ReadBook:
    """What this process read; ``send`` replaces the way to the platform, in a test."""

    def __init__(self, send: Send | None = None, every_s: float = EVERY_S) -> None:
        self._send = send or _post
        self._every_s = every_s
        self._waiting: dict[tuple[object, ...], _Waiting] = {}
        self._views: dict[str, dict[str, None]] = {}
        self._services: dict[str, None] = {}
        self._start_anew()

    def note(
        self,
        project: str,
        asked: str | Sequence[str],
        how: How,
        columns: Callable[[], Columns],
    ) -> None:
        """Count one read of ``asked``: a service's name, or a list of ``view:feature``.

        ``columns`` tells what that is, and is called only for what was not asked before. Takes a
        few microseconds, and raises nothing.
        """
        with contextlib.suppress(Exception):
            self._note(project, asked, how, columns)

    def text(self) -> str:
        """Return what was read so far as JSON; empty for nothing.

        Columns are left out where all of them would be too long for a tag.
        """
        with self._lock:
            views = {name: list(columns) for name, columns in self._views.items()}
            services = list(self._services)
        if not views and not services:
            return ""
        whole = _json(views, services)
        return whole if len(whole) <= LONGEST_TAG else _fitting(list(views), services)

    def flush(self) -> None:
        """Tell what waits, now. Raises what sending raises."""
        with self._lock:
            waiting, self._waiting = list(self._waiting.values()), {}
        for project in dict.fromkeys(one.project for one in waiting):
            reads = [line for one in waiting if one.project == project for line in _lines(one)]
            for start in range(0, len(reads), MOST_WAITING):
                self._send(project, {"reads": reads[start : start + MOST_WAITING]})

    def _start_anew(self) -> None:
        """Forget what waits: in a forked child it is the parent's to tell, and no thread runs."""
        self._lock = threading.Lock()
        self._waiting = {}
        self._teller: threading.Thread | None = None
        self._ending = threading.Event()

    def _note(
        self, project: str, asked: str | Sequence[str], how: How, columns: Callable[[], Columns]
    ) -> None:
        wanted, subject = asked if isinstance(asked, str) else tuple(asked), _subject()
        key = (project, wanted, how, subject)
        with self._lock:
            known = self._waiting.get(key)
            if known is not None:
                known.count += 1
                return
        service = asked if isinstance(asked, str) else ""
        made = _Waiting(project, columns(), service, how, subject)
        with self._lock:
            if len(self._waiting) < MOST_WAITING:
                made = self._waiting.setdefault(key, made)
            made.count += 1
            for view, names in made.columns.items():
                self._views.setdefault(view, {}).update(dict.fromkeys(names))
            if service:
                self._services[service] = None
        if self._teller is None and (self._send is not _post or _is_connected()):
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._teller is not None:
                return
            self._teller = threading.Thread(target=self._tell, name="feature-reads", daemon=True)
        self._teller.start()
        atexit.register(self._end)
        os.register_at_fork(after_in_child=self._start_anew)

    def _tell(self) -> None:
        while not self._ending.wait(self._every_s):
            with contextlib.suppress(Exception):
                self.flush()
        with contextlib.suppress(Exception):
            self.flush()

    def _end(self) -> None:
        self._ending.set()
        if self._teller is not None:
            self._teller.join(LAST_WORDS_S)


def columns_of(features: Sequence[str]) -> Columns:
    """Return what a list of ``view:feature`` reads."""
    found: dict[str, list[str]] = {}
    for feature in features:
        view, _, column = feature.partition(":")
        found.setdefault(view, []).append(column)
    return found


def _lines(one: _Waiting) -> list[dict[str, object]]:
    return [
        {
            "view": view,
            "columns": list(names)[:MOST_COLUMNS],
            "service": one.service,
            "how": one.how,
            "count": one.count,
            "subject": one.subject,
        }
        for view, names in one.columns.items()
    ]


def _subject() -> str:
    """Return the MLflow run that is open, else the notebook; never imports mlflow."""
    mlflow = sys.modules.get("mlflow")
    run = mlflow.active_run() if mlflow is not None else None
    if run is not None:
        return f"run:{run.info.run_id}"
    notebook = os.environ.get("JPY_SESSION_NAME", "")
    home = os.environ.get("HOME", "") + "/"
    return UNSEEN.sub("", notebook.removeprefix(home))[-LONGEST_SUBJECT:]


def _is_connected() -> bool:
    return bool(os.environ.get("OCTAVO_URL") and os.environ.get("OCTAVO_TOKEN"))


def _post(project: str, body: Mapping[str, object]) -> None:
    from octavo.client import Client

    with Client.from_environment(timeout_s=TIMEOUT_S) as client:
        client.post(f"/projects/{project}/features/uses", body)


def _json(views: Mapping[str, Sequence[str]], services: Sequence[str]) -> str:
    return json.dumps({"views": views, "services": services}, separators=(",", ":"))


def _fitting(views: list[str], services: list[str]) -> str:
    """Return as many names as a tag holds."""
    while True:
        text = _json({view: [] for view in views}, services)
        if len(text) <= LONGEST_TAG:
            return text
        views, services = views[: len(views) // 2], services[: max(1, len(services) // 2)]


book = ReadBook()
"""What this process read."""
