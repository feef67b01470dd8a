"""Orders month profiles from a child process, and knows when a lake's table changed."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from octavo_server.errors import Invalid, Unavailable
from octavo_server.monitoring.domain import Baseline
from octavo_server.monitoring.rules import last_month

NO_TABLE = "none"
"""Fingerprint of a table that isn't there: profiling it gives a finding, not silence."""
LIMIT_S = 300.0
"""Seconds for all months of one table."""


class LakeTables:
    """The tables of the lake under one folder."""

    def __init__(self, lake: Path) -> None:
        self._lake = lake.resolve()

    def fingerprint(self, baseline: Baseline) -> str:
        """Return a digest over names, sizes and times of the table's files; ``none`` for none."""
        folder = self._folder(baseline)
        if folder is None:
            return NO_TABLE
        seen = hashlib.sha256()
        for path in sorted(folder.rglob("*.parquet")):
            stat = path.stat()
            name = path.relative_to(folder).as_posix()
            seen.update(f"{name}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode())
        return seen.hexdigest()

    def profile(
        self, baseline: Baseline, columns: Sequence[str], after: str
    ) -> list[Mapping[str, Any]]:
        """Return one object a month after ``after``. Raises Unavailable, Invalid."""
        folder = self._folder(baseline)
        if folder is None:
            named = str(baseline.source.get("path"))[:200]
            raise Invalid(
                f"The baseline's table is not in the lake: {named}.",
                "In the training notebook give baseline(source={'path': ..., 'partition': ...}).",
            )
        order = {
            "folder": str(folder),
            "partition": str(baseline.source.get("partition", "month")),
            "year": last_month(baseline)[:4],
            "columns": list(columns),
            "features": {name: dict(profile) for name, profile in baseline.features.items()},
            "after": after,
        }
        return self._run(order)

    def _run(self, order: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        environment = {
            "PATH": os.defpath,
            "LANG": "C.UTF-8",
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        }
        argv = [sys.executable, "-m", "octavo_server.adapters.lake_profiles"]
        try:
            done = subprocess.run(
                argv,
                input=json.dumps(order),
                capture_output=True,
                text=True,
                env=environment,
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise Unavailable(
                f"Profiling {order['folder']} took over {LIMIT_S:g} s.", "Use smaller months."
            ) from error
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no word"])[-1]
            raise Unavailable(
                f"Profiling {order['folder']} failed: {last[:300]}.", "See the worker's log."
            )
        return [json.loads(line) for line in done.stdout.splitlines()]

    def _folder(self, baseline: Baseline) -> Path | None:
        """Return the table's folder; None unless it lies inside the project's part of the lake.

        The path is relative to that part, or to the whole lake and then starts with the project.
        """
        path = baseline.source.get("path")
        if not isinstance(path, str) or not path or ".." in PurePosixPath(path).parts:
            return None
        own = self._lake / baseline.project
        for root in (own, self._lake):
            folder = (root / path).resolve()
            if folder.is_dir() and folder.is_relative_to(own if own.is_dir() else self._lake):
                return folder
        return None
