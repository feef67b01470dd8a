"""The feature engine: Feast in short child processes, so that the server never imports it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo.features import CURRENT
from octavo_server.adapters.feast_index import REFUSED
from octavo_server.adapters.feast_online import ONLINE_FILE, waiting_online
from octavo_server.errors import Invalid, Unavailable
from octavo_server.features.catalog.domain import Freshness, View
from octavo_server.features.catalog.store import view_from
from octavo_server.features.publishing.domain import Order, Publication

LIMIT_S = 300.0
"""A child that takes longer is stopped: wall-clock seconds."""

_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR")


class FeastEngine:
    """Builds and reads snapshots through ``feast_publish`` and ``feast_index``."""

    def __init__(self, clock: Callable[[], datetime], limit_s: float = LIMIT_S) -> None:
        self._clock = clock
        self._limit_s = limit_s

    def build(self, order: Order, progress: Callable[[str], None]) -> Publication:
        """Build a snapshot and tell each step as it ends."""
        given = {
            "--repository": order.repository,
            "--project": order.project,
            "--features": order.features,
            "--lake": order.lake,
        }
        answer = self._ask("feast_publish", given, progress)
        return Publication(
            snapshot=answer["snapshot"],
            views=self._views(order.project, answer["snapshot"], answer["views"]),
            leaks=tuple(answer["leaks"]),
        )

    def index(self, project: str, snapshot: str, features: Path) -> tuple[View, ...]:
        """Return the views of a snapshot, read again."""
        answer = self._ask("feast_index", {"--snapshot": features / snapshot}, _silent)
        return self._views(project, snapshot, answer["views"])

    def point_to(self, features: Path, snapshot: str) -> None:
        """Make ``snapshot`` what new readers get: its online store, then one rename."""
        waiting = features / waiting_online(snapshot)
        if waiting.exists():
            waiting.replace(features / ONLINE_FILE)
        draft = features / f".{CURRENT}-{os.getpid()}"
        draft.unlink(missing_ok=True)
        draft.symlink_to(snapshot)
        draft.replace(features / CURRENT)

    def pointed_to(self, features: Path) -> str | None:
        """Return what new readers get."""
        pointer = features / CURRENT
        return str(pointer.readlink()) if pointer.is_symlink() else None

    def discard(self, features: Path, snapshot: str) -> None:
        """Remove a snapshot that was refused, unless readers have it already."""
        if self.pointed_to(features) == snapshot:
            return
        (features / waiting_online(snapshot)).unlink(missing_ok=True)
        folder = features / snapshot
        for file in folder.glob("*"):
            file.unlink()
        if folder.exists():
            folder.rmdir()

    def _views(
        self, project: str, snapshot: str, found: Sequence[Mapping[str, Any]]
    ) -> tuple[View, ...]:
        now = self._clock()
        return tuple(
            view_from(
                one,
                freshness=Freshness(
                    newest_event_at=_time(one["newest_event_at"]),
                    materialized_until=_time(one["materialized_until"]),
                    checked_at=now,
                ),
                project=project,
                snapshot=snapshot,
                name=one["name"],
                description=one["description"],
                owner=one["owner"],
            )
            for one in found
        )

    def _ask(
        self, module: str, given: Mapping[str, object], progress: Callable[[str], None]
    ) -> dict[str, Any]:
        with tempfile.TemporaryDirectory(prefix="octavo-feast-") as folder:
            answer = Path(folder) / "answer.json"
            argv = [sys.executable, "-m", f"octavo_server.adapters.{module}"]
            for name, value in {**given, "--answer": answer}.items():
                argv += [name, str(value)]
            self._run(module, argv, Path(folder), progress)
            found: dict[str, Any] = json.loads(answer.read_text())
        return found

    def _run(
        self, module: str, argv: list[str], folder: Path, progress: Callable[[str], None]
    ) -> None:
        complaints = folder / "stderr"
        with (
            complaints.open("w") as stderr,
            subprocess.Popen(
                ["timeout", "--kill-after=5", str(self._limit_s), *argv],
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=_environment(folder),
            ) as child,
        ):
            for line in child.stdout or ():
                progress(line.rstrip())
        if child.returncode == 0:
            return
        said = complaints.read_text().strip().splitlines() or ["it said nothing"]
        if child.returncode == REFUSED:
            why = f"The features can't be published: {said[-1]}."
            raise Invalid(why, "Correct the repository.")
        raise Unavailable(
            f"The feature engine failed in {module} with status {child.returncode}: "
            f"{said[-1][:300]}",
            "Try again; if it stays, see the service's log.",
        )


def _environment(folder: Path) -> dict[str, str]:
    """Return a child's environment: no secret of the service's; UTC, as Feast's SQLite needs."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": str(folder), "TZ": "UTC", "OMP_NUM_THREADS": "1"}


def _silent(line: str) -> None:
    """Take a line of progress and tell nobody."""
    del line


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
