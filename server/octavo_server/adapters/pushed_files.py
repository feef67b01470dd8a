"""Adds pushed rows to a view's source in the lake: Parquet files, written by a short child."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from octavo.records.materialization import PushValue
from octavo_server.adapters.feast_names import REFUSED
from octavo_server.errors import Invalid, Unavailable

LIMIT_S = 120.0
FOLDER = "pushed"
"""Folder inside the source; a reader of the source reads it too."""


class ParquetPushes:
    """Starts ``pushed_files_child``."""

    def append(self, place: Path, part: str, rows: Sequence[Mapping[str, PushValue]]) -> None:
        """Write ``rows`` as one file of the source at ``place``; the same part is replaced."""
        if not place.is_dir():
            raise Invalid(
                f"{place.name} is no folder of files, so no rows can be added to it.",
                "Let the source of a push source be a folder of Parquet files.",
            )
        try:
            with tempfile.TemporaryDirectory(prefix="octavo-push-") as folder:
                given = Path(folder) / "rows.json"
                given.write_text(json.dumps(list(rows), allow_nan=False))
                file = place / FOLDER / f"{part}.parquet"
                argv = [sys.executable, "-m", "octavo_server.adapters.pushed_files_child"]
                self._run([*argv, str(place), str(given), str(file)], place)
        except OSError as error:
            raise Unavailable(
                f"Pushed rows for {place.name} can't be handed over: {error}.",
                "Make room in the worker's temporary folder.",
            ) from error

    def _run(self, argv: list[str], place: Path) -> None:
        try:
            done = subprocess.run(
                argv, capture_output=True, text=True, check=False, timeout=LIMIT_S
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"Writing pushed rows to {place.name} took over {LIMIT_S:.0f} s.", "Try again."
            ) from None
        if done.returncode == 0:
            return
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1][:300]
        if done.returncode == REFUSED:
            raise Invalid(f"Rows can't be added to {place.name}: {said}.", "Correct the source.")
        raise Unavailable(f"Writing pushed rows to {place.name} failed: {said}.", "Try again.")
