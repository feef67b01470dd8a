"""What a device tells of itself: a window of counts, and a bounded spool while it is offline."""

from __future__ import annotations

import math
import threading
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from octavo.edge.files import read_object, write_object

MOST_SPOOLED = 500
"""Reports that wait; over it the oldest is lost, and counted."""
LONGEST_WORDS = 500
STEP = math.log(1.05)
"""Latencies are counted in steps of 5 %."""
LONGEST_MS = 3_600_000.0


class Window:
    """Counts predictions since the last report; of any number of them it keeps a few steps."""

    def __init__(self) -> None:
        """Begin now."""
        self._lock = threading.Lock()
        self._last_error: str | None = None
        self._begin()

    def answered(self, seconds: float, error: str | None = None) -> None:
        """Count one prediction, and why it failed."""
        with self._lock:
            self._requests += 1
            if error is not None:
                self._errors += 1
                self._last_error = plain(error)
            else:
                ms = min(max(seconds * 1_000, 0.001), LONGEST_MS)
                self._steps[math.ceil(math.log(ms) / STEP)] += 1

    def close(self) -> dict[str, Any]:
        """Return what was counted, and begin anew."""
        with self._lock:
            told = {
                "since": self._since.isoformat(),
                "until": datetime.now(UTC).isoformat(),
                "requests": self._requests,
                "errors": self._errors,
                "last_error": self._last_error,
                **{f"latency_p{part}_ms": self._quantile(part / 100) for part in (50, 95, 99)},
            }
            self._begin()
        return told

    def _begin(self) -> None:
        self._since = datetime.now(UTC)
        self._requests = self._errors = 0
        self._last_error = None
        self._steps: Counter[int] = Counter()

    def _quantile(self, part: float) -> float | None:
        """Return an upper bound that is at most 5 % too high; None without predictions."""
        wanted, seen = math.ceil(part * self._steps.total()), 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if seen >= wanted:
                return min(round(math.exp(step * STEP), 4), LONGEST_MS)
        return None


class Spool:
    """Reports on the disk, numbered, the oldest first."""

    def __init__(self, folder: Path, most: int = MOST_SPOOLED) -> None:
        """Open or make the folder."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._most = most
        self._count = folder / "count.json"

    def put(self, report: dict[str, Any]) -> int:
        """Keep a report under the next number, which is returned."""
        waiting = self._files()
        state = read_object(self._count) or {}
        sequence = max(int(state.get("sequence", 0)), *map(_number, waiting), 0) + 1
        lost = int(state.get("dropped", 0))
        for path in waiting[: max(0, len(waiting) + 1 - self._most)]:
            lost += 1 + int((read_object(path) or {}).get("dropped", 0))
            path.unlink(missing_ok=True)
        # The number first: one that is skipped does no harm, one that is used twice would.
        write_object(self._count, {"sequence": sequence, "dropped": 0})
        path = self._folder / f"{sequence:016d}.json"
        write_object(path, {**report, "sequence": sequence, "dropped": lost})
        return sequence

    def waiting(self, most: int) -> list[dict[str, Any]]:
        """Return the oldest reports; one that can't be read is removed and counted as lost."""
        found: list[dict[str, Any]] = []
        for path in self._files():
            if len(found) == most:
                break
            report = read_object(path)
            if report is not None:
                found.append(report)
                continue
            path.unlink(missing_ok=True)
            state = read_object(self._count) or {}
            write_object(self._count, {**state, "dropped": int(state.get("dropped", 0)) + 1})
        return found

    def sent(self, upto: int) -> None:
        """Remove the reports up to a number: the platform counts them."""
        for path in self._files():
            if _number(path) <= upto:
                path.unlink(missing_ok=True)

    def __len__(self) -> int:
        """How many wait."""
        return len(self._files())

    def _files(self) -> list[Path]:
        return sorted(one for one in self._folder.glob("*.json") if one.stem.isdecimal())


def plain(text: str) -> str:
    """Return a text on one line, short, of characters that a report takes."""
    line = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(line.split())[:LONGEST_WORDS]


def _number(path: Path) -> int:
    return int(path.stem)
