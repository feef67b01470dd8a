"""Control groups version 1: a tree of folders for each controller."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from octavo.local.confinement import Limits
from octavo.local.control_groups.files import groups_of, number, pairs, remove, remove_below, write
from octavo.local.control_groups.group import PERIOD_US, Counters, Group, quota_us

CONTROLLERS = ("memory", "cpu", "cpuacct", "pids", "devices")
NEEDED = ("memory", "cpu", "pids")
SHARES_OF_A_CPU = 1_024
SMALLEST_SHARES = 2


class Version1:
    """The control groups of one installation."""

    name = "the kernel's control groups (version 1)"

    def __init__(self, places: Mapping[str, Path]) -> None:
        """Take each controller's folder for the groups of this installation."""
        self._places = places

    def make(self, name: str, limits: Limits) -> Group:
        """Make the group in each tree."""
        group = _Group({kind: place / name for kind, place in self._places.items()})
        for folder in group.folders.values():
            folder.mkdir(parents=True, exist_ok=True)
        group.limit(limits)
        return group

    def of(self, pid: int) -> Group | None:
        """Return the group of a process, from where the kernel says it is."""
        path = Path(groups_of(pid).get("memory", "/"))
        if path.parent.name != self._places["memory"].name:
            return None
        return _Group({kind: place / path.name for kind, place in self._places.items()})

    def remove_all(self) -> None:
        """Remove them tree by tree."""
        for place in self._places.values():
            remove_below(place)


@dataclass(frozen=True)
class _Group:
    folders: dict[str, Path]
    """Its folder in each controller's tree."""

    def limit(self, limits: Limits) -> None:
        """Set its limits; what has none is left as it is."""
        memory, cpu, pids = (self.folders[name] for name in NEEDED)
        if limits.memory_bytes is not None:
            _limit_memory(memory, limits.memory_bytes)
        if limits.processes is not None:
            write(pids / "pids.max", limits.processes)
        if limits.cpus is not None:
            write(cpu / "cpu.cfs_period_us", PERIOD_US)
            write(cpu / "cpu.cfs_quota_us", quota_us(limits.cpus))
        if limits.cpus_guaranteed is not None:
            shares = int(limits.cpus_guaranteed * SHARES_OF_A_CPU)
            write(cpu / "cpu.shares", max(SMALLEST_SHARES, shares))

    def joining(self) -> tuple[str, ...]:
        """Return one file of each tree."""
        return tuple(str(folder / "cgroup.procs") for folder in self.folders.values())

    def counters(self) -> Counters:
        """Read them from the trees that count."""
        memory, cpu, pids = (self.folders[name] for name in NEEDED)
        used, spare = number(memory / "memory.usage_in_bytes"), pairs(memory / "memory.stat")
        spent = number(self.folders.get("cpuacct", cpu) / "cpuacct.usage")
        throttle = pairs(cpu / "cpu.stat")
        return Counters(
            cpu_s=None if spent is None else spent / 1e9,
            memory_bytes=None if used is None else used - spare.get("total_inactive_file", 0),
            memory_kills=pairs(memory / "memory.oom_control").get("oom_kill", 0),
            refused_processes=pairs(pids / "pids.events").get("max", 0),
            periods=throttle.get("nr_periods", 0),
            throttled=throttle.get("nr_throttled", 0),
        )

    def deny_devices(self, numbers: tuple[tuple[int, int], ...]) -> bool:
        """Have the kernel refuse them, whatever the modes of their files say."""
        if "devices" not in self.folders:
            return not numbers
        for major, minor in numbers:
            write(self.folders["devices"] / "devices.deny", f"c {major}:{minor} rwm")
        return True

    def remove(self) -> None:
        """Remove it from each tree."""
        for folder in self.folders.values():
            remove(folder)


def _limit_memory(folder: Path, limit: int) -> None:
    """Set both limits in the order the kernel wants: memory is never above memory with swap."""
    memory, both = folder / "memory.limit_in_bytes", folder / "memory.memsw.limit_in_bytes"
    files = [memory, both] if limit <= (number(memory) or 0) else [both, memory]
    for file in files:
        if file.exists():
            write(file, limit)
