"""Named steps with their time, printed as they happen."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

WIDTH = 46
HEARTBEAT_S = 10.0


class Steps:
    """Prints one line a step; a long step says every 10 s how far it is."""

    def __init__(
        self, write: Callable[[str], object] | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        """Take where to print (default: standard output) and the clock, in seconds."""
        self._write = write or self._print
        self._clock = clock or time.monotonic
        self._begun = self._clock()

    def say(self, line: str) -> None:
        """Print one line."""
        self._write(line)

    def done(self, title: str, seconds: float) -> None:
        """Print a finished step with its time in seconds."""
        self._write(f"  {title:<{WIDTH}} {seconds:7.1f} s")

    def total(self) -> float:
        """Seconds since these steps began."""
        return self._clock() - self._begun

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Time the block and print it as one step."""
        begun = self._clock()
        yield
        self.done(title, self._clock() - begun)

    def heartbeat(self, title: str, begun: float, log: Path | None = None) -> None:
        """Say that a step is still going, with the last line of its log."""
        last = tail(log, 1) if log else []
        hint = f"  {last[0][:70]}" if last else ""
        self._write(f"    {title}: {self._clock() - begun:.0f} s{hint}")

    @staticmethod
    def _print(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


def tail(file: Path, count: int) -> list[str]:
    """Return the last non-empty lines of a text file; none when it can't be read."""
    try:
        with file.open("rb") as stream:
            stream.seek(0, 2)
            stream.seek(max(0, stream.tell() - 64 * 1024))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
