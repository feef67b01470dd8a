"""Time and memory of a kernel and everything it started, from /proc."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

PAGE = os.sysconf("SC_PAGE_SIZE")
TICK = os.sysconf("SC_CLK_TCK")
RESET_PEAK = "5"
"""Written to ``clear_refs``, the kernel's note of the highest memory begins anew."""


class Meter:
    """Measures one process tree."""

    def __init__(self, pid: int) -> None:
        self._root = pid
        self._place = Path("/proc") / str(pid)
        self._sampled = 0
        self.highest = 0
        """Most memory at any look, bytes."""
        self._cpu_seen = 0.0

    def begin(self) -> None:
        """Measure the peak from here on."""
        self._sampled = 0
        with suppress(OSError):
            (self._place / "clear_refs").write_text(RESET_PEAK)

    def peak(self) -> int:
        """Return the highest memory since ``begin``, in bytes: exact for the kernel itself."""
        self._sampled = max(self._sampled, self._own_peak())
        self.highest = max(self.highest, self._sampled)
        return self._sampled

    def sample(self) -> tuple[int, int]:
        """Return the memory of the whole tree now, in bytes, and how many processes it has."""
        tree = descendants(self._root)
        used = sum(map(_resident, tree))
        self._sampled = max(self._sampled, used)
        self.highest = max(self.highest, used)
        return used, len(tree)

    def proportional(self) -> int:
        """Return the tree's memory with what is shared counted once; slower."""
        return sum(map(_proportional, descendants(self._root)))

    def cpu_s(self) -> float:
        """Return the processor time of the kernel and of its children that ended, seconds."""
        with suppress(OSError, IndexError, ValueError):
            fields = (self._place / "stat").read_text().rpartition(")")[2].split()
            self._cpu_seen = sum(map(int, fields[11:15])) / TICK
        return self._cpu_seen

    def _own_peak(self) -> int:
        with suppress(OSError, ValueError, IndexError):
            for line in (self._place / "status").read_text().splitlines():
                if line.startswith("VmHWM"):
                    return int(line.split()[1]) * 1024
        return 0


class UserMeter(Meter):
    """Measures all processes of one user, who has no others here: those of a container beside."""

    def __init__(self, user: int) -> None:
        super().__init__(0)
        self._user = user
        self._seen_s: dict[int, float] = {}

    def begin(self) -> None:
        """Measure the peak from here on; the kernel's own note belongs to its user alone."""
        self._sampled = 0

    def sample(self) -> tuple[int, int]:
        """Return the memory of all processes now, in bytes, and how many there are."""
        found = _of_user(self._user)
        used = sum(map(_resident, found))
        self._sampled = max(self._sampled, used)
        self.highest = max(self.highest, used)
        return used, len(found)

    def proportional(self) -> int:
        """Return their memory; what is shared counts for each, which nobody else may look into."""
        return self.sample()[0]

    def peak(self) -> int:
        """Return the highest memory at any look since ``begin``, in bytes."""
        self.sample()
        return self._sampled

    def cpu_s(self) -> float:
        """Return the processor time of all processes that were seen, seconds."""
        for pid in _of_user(self._user):
            with suppress(OSError, IndexError, ValueError):
                stat = (Path("/proc") / str(pid) / "stat").read_text()
                self._seen_s[pid] = sum(map(int, stat.rpartition(")")[2].split()[11:13])) / TICK
        return sum(self._seen_s.values())


def _of_user(user: int) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if entry.stat().st_uid == user:
                found.append(int(entry.name))
    return found


def descendants(root: int) -> list[int]:
    """Return ``root`` and all that descend from it, as far as they live."""
    found = [root]
    for pid in found:
        for task in _tasks(pid):
            with suppress(OSError, ValueError):
                found += [int(one) for one in (task / "children").read_text().split()]
    return found


def end_descendants(root: int) -> None:
    """Kill everything that descends from ``root``, but not ``root`` itself."""
    for _ in range(100):
        left = [pid for pid in descendants(root)[1:] if _living(pid)]
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not left:
            return


def _tasks(pid: int) -> list[Path]:
    with suppress(OSError):
        return list((Path("/proc") / str(pid) / "task").iterdir())
    return []


def _living(pid: int) -> bool:
    with suppress(OSError, IndexError):
        stat = (Path("/proc") / str(pid) / "stat").read_text()
        return stat.rpartition(")")[2].split()[0] not in "ZX"
    return False


def _resident(pid: int) -> int:
    with suppress(OSError, IndexError, ValueError):
        return int((Path("/proc") / str(pid) / "statm").read_text().split()[1]) * PAGE
    return 0


def _proportional(pid: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        for line in (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return _resident(pid)
