"""Computes windows in a child process with Feast, so that the worker never imports it."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo_server.adapters.feast_names import REFUSED
from octavo_server.errors import Invalid, Unavailable
from octavo_server.features.materialization.domain import Staged, Window

WORK = ".staging"
"""Folder beside the snapshots; what a killed worker left there is removed by the next job."""
LOOK_EVERY_S = 0.5
WINDOW_LIMIT_S = 3600.0
"""A window that takes longer is given up: wall-clock seconds."""

_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR")


class FeastMaterializer:
    """Starts ``feast_materialize`` and gives its windows as they come."""

    def __init__(self, window_limit_s: float = WINDOW_LIMIT_S) -> None:
        self._limit_s = window_limit_s

    @contextmanager
    def staging(
        self, features: Path, windows: Sequence[Window], stop: Callable[[], bool]
    ) -> Iterator[Iterator[Staged]]:
        """Give each window as it is computed; see :class:`ports.Engine`."""
        work = _fresh(features / WORK)
        listed = work / "windows.json"
        listed.write_text(json.dumps([_wire(one) for one in windows]))
        argv = [sys.executable, "-m", "octavo_server.adapters.feast_materialize"]
        argv += ["--features", str(features), "--work", str(work), "--windows", str(listed)]
        with (work / "stderr").open("w+") as complaints:
            child = subprocess.Popen(
                argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                start_new_session=True,
                env=_environment(work),
            )
            try:
                yield self._staged(child, windows, stop, work / "stderr")
            finally:
                _end(child)
                shutil.rmtree(work, ignore_errors=True)

    def _staged(
        self,
        child: subprocess.Popen[str],
        windows: Sequence[Window],
        stop: Callable[[], bool],
        complaints: Path,
    ) -> Iterator[Staged]:
        lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(child, lines), daemon=True).start()
        for window in windows:
            line = self._next(lines, stop, window)
            if line is None:
                return
            if not line:
                raise _failure(child.wait(), complaints, window)
            answer: dict[str, Any] = json.loads(line)
            newest = answer["newest"]
            yield Staged(
                window=window,
                file=Path(answer["file"]),
                rows=answer["rows"],
                seconds=answer["seconds"],
                snapshot=answer["snapshot"],
                newest_event_at=None if newest is None else datetime.fromtimestamp(newest, UTC),
            )
            Path(answer["file"]).unlink(missing_ok=True)

    def _next(
        self, lines: queue.Queue[str], stop: Callable[[], bool], window: Window
    ) -> str | None:
        """Return the next line, empty when the child ended, None when ``stop`` says so."""
        looks = int(self._limit_s / LOOK_EVERY_S) + 1
        for _ in range(looks):
            if stop():
                return None
            try:
                return lines.get(timeout=LOOK_EVERY_S)
            except queue.Empty:
                continue
        raise Unavailable(
            f"The feature engine took over {self._limit_s:.0f} s for a window of {window.view}.",
            "Choose shorter windows.",
        )


def _wire(window: Window) -> dict[str, str]:
    return {
        "view": window.view,
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
    }


def _fresh(folder: Path) -> Path:
    """Return the folder, empty and private."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700, parents=True)
    return folder


def _environment(work: Path) -> dict[str, str]:
    """Return a child's environment: no secret of the service's; UTC, as Feast's SQLite needs."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": str(work), "TZ": "UTC", "OMP_NUM_THREADS": "1"}


def _read(child: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
    for line in child.stdout or ():
        lines.put(line)
    lines.put("")


def _end(child: subprocess.Popen[str]) -> None:
    """Leave no process of the child's group behind."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            stream.close()


def _failure(status: int, complaints: Path, window: Window) -> Invalid | Unavailable:
    said = complaints.read_text(errors="replace").strip().splitlines() or ["it said nothing"]
    if status == REFUSED:
        return Invalid(
            f"{window.view} can't be materialised: {said[-1]}.", "Publish the features again."
        )
    return Unavailable(
        f"The feature engine failed on {window.view} with status {status}: {said[-1][:300]}.",
        "Start it again by hand if it stays so; the worker's log has more.",
    )
