"""What control groups do for a workspace, whichever version of them a machine has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from octavo.local.confinement import Limits

PERIOD_US = 100_000
SMALLEST_QUOTA_US = 1_000


@dataclass(frozen=True, kw_only=True)
class Counters:
    """What the kernel has counted for a group since it was made."""

    cpu_s: float | None = None
    """CPU time of all its processes, also of those that have ended; None: not counted."""
    memory_bytes: int | None = None
    """Memory now, without files that can be read again; None: not counted."""
    memory_kills: int = 0
    """Processes that the kernel ended for want of memory."""
    refused_processes: int = 0
    """Processes and threads that were not started, because there were too many."""
    periods: int = 0
    """Tenths of a second in which it wanted CPU."""
    throttled: int = 0
    """Those of them in which it was made to wait, because its share was used up."""


class Group(Protocol):
    """One workspace's control group."""

    def joining(self) -> tuple[str, ...]:
        """Return the files into which a new process writes 0 to join, before it drops rights."""

    def counters(self) -> Counters:
        """Return what was counted so far."""

    def deny_devices(self, numbers: tuple[tuple[int, int], ...]) -> bool:
        """Keep character devices (major, minor) from it; return whether the kernel can."""

    def remove(self) -> None:
        """Remove the group, once its processes are gone; one that is gone already is fine."""


class KernelGroups(Protocol):
    """The control groups of a machine, in the form it offers."""

    @property
    def name(self) -> str:
        """Which mechanism is in force, for people."""

    def make(self, name: str, limits: Limits) -> Group:
        """Return a group with these limits; one of that name takes the new ones."""

    def of(self, pid: int) -> Group | None:
        """Return the group that a process is in, where :meth:`make` made it."""

    def remove_all(self) -> None:
        """Remove every group without processes, and their common folder."""


def quota_us(cpus: float) -> int:
    """Return the CPU time, in microseconds, that so many CPUs give in one period."""
    return max(SMALLEST_QUOTA_US, int(cpus * PERIOD_US))
