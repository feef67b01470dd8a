"""Control groups version 2: one tree, of which a part is delegated to Octavo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from octavo.local.confinement import Limits
from octavo.local.control_groups.files import groups_of, number, pairs, remove, remove_below, write
from octavo.local.control_groups.group import PERIOD_US, Counters, Group, quota_us

CONTROLLERS = ("memory", "cpu", "pids")
HAND_DOWN = " ".join(f"+{name}" for name in CONTROLLERS)
WEIGHT_OF_A_CPU = 100
LARGEST_WEIGHT = 10_000


class Version2:
    """The control groups of one installation."""

    name = "the kernel's control groups (version 2)"

    def __init__(self, place: Path) -> None:
        """Take the folder for the groups of this installation."""
        self._place = place

    def make(self, name: str, limits: Limits) -> Group:
        """Make the group, once the controllers are handed down to it."""
        self._place.mkdir(exist_ok=True)
        for folder in (self._place.parent, self._place):
            write(folder / "cgroup.subtree_control", HAND_DOWN)
        group = _Group(self._place / name)
        group.folder.mkdir(exist_ok=True)
        group.limit(limits)
        return group

    def of(self, pid: int) -> Group | None:
        """Return the group of a process, from where the kernel says it is."""
        path = Path(groups_of(pid).get("", "/"))
        return _Group(self._place / path.name) if path.parent.name == self._place.name else None

    def remove_all(self) -> None:
        """Remove them."""
        remove_below(self._place)


@dataclass(frozen=True)
class _Group:
    folder: Path
    """Its folder."""

    def limit(self, limits: Limits) -> None:
        """Set its limits; what has none is left as it is."""
        if limits.memory_bytes is not None:
            write(self.folder / "memory.max", limits.memory_bytes)
            swap = self.folder / "memory.swap.max"
            if swap.exists():
                write(swap, 0)
        if limits.processes is not None:
            write(self.folder / "pids.max", limits.processes)
        if limits.cpus is not None:
            write(self.folder / "cpu.max", f"{quota_us(limits.cpus)} {PERIOD_US}")
        if limits.cpus_guaranteed is not None:
            weight = int(limits.cpus_guaranteed * WEIGHT_OF_A_CPU)
            write(self.folder / "cpu.weight", min(LARGEST_WEIGHT, max(1, weight)))

    def joining(self) -> tuple[str, ...]:
        """Return the one file."""
        return (str(self.folder / "cgroup.procs"),)

    def counters(self) -> Counters:
        """Read them from its folder."""
        used, spare = number(self.folder / "memory.current"), pairs(self.folder / "memory.stat")
        cpu = pairs(self.folder / "cpu.stat")
        return Counters(
            cpu_s=cpu["usage_usec"] / 1e6 if "usage_usec" in cpu else None,
            memory_bytes=None if used is None else used - spare.get("inactive_file", 0),
            memory_kills=pairs(self.folder / "memory.events").get("oom_kill", 0),
            refused_processes=pairs(self.folder / "pids.events").get("max", 0),
            periods=cpu.get("nr_periods", 0),
            throttled=cpu.get("nr_throttled", 0),
        )

    def deny_devices(self, numbers: tuple[tuple[int, int], ...]) -> bool:
        """Say no: version 2 does this by a program in the kernel, which Octavo doesn't load."""
        return not numbers

    def remove(self) -> None:
        """Remove it."""
        remove(self.folder)
