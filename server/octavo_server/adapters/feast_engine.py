"""The feature engine: Feast in short child processes, so that the server never imports it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from octavo.records.feature_declarations import FeatureDeclaration
from octavo_server.adapters.feast_checks import Checks
from octavo_server.adapters.feast_index import REFUSED
from octavo_server.errors import Invalid, Unavailable
from octavo_server.features.catalog.domain import Freshness, Reading, View
from octavo_server.features.catalog.store import view_from
from octavo_server.features.publishing.domain import Checked, Finding, Order, Publication
from octavo_server.features.publishing.ports import BuildStopped
from octavo_server.turns import Turns

LIMIT_S = 300.0
"""A child that takes longer is stopped: wall-clock seconds."""
CHECK_LIMIT_S = 60.0
"""The same where a person waits for the answer: a check before a change."""
TIMED_OUT = 124
"""Exit status of coreutils' `timeout` when it stopped what it ran."""
LOOK_EVERY_S = 0.3
LOOK_WAIT_S = 20.0
"""How long a list of the lake's tables waits for its turn."""

_KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR")


def _never() -> bool:
    """Let work go on to its end."""
    return False


class FeastEngine:
    """Builds, checks and reads snapshots through short child processes."""

    def __init__(self, clock: Callable[[], datetime], limit_s: float = LIMIT_S) -> None:
        self._clock = clock
        self._limit_s = limit_s
        self._checks = Checks(self._check)
        self._looks = Turns("looks at the lake", at_once=2, most_waiting=4, wait_s=LOOK_WAIT_S)

    def build(
        self, order: Order, progress: Callable[[str], None], stop: Callable[[], bool]
    ) -> Publication:
        """Build a snapshot and tell each step as it ends. Raises BuildStopped."""
        given = {
            "--project": order.project,
            "--features": order.features,
            "--lake": order.lake,
            **_origin(order),
        }
        answer = self._ask("feast_publish", given, progress, stop, text=_text(order))
        return Publication(
            snapshot=answer["snapshot"],
            views=self._views(order.project, answer["snapshot"], answer["views"]),
            leaks=tuple(answer["leaks"]),
            declaration=FeatureDeclaration.model_validate(answer["declaration"]),
            loaded=answer["loaded"]["rows"],
            load_seconds=answer["loaded"]["seconds"],
        )

    def declare(self, order: Order) -> FeatureDeclaration:
        """Return what an installed repository declares."""
        given = {"--project": order.project, "--lake": order.lake, **_origin(order)}
        answer = self._ask("feast_publish", {**given, "--declare": None}, _silent)
        return FeatureDeclaration.model_validate(answer["declaration"])

    def check(self, declaration: FeatureDeclaration, lake: Path) -> Checked:
        """Return what looking at the lake and reading the transformations found."""
        return self._checks.check(declaration, lake)

    def _check(self, declaration: FeatureDeclaration, lake: Path) -> Checked:
        answer = self._ask(
            "feast_check",
            {"--lake": lake},
            _silent,
            text=declaration.model_dump_json(),
            limit_s=min(CHECK_LIMIT_S, self._limit_s),
        )
        return Checked(
            findings=tuple(Finding(**one) for one in answer["findings"]),
            leaks=tuple(answer["leaks"]),
            rows=answer["rows"],
        )

    def tables(self, lake: Path) -> list[Mapping[str, Any]]:
        """Return the lake's tables with their columns. Raises Unavailable without a turn."""
        with self._looks.turn():
            answer = self._ask("feast_check", {"--lake": lake, "--tables": None}, _silent)
        found: list[Mapping[str, Any]] = answer["tables"]
        return found

    def index(self, project: str, snapshot: str, features: Path, lake: Path) -> Reading:
        """Return what a snapshot holds, read again, and what of it can't be shown."""
        given = {"--snapshot": features / snapshot, "--lake": lake}
        answer = self._ask("feast_index", given, _silent)
        return Reading(
            views=self._views(project, snapshot, answer["views"]),
            problems=tuple((one["code"], one["message"]) for one in answer["problems"]),
        )

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
        self,
        module: str,
        given: Mapping[str, object],
        progress: Callable[[str], None],
        stop: Callable[[], bool] = _never,
        *,
        text: str | None = None,
        limit_s: float | None = None,
    ) -> dict[str, Any]:
        """Run a child on ``given``, and ``text`` as its declaration; return its answer."""
        with tempfile.TemporaryDirectory(prefix="octavo-feast-") as folder:
            answer = Path(folder) / "answer.json"
            argv = [sys.executable, "-m", f"octavo_server.adapters.{module}"]
            if text is not None:
                (Path(folder) / "declaration.json").write_text(text, encoding="utf-8")
                given = {**given, "--declaration": Path(folder) / "declaration.json"}
            for name, value in {**given, "--answer": answer}.items():
                argv += [name] if value is None else [name, str(value)]
            limited = ["timeout", "--kill-after=5", str(limit_s or self._limit_s), *argv]
            self._run(module, limited, Path(folder), progress, stop)
            found: dict[str, Any] = json.loads(answer.read_text())
        return found

    def _run(
        self,
        module: str,
        argv: list[str],
        folder: Path,
        progress: Callable[[str], None],
        stop: Callable[[], bool],
    ) -> None:
        complaints = folder / "stderr"
        stopped = threading.Event()
        with (
            complaints.open("w") as stderr,
            subprocess.Popen(
                argv,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env=_environment(folder),
            ) as child,
        ):
            watcher = threading.Thread(target=_watch, args=(child, stop, stopped), daemon=True)
            watcher.start()
            for line in child.stdout or ():
                progress(line.rstrip())
        watcher.join()
        if stopped.is_set():
            raise BuildStopped
        if child.returncode != 0:
            self._refuse(module, child.returncode, complaints, argv[2])

    def _refuse(self, module: str, status: int, complaints: Path, limit: str) -> NoReturn:
        said = complaints.read_text().strip().splitlines() or ["it said nothing"]
        if status == REFUSED:
            why = f"The features can't be published: {said[-1]}."
            raise Invalid(why, "Correct the declaration.")
        if status == TIMED_OUT:
            raise Unavailable(
                f"The feature engine was stopped in {module}, which took over {limit} s.",
                "Change less at once, or see why the lake is slow.",
            )
        raise Unavailable(
            f"The feature engine failed in {module} with status {status}: {said[-1][:300]}",
            "Try again; if it stays, see the service's log.",
        )


def _origin(order: Order) -> dict[str, object]:
    return {"--repository": order.repository} if order.repository is not None else {}


def _text(order: Order) -> str | None:
    return order.declaration.model_dump_json() if order.declaration is not None else None


def _watch(
    child: subprocess.Popen[str], stop: Callable[[], bool], stopped: threading.Event
) -> None:
    """End the child once ``stop`` says so."""
    while child.poll() is None:
        if stop():
            stopped.set()
            child.terminate()
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(LOOK_EVERY_S)


def _environment(folder: Path) -> dict[str, str]:
    """Return a child's environment: no secret of the service's; UTC, as Feast's SQLite needs."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "HOME": str(folder), "TZ": "UTC", "OMP_NUM_THREADS": "1"}


def _silent(line: str) -> None:
    """Take a line of progress and tell nobody."""
    del line


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
