"""What a run may use, and the watch over it while a cell is executed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from octavo_runner.errors import LimitReached
from octavo_runner.metering import Meter

MIB = 2**20
MEMORY_EVERY_S = 0.2
DISK_EVERY_S = 1.0
MOST_ENTRIES = 100_000
"""Files and folders that are counted; more are a limit of their own."""


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one run may use; None: no limit."""

    memory_mib: int | None = None
    """Memory of the kernel and all it starts, MiB."""
    wall_s: float | None = None
    """Time from the first cell to the last, seconds."""
    cell_s: float | None = None
    """Time of one cell, seconds."""
    outputs_mib: int = 64
    """Outputs of all cells together, MiB, counting those that were cleared."""
    disk_mib: int | None = None
    """Files in the working folder, MiB."""
    processes: int | None = 512
    """Processes that live at a time."""


class Watch:
    """Looks at what a run uses; raises LimitReached with the limit, the value and the cell."""

    def __init__(
        self, bounds: Bounds, meter: Meter, folder: Path, written: Callable[[], int]
    ) -> None:
        """``written`` gives the characters of all outputs so far."""
        self._bounds = bounds
        self._meter = meter
        self._folder = folder
        self._written = written
        self._began = time.monotonic()
        self._memory_at = self._disk_at = 0.0

    def look(self) -> None:
        """Raise LimitReached if the run is over one of its limits."""
        now = time.monotonic()
        bounds = self._bounds
        if bounds.wall_s is not None and now - self._began > bounds.wall_s:
            raise LimitReached(f"It took longer than its limit of {bounds.wall_s:g} s.")
        if self._written() > bounds.outputs_mib * MIB:
            raise LimitReached(
                f"its outputs are larger than {bounds.outputs_mib} MiB; "
                "write such results to a file instead"
            )
        if now >= self._memory_at:
            self._memory_at = now + MEMORY_EVERY_S
            self._look_at_processes()
        if bounds.disk_mib is not None and now >= self._disk_at:
            began = time.monotonic()
            self._look_at_disk(bounds.disk_mib)
            self._disk_at = now + max(DISK_EVERY_S, 20 * (time.monotonic() - began))

    def _look_at_processes(self) -> None:
        used, count = self._meter.sample()
        most = self._bounds.memory_mib
        if most is not None and used > most * MIB:
            used = self._meter.proportional()
            if used > most * MIB:
                raise LimitReached(
                    f"it used {used / MIB:,.0f} MiB of memory; its profile allows {most:,} MiB"
                )
        if self._bounds.processes is not None and count > self._bounds.processes:
            raise LimitReached(
                f"it started {count} processes; at most {self._bounds.processes} may live at a time"
            )

    def _look_at_disk(self, most: int) -> None:
        size, entries = _usage(self._folder)
        if size > most * MIB or entries > MOST_ENTRIES:
            raise LimitReached(
                f"it left {size / MIB:,.0f} MiB in {entries:,} files; its profile allows "
                f"{most:,} MiB in {MOST_ENTRIES:,}"
            )


def _usage(folder: Path) -> tuple[int, int]:
    """Return the bytes on disk below ``folder`` and the number of entries; follows no link."""
    size = entries = 0
    waiting = [str(folder)]
    while waiting and entries <= MOST_ENTRIES:
        with suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                entries += 1
                with suppress(OSError):
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
    return size, entries
